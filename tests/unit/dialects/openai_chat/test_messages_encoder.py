"""What is said, in the form that Chat Completions takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Link,
    Media,
    MediaKind,
    Message,
    Opaque,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.conversation.words import Citation
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.dialects.openai_chat.reasoning import reasoning_detail
from tests.unit.dialects.translating import Body, codec_of, requested, to_chat, to_messages


def test_one_assistant_turn_is_one_message() -> None:
    """Text, thoughts and all calls together: some hosts refuse a message per call."""
    turn = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "x"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"n": 1.0}},
        {"type": "tool_use", "id": "b", "name": "f", "input": {}},
    ]
    body, _ = to_chat({"messages": [{"role": "assistant", "content": turn}]})
    (message,) = body["messages"]

    assert (message["content"], message["reasoning_content"]) == ("x", "hm")
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ['{"n": 1.0}', "{}"]


def test_results_stand_before_what_the_user_says() -> None:
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
    turn = [{"type": "text", "text": "and?"}, {"type": "tool_result", "tool_use_id": "a", "content": "1"}]
    body, _ = to_chat({"messages": [call, {"role": "user", "content": turn}]})

    assert [message["role"] for message in body["messages"]] == ["assistant", "tool", "user"]


def test_a_picture_in_a_result_stays_a_picture() -> None:
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "see"}, image]}
    body, _ = to_chat({"messages": [call, {"role": "user", "content": [result]}]})

    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
    ]


def test_long_ids_are_cut_alike_for_call_and_result() -> None:
    """OpenAI takes 64 characters; two ids with one beginning stay apart."""
    ids = ["toolu_" + "x" * 70 + end for end in "ab"]
    calls = [{"type": "tool_use", "id": id_, "name": "f", "input": {}} for id_ in ids]
    results = [{"type": "tool_result", "tool_use_id": id_, "content": id_[-1]} for id_ in ids]
    body, _ = to_chat({"messages": [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]})
    written = [call["id"] for call in body["messages"][0]["tool_calls"]]

    assert len(set(written)) == 2
    assert all(len(id_) <= 64 for id_ in written)
    assert [(m["tool_call_id"], m["content"]) for m in body["messages"][1:]] == list(zip(written, "ab", strict=True))


def test_a_proof_goes_to_a_messages_client_and_comes_home_whole() -> None:
    """An aggregator wants back every field of what it gave, not only the token."""
    detail = {"type": "reasoning.text", "signature": "sig", "format": "anthropic-claude-v1", "id": "r1", "index": 0}
    spoken: Body = {
        "role": "assistant",
        "content": "x",
        "reasoning": "hm",
        "reasoning_details": [detail | {"text": "hm"}],
    }
    home, _ = requested(CHAT, CHAT, {"messages": [{"role": "user", "content": "hi"}, spoken]})
    away, _ = to_messages({"messages": [{"role": "user", "content": "hi"}, spoken]})

    assert home["messages"][1]["reasoning_details"] == [detail | {"text": "hm"}]
    assert away["messages"][1]["content"] == [{"type": "text", "text": "x"}]  # not Anthropic's own: not taken there


def test_what_the_dialect_cannot_say_is_a_loss() -> None:
    marked = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    linked = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
    _, losses = to_chat({"messages": [{"role": "user", "content": [marked, linked]}], "context_management": {}})

    assert losses == ["messages[0].content: cache mark", "messages[0].content: document", "context_management"]


def test_names_that_the_target_refuses_are_told_back() -> None:
    body = {"tools": [{"name": "a.b", "input_schema": {"type": "object"}}], "messages": []}
    said = codec_of(MESSAGES).decode_request(json.dumps(body).encode())

    assert codec_of(CHAT).encode_request(said, ModelInfo("m"), False).names == {"a_b": "a.b"}


def test_a_proof_may_begin_like_json() -> None:
    """It is opaque: what it looks like says nothing."""
    assert reasoning_detail("I see", "{", redacted=False) == {
        "type": "reasoning.text",
        "text": "I see",
        "signature": "{",
    }


def chat(*messages: Message, **fields: Any) -> tuple[list[Body], list[str]]:
    """Return the messages of a conversation of another dialect, and what was lost."""
    said = Conversation(**{"origin": "gemini", "model": "m", "messages": messages} | fields)
    encoded = codec_of(CHAT).encode_request(said, ModelInfo("m"), False)
    return json.loads(encoded.body)["messages"], [loss.field for loss in encoded.losses]


def test_a_proof_that_travelled_beside_a_call_is_hung_on_it_again() -> None:
    """Only one that an upstream of this dialect gave; another vendor's is not sent to hosts that refuse it."""
    call = ToolCall("a", "f", "{}")
    own, _ = chat(Message(Role.ASSISTANT, (Reasoning("", Opaque("openai_chat", "S", "call")), call)))
    foreign, losses = chat(Message(Role.ASSISTANT, (Reasoning("", Opaque("gemini", "S", "call")), call)))

    assert own[0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "S"}}
    assert "extra_content" not in foreign[0]["tool_calls"][0]
    assert losses == ["messages[0].tool_calls: proof"]


def test_a_proof_that_travelled_beside_a_text_is_hung_on_it_again() -> None:
    said, _ = chat(Message(Role.ASSISTANT, (Text("x"), Reasoning("", Opaque("openai_chat", "S", "text")))))

    assert said == [
        {"role": "assistant", "content": "x", "extra_content": {"google": {"thought_signature": "S"}}},
    ]


def test_calls_in_words_are_told_as_such() -> None:
    (said,), _ = chat(Message(Role.ASSISTANT, (ToolCall("a", "g", "pwd", free_text=True),)))

    assert said["tool_calls"] == [{"id": "a", "type": "custom", "custom": {"name": "g", "input": "pwd"}}]


def test_where_something_cannot_be_shown_it_is_named() -> None:
    document = Media(MediaKind.DOCUMENT, Link("https://a/b.pdf"))
    (said,), losses = chat(Message(Role.USER, (Text("see"), document)))

    assert said["content"][1] == {"type": "text", "text": "[document: https://a/b.pdf]"}
    assert losses == ["messages[0].content: document"]


def test_texts_of_white_space_are_left_out() -> None:
    said, _ = chat(Message(Role.USER, (Text(" \n"),)), Message(Role.USER, (Text("a\n"), Text("\t"))))

    assert said == [{"role": "user", "content": "a\n"}]


def test_two_results_for_one_call_are_one_and_a_result_without_a_call_is_a_loss() -> None:
    results = (ToolResult("a", (Text("1"),)), ToolResult("a", (Text("2"),)), ToolResult("z", (Text("3"),)))
    said, losses = chat(Message(Role.ASSISTANT, (ToolCall("a", "f", "{}"),)), Message(Role.USER, results))

    assert [(message["role"], message.get("content")) for message in said] == [("assistant", None), ("tool", "2")]
    assert losses == ["messages: result for the unknown call z"]


def test_sources_of_words_are_told_at_home_only() -> None:
    source = {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
    spoken: Body = {
        "role": "assistant",
        "content": "x",
        "annotations": [{"type": "url_citation", "url_citation": source}],
    }
    home, _ = requested(CHAT, CHAT, {"messages": [spoken]})
    _, losses = chat(Message(Role.ASSISTANT, (Text("x", citations=(Citation("https://a"),)),)))

    assert home["messages"] == [spoken]
    assert losses == ["messages[0].content: citations"]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": " "}], "name": "Ann"},
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": "https://a", "detail": "original", "x": 1}}],
        },
        {"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://a"}, "fps": 2}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]},
        {"role": "user", "content": [{"type": "hologram", "x": 1}]},
        {"role": "assistant", "content": "x", "prefix": True},
        {"role": "assistant", "content": "x", "audio": {"id": "audio_1"}},
        {"role": "assistant", "content": "x", "refusal": "no"},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}],
        },
        {"role": "assistant", "content": "x", "extra_content": {"google": {"thought_signature": "S"}}},
    ],
)
def test_at_home_a_message_is_said_as_it_came(message: Body) -> None:
    body, losses = requested(CHAT, CHAT, {"messages": [message]})

    assert body["messages"] == [message]
    assert losses == []


def test_at_home_calls_and_results_keep_what_is_unknown() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}", "x": 1}, "y": 2}
    result = {"role": "tool", "tool_call_id": "a", "content": "1", "name": "f"}
    messages = [{"role": "assistant", "tool_calls": [call]}, result]
    body, losses = requested(CHAT, CHAT, {"messages": messages})

    assert body["messages"] == messages
    assert losses == []
