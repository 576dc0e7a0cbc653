"""Whole replies, written from what any upstream said."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import Raw

from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import (
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Opaque,
    Part,
    Reasoning,
    Search,
    Source,
    Text,
    ToolCall,
)
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import Losses, ReplyContext
from cliproxy.dialects.openai_chat.reply_encoder import encode_reply
from cliproxy.testing.grammar import reply_violations
from tests.unit.dialects.translating import CONTEXT, Body

STOP = Finish(FinishReason.STOP)


def written(*parts: Part, **fields: Any) -> tuple[Body, list[str]]:
    """Return the body, and what of the reply was lost."""
    context: ReplyContext = msgspec.structs.replace(CONTEXT, losses=Losses())
    body = encode_reply(Reply("r1", "m", parts, STOP, Usage(), **fields), context)
    assert reply_violations("openai_chat", body) == []
    result: Body = json.loads(body)
    return result, [loss.field for loss in context.losses.found()]


def message_of(*parts: Part) -> tuple[Body, list[str]]:
    body, losses = written(*parts)
    message: Body = body["choices"][0]["message"]
    return message, losses


def test_every_candidate_is_a_choice() -> None:
    other = Candidate((Text("b"),), Finish(FinishReason.LENGTH))
    body, _ = written(Text("a"), others=(other,), service_tier="standard")

    assert [(choice["index"], choice["message"]["content"], choice["finish_reason"]) for choice in body["choices"]] == [
        (0, "a", "stop"),
        (1, "b", "length"),
    ]
    assert body["service_tier"] == "default"


def test_calls_in_json_and_in_words() -> None:
    message, _ = message_of(ToolCall("a", "f", ""), ToolCall("", "g", "pwd", free_text=True))

    assert message["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "call_exchange1_1", "type": "custom", "custom": {"name": "g", "input": "pwd"}},
    ]
    assert message["content"] is None


def test_a_refusal_stands_apart() -> None:
    message, _ = message_of(Text("no", refusal=True))

    assert (message["content"], message["refusal"]) == (None, "no")


def test_proofs_of_google_stand_on_what_they_were_given_for() -> None:
    """They are good at Google only, and have a place here that is Google's own."""
    call = ToolCall("a", "f", "{}", Opaque("gemini", "C", "call"))
    message, losses = message_of(Text("x", proof=Opaque("gemini", "T", "text")), call)

    assert message["extra_content"] == {"google": {"thought_signature": "T"}}
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "C"}}
    assert losses == []


def test_thoughts_are_parted_and_their_proofs_travel() -> None:
    message, _ = message_of(Reasoning("a", Opaque("anthropic_messages", "S")), Reasoning("b"), Text("x"))

    assert message["reasoning_content"] == "a\n\nb"
    assert message["reasoning_details"] == [
        {"type": "reasoning.text", "text": "a", "signature": "anthropic_messages#S", "index": 0}
    ]


def test_sources_count_the_characters_of_the_whole_message() -> None:
    cited = Text("de", citations=(Citation("https://a", "A", start=0, end=2), Citation("https://b")))
    message, losses = message_of(Text("abc"), cited, Text("f", citations=(Citation(title="page 3 of a file"),)))

    assert [
        (source["url"], source["start_index"], source["end_index"])
        for source in (annotation["url_citation"] for annotation in message["annotations"])
    ] == [("https://a", 3, 5), ("https://b", 5, 5)]
    assert losses == ["reply: citation"]


def test_pages_of_a_search_are_sources_where_nothing_was_cited() -> None:
    found = Search("s", ("q",), (Source("https://a", "A"),))
    search = Foreign("anthropic_messages", "web_search_tool_result", Raw(b"{}"), search=found)
    message, losses = message_of(search, Text("x"))
    cited, _ = message_of(search, Text("x", citations=(Citation("https://b"),)))

    assert [annotation["url_citation"]["url"] for annotation in message["annotations"]] == ["https://a"]
    assert [annotation["url_citation"]["url"] for annotation in cited["annotations"]] == ["https://b"]
    assert losses == ["reply: web_search_tool_result", "reply: a search, but for its pages as annotations"]


def test_a_foreign_part_gives_way_to_its_words_or_is_lost() -> None:
    code = Foreign("gemini", "executableCode", Raw(b"{}"), (Text("```\n1\n```"),))
    message, losses = message_of(code, Foreign("gemini", "hologram", Raw(b"{}")))

    assert message["content"] == "```\n1\n```"
    assert losses == ["reply: hologram"]


def test_logprobs_of_what_is_said_and_of_a_refusal() -> None:
    said = Text("x", logprobs=(Logprob("x", -0.5, top=(Logprob("\ufffd", -1.0, (195,)),)),))
    body, _ = written(said, Text("no", refusal=True, logprobs=(Logprob("no", -0.1),)))

    assert body["choices"][0]["logprobs"] == {
        "content": [
            {
                "token": "x",
                "logprob": -0.5,
                "bytes": [120],
                "top_logprobs": [{"token": "\ufffd", "logprob": -1.0, "bytes": [195]}],
            }
        ],
        "refusal": [{"token": "no", "logprob": -0.1, "bytes": [110, 111], "top_logprobs": []}],
    }


def test_pictures_and_sound_have_their_fields() -> None:
    """What was said aloud is the transcript, not the content."""
    picture = Media(MediaKind.IMAGE, Inline("AA=="), "image/png")
    sound = Media(MediaKind.AUDIO, Inline("AAEC"), "audio/pcm", extras={"id": Raw(b'"audio_1"'), "x": Raw(b"1")})
    message, losses = message_of(Text("hi"), picture, sound, Media(MediaKind.VIDEO, Link("https://a")))

    assert message["images"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}, "index": 0}]
    assert message["audio"] == {"id": "audio_1", "expires_at": 1_700_000_000, "data": "AAEC", "transcript": "hi"}
    assert message["content"] is None
    assert losses == ["reply: video"]
