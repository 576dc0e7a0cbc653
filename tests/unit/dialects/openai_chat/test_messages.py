"""What is said in Chat Completions requests, read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    FileId,
    Inline,
    Link,
    Media,
    MediaKind,
    Message,
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.openai_chat.request import decode_request
from cliproxy.errors import RequestError
from tests.unit.dialects.translating import Body

HI: Body = {"role": "user", "content": "hi"}


def decoded(*messages: Body, **fields: Any) -> Conversation:
    return decode_request(json.dumps({"model": "m", "messages": messages} | fields).encode())


def parts_of(*messages: Body) -> list[Part]:
    return [part for message in decoded(*messages).messages for part in message.parts]


def test_system_and_developer_open_the_conversation_and_stand_further_down() -> None:
    said = decoded(
        {"role": "system", "content": "a"},
        {"role": "developer", "content": "b"},
        HI,
        {"role": "system", "content": "c"},
    )

    assert [text.text for text in said.instructions] == ["a", "b"]
    assert [message.role for message in said.messages] == [Role.USER, Role.SYSTEM]


def test_a_picture_among_instructions_is_shown_by_the_user() -> None:
    """No vendor takes one there."""
    picture = {"type": "image_url", "image_url": {"url": "https://a/b.png"}}
    said = decoded({"role": "system", "content": [{"type": "text", "text": "look"}, picture]}, HI)

    assert [text.text for text in said.instructions] == ["look"]
    assert said.messages == (Message(Role.USER, (Media(MediaKind.IMAGE, Link("https://a/b.png")), Text("hi"))),)


def test_a_picture_among_instructions_alone_is_a_turn() -> None:
    said = decoded({"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]})

    assert said.messages == (Message(Role.USER, (Media(MediaKind.IMAGE, Link("https://a/b.png")),)),)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        (7, "7"),
        ({"a": 1}, '{"a": 1}'),
        ("x", "x"),
        ([{"type": "text", "text": "x"}], "x"),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_a_result_of_any_shape_is_a_text(content: object, text: str) -> None:
    (result,) = parts_of({"role": "tool", "tool_call_id": "a", "content": content})

    assert result == ToolResult("a", (Text(text),))


def test_a_list_of_pictures_sent_as_text_is_shown() -> None:
    """Codex does this; what only looks like it stays a text."""
    items = [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "https://a/b.png", "detail": "original"},
    ]
    (result,) = parts_of({"role": "tool", "tool_call_id": "a", "content": json.dumps(items)})
    broken = json.dumps([{"type": "image_url"}, 3])
    (kept,) = parts_of({"role": "tool", "tool_call_id": "a", "content": broken})

    assert result == ToolResult("a", (Text("see"), Media(MediaKind.IMAGE, Link("https://a/b.png"), detail="original")))
    assert kept == ToolResult("a", (Text(broken),))


def test_results_one_after_another_are_one_turn() -> None:
    said = decoded(*({"role": "tool", "tool_call_id": id_, "content": "x"} for id_ in "ab"), HI)

    assert [len(message.parts) for message in said.messages] == [2, 1]


def test_results_of_the_older_api_have_no_id() -> None:
    """They answer the oldest open call; their name is no more than a field."""
    (result,) = parts_of({"role": "function", "name": "f", "content": "x"})

    assert isinstance(result, ToolResult)
    assert result.call_id == ""
    assert list(result.extras) == ["name"]


def test_calls_in_json_and_in_words() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"n": 1}}, "index": 0},
        {"id": "b", "type": "custom", "custom": {"name": "g", "input": "pwd"}},
    ]
    assert parts_of({"role": "assistant", "content": None, "tool_calls": calls}) == [
        ToolCall("a", "f", '{"n": 1}'),
        ToolCall("b", "g", "pwd", free_text=True),
    ]


def test_a_call_told_as_a_function_of_a_tool_that_takes_words_is_in_words() -> None:
    """Clients that know functions only send the whole history so."""
    call = {"id": "b", "type": "function", "function": {"name": "g", "arguments": '{"input":"pwd"}'}}
    said = decoded({"role": "assistant", "tool_calls": [call]}, tools=[{"type": "custom", "custom": {"name": "g"}}])

    assert said.messages[0].parts == (ToolCall("b", "g", "pwd", free_text=True),)


def test_the_call_of_the_older_api_is_read() -> None:
    assert parts_of({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}) == [
        ToolCall("", "f", "{}")
    ]


def test_proofs_of_google_hang_on_what_they_were_given_for() -> None:
    google = {"extra_content": {"google": {"thought_signature": "S"}}}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}} | google

    assert parts_of({"role": "assistant", "content": "x", "tool_calls": [call]} | google) == [
        Text("x", proof=Opaque("gemini", "S", "text")),
        ToolCall("a", "f", "{}", Opaque("gemini", "S", "call")),
    ]


def test_sources_of_words_come_back_with_them() -> None:
    source = {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
    annotation = {"type": "url_citation", "url_citation": source}
    (text,) = parts_of({"role": "assistant", "content": "x", "annotations": [annotation]})

    assert isinstance(text, Text)
    assert [(c.url, c.title, c.start, c.end) for c in text.citations] == [("https://a", "A", 0, 1)]


def test_what_the_assistant_said_aloud_is_known_by_its_id() -> None:
    spoken = {"role": "assistant", "content": None, "audio": {"id": "audio_1", "transcript": "hi"}}

    assert parts_of(spoken) == [Text("hi"), Media(MediaKind.AUDIO, FileId("openai", "audio_1"))]


def test_pictures_that_the_assistant_drew_come_back() -> None:
    drawn = {"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,AA=="}}

    assert parts_of({"role": "assistant", "content": "", "images": [drawn]}) == [
        Media(MediaKind.IMAGE, Inline("AA=="), "image/png")
    ]


def test_thoughts_in_a_list_of_content_are_thoughts() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}

    assert parts_of({"role": "assistant", "content": [thought, {"type": "text", "text": "x"}]}) == [
        Reasoning("hm"),
        Text("x"),
    ]


def test_a_mark_on_a_message_stands_for_one_on_its_last_part() -> None:
    (text,) = parts_of(HI | {"cache_control": {"type": "ephemeral", "ttl": "1h"}})

    assert text == Text("hi", cache=CacheMark("1h"))


def test_unknown_fields_are_kept_where_they_stand() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://a/b.png", "x": 1}, "y": 2}
    said = decoded({"role": "user", "content": [part], "name": "Ann", "z": 3}, unheard={"of": 4})
    (message,) = said.messages

    assert sorted(message.extras) == ["name", "z"]
    assert sorted(getattr(message.parts[0], "extras", ())) == ["image_url.x", "y"]
    assert list(said.extras) == ["unheard"]


def test_a_part_of_an_unknown_kind_is_nobody_elses() -> None:
    (part,) = parts_of({"role": "user", "content": [{"type": "hologram", "file": 3}]})

    assert (part.__class__.__name__, getattr(part, "kind", "")) == ("Foreign", "hologram")


def test_a_known_part_of_a_wrong_type_is_refused() -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        decoded({"role": "user", "content": [{"type": "text", "text": 3}]})
