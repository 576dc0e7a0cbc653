"""Streams for clients that speak generateContent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Inline, Link, Media, MediaKind, Opaque, Reasoning, Text, ToolCall
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import ReplyContext, RequestHead
from cliproxy.dialects.gemini.stream_encoder import StreamEncoder
from cliproxy.testing.grammar import violations
from cliproxy.testing.recordings import frames_of
from cliproxy.wire.frames import Framing

STOP = ReplyEnd(Finish(FinishReason.STOP))
START = ReplyStart("id1", "m1")
Body = dict[str, Any]


def context(framing: Framing = Framing.EVENT_STREAM) -> ReplyContext:
    return ReplyContext(RequestHead("asked", stream=True, framing=framing), None, "exchange1", 0.0)


def chunks(*events: StreamEvent, of: ReplyContext | None = None) -> list[Body]:
    encoder = StreamEncoder(of or context())
    frames = frames_of([unit for event in events for unit in encoder.feed(event)])
    assert violations("gemini", frames) == []
    return [json.loads(frame.data) for frame in frames]


def parts(*events: StreamEvent) -> list[Body]:
    """Return the parts of the first candidate, but for the empty one that ends it."""
    found = [one["candidates"][0]["content"]["parts"] for one in chunks(START, *events, UsageUpdate(Usage()), STOP)]
    assert found[-1] == [{"text": ""}]
    return [part for each in found[:-1] for part in each]


def test_words_go_on_as_they_come_and_the_end_tells_the_rest() -> None:
    first, second, last = chunks(
        START, TextStart(0), TextDelta(0, "Hel"), TextDelta(0, "lo"), PartEnd(0),
        UsageUpdate(Usage(10, 4, 0, 9, 6)), STOP,
    )  # fmt: skip
    name = {"modelVersion": "m1", "responseId": "id1"}

    assert first == {"candidates": [{"content": {"parts": [{"text": "Hel"}], "role": "model"}, "index": 0}]} | name
    assert second["candidates"][0]["content"]["parts"] == [{"text": "lo"}]
    assert last == name | {
        "candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0, "finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": 10, "candidatesTokenCount": 3, "thoughtsTokenCount": 6, "cachedContentTokenCount": 4,
            "totalTokenCount": 19,
        },
    }  # fmt: skip


def test_what_the_upstream_does_not_tell_is_made() -> None:
    (only,) = chunks(ReplyStart(), UsageUpdate(Usage()), STOP)

    assert (only["modelVersion"], only["responseId"]) == ("asked", "exchange1")


def test_a_tier_is_told_from_the_start() -> None:
    first, *_ = chunks(
        ReplyStart("i", "m", "default"), TextStart(0), TextDelta(0, "a"), PartEnd(0), UsageUpdate(Usage()), STOP
    )

    assert first["usageMetadata"] == {"serviceTier": "standard"}


def test_a_call_waits_until_it_is_complete() -> None:
    """Its arguments are an object here, whatever the model wrote."""
    of = context()
    encoder = StreamEncoder(of)
    opened: list[StreamEvent] = [
        START,
        ToolCallStart(0, "c1", "f", proof=Opaque("gemini", "s", "call")),
        ToolCallDelta(0, '{"a"'),
    ]
    assert [unit for event in opened for unit in encoder.feed(event)] == []
    encoder.feed(ToolCallDelta(0, ":1,"))
    (unit,) = encoder.feed(PartEnd(0))

    assert json.loads(unit.removeprefix(b"data: "))["candidates"][0]["content"]["parts"] == [
        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c1"}, "thoughtSignature": "s"}
    ]
    assert [loss.field for loss in of.losses.found()] == ["reply: arguments that are no JSON object"]


def test_interleaved_calls_come_one_after_another() -> None:
    written = parts(
        ToolCallStart(0, "a", "f"), ToolCallStart(1, "", "g"), ToolCallDelta(1, "{}"), ToolCallDelta(0, "{}"),
        PartEnd(1), PartEnd(0),
    )  # fmt: skip

    assert written == [
        {"functionCall": {"name": "f", "args": {}, "id": "a"}},
        {"functionCall": {"name": "g", "args": {}}},
    ]


@pytest.mark.parametrize(
    ("start", "proof", "signed"),
    [
        (TextStart(0), Opaque("gemini", "s", "text"), {"text": "", "thoughtSignature": "s"}),
        (ReasoningStart(0), Opaque("gemini", "s"), {"text": "", "thought": True, "thoughtSignature": "s"}),
        (ReasoningStart(0), Opaque("gemini", "s", "text"), {"text": "", "thoughtSignature": "s"}),
        (
            ReasoningStart(0),
            Opaque("anthropic_messages", "EqQB"),
            {"text": "", "thought": True, "thoughtSignature": "Cliproxyanthropic0messagesNSVXX9EqQB"},
        ),
        (
            ReasoningStart(0, redacted=True),
            Opaque("anthropic_messages", "EmQB"),
            {"text": "", "thought": True, "thoughtSignature": "Cliproxyanthropic0messagesNSHXX9EmQB"},
        ),
    ],
)
def test_a_signature_stands_in_a_part_of_its_own(start: Any, proof: Opaque, signed: Body) -> None:
    """Those of other vendors are marked with their maker, so that they find home again."""
    assert parts(start, PartProof(0, proof), PartEnd(0)) == [signed]


def test_thoughts_are_marked_as_such() -> None:
    assert parts(ReasoningStart(0), ReasoningDelta(0, "hm"), PartEnd(0)) == [{"text": "hm", "thought": True}]


def test_the_signature_of_a_thought_stands_with_its_last_words() -> None:
    """There are clients that throw an empty thought away, and its signature with it."""
    thought: list[StreamEvent] = [ReasoningStart(0), *(ReasoningDelta(0, words) for words in ("h", "m", "m", ""))]

    assert parts(*thought, PartProof(0, Opaque("gemini", "s")), PartEnd(0)) == [
        {"text": "h", "thought": True},
        {"text": "m", "thought": True},
        {"text": "m", "thought": True, "thoughtSignature": "s"},
    ]


def test_the_words_of_a_thought_wait_for_the_next() -> None:
    encoder = StreamEncoder(context())
    said: list[StreamEvent] = [
        START,
        ReasoningStart(0),
        ReasoningDelta(0, "a"),
        ReasoningDelta(0, "b"),
        ReasoningDelta(0, "c"),
    ]

    assert [len(encoder.feed(event)) for event in said] == [0, 0, 0, 1, 1]


def test_candidates_keep_apart() -> None:
    found = chunks(
        START, TextStart(0), TextStart(1, candidate=1), TextDelta(1, "b"), TextDelta(0, "a"), PartEnd(1), PartEnd(0),
        CandidateEnd(1, Finish(FinishReason.LENGTH)), UsageUpdate(Usage()), STOP,
    )  # fmt: skip
    candidates = [one["candidates"][0] for one in found]
    told = [(one["index"], one["content"]["parts"][0]["text"], one.get("finishReason")) for one in candidates]

    assert told == [(1, "b", None), (0, "a", None), (1, "", "MAX_TOKENS"), (0, "", "STOP")]
    assert ["usageMetadata" in one for one in found] == [False, False, False, True]


def test_pictures_and_code_are_shown() -> None:
    picture = Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/png", extras={"thoughtSignature": Raw(b'"s"')})
    code = Foreign("gemini", "executableCode", Raw(b'{"executableCode":{"code":"1"}}'))
    elsewhere = Foreign("openai_responses", "x", Raw(b"{}"), instead=(Text("```\n1\n```"),))

    assert parts(MediaPart(0, picture), ForeignPart(1, code), ForeignPart(2, elsewhere)) == [
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}, "thoughtSignature": "s"},
        {"executableCode": {"code": "1"}},
        {"text": "```\n1\n```"},
    ]


def test_what_cannot_be_shown_is_told() -> None:
    of = context()
    linked = Media(MediaKind.IMAGE, Link("https://example.com/a.png"))
    chunks(
        START, MediaPart(0, linked), ForeignPart(1, Foreign("openai_responses", "mcp_call", Raw(b"{}"))),
        UsageUpdate(Usage()), STOP, of=of,
    )  # fmt: skip

    assert [loss.field for loss in of.losses.found()] == ["reply: image", "reply: mcp_call"]


def test_citations_count_bytes_of_all_that_was_said() -> None:
    *_, last = chunks(
        START, TextStart(0), TextDelta(0, "\u00e4"), PartEnd(0), TextStart(1), TextDelta(1, "Hello"),
        TextCitation(1, Citation("https://a.org", "A", start=1, end=4)), TextCitation(1, Citation("https://b.org")),
        TextLogprobs(1, (Logprob("H", -0.5, top=(Logprob("J", -1.0),)),)), PartEnd(1), UsageUpdate(Usage()), STOP,
    )  # fmt: skip
    (candidate,) = last["candidates"]

    assert candidate["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.org", "title": "A"}}, {"web": {"uri": "https://b.org"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 3, "endIndex": 6, "text": "ell"}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 2, "endIndex": 7, "text": "Hello"}, "groundingChunkIndices": [1]},
        ],
    }
    assert candidate["logprobsResult"] == {
        "chosenCandidates": [{"token": "H", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "J", "logProbability": -1.0}]}],
    }


def test_a_refusal_is_filtered() -> None:
    *_, last = chunks(START, TextStart(0, refusal=True), TextDelta(0, "no"), PartEnd(0), UsageUpdate(Usage()), STOP)

    assert last["candidates"][0]["finishReason"] == "SAFETY"


REPLY = Reply(
    "id1",
    "m1",
    (Reasoning("hm"), Text("Hello"), ToolCall("c", "f", "{}")),
    Finish(FinishReason.TOOL_CALL),
    Usage(1, 0, 0, 2),
)


def test_without_alt_sse_the_stream_is_one_array() -> None:
    encoder = StreamEncoder(context(Framing.JSON_ARRAY))
    data = b"".join(unit for event in events_of(REPLY) for unit in encoder.feed(event))
    elements = json.loads(data)

    assert [next(iter(one["candidates"][0]["content"]["parts"][0])) for one in elements] == [
        "text",
        "text",
        "functionCall",
        "text",
    ]
    assert frames_of([data], Framing.JSON_ARRAY)[-1].data == json.dumps(elements[-1], separators=(",", ":")).encode()


@pytest.mark.parametrize("said", [[], [START, TextStart(0), TextDelta(0, "Hello")]])
def test_an_error_ends_the_stream(said: list[StreamEvent]) -> None:
    """As an event or an element of the array, which is closed after it."""
    error = ReplyError("overloaded", "UNAVAILABLE", 503)
    told = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    as_array, as_events = StreamEncoder(context(Framing.JSON_ARRAY)), StreamEncoder(context())

    assert json.loads(b"".join(unit for event in [*said, error] for unit in as_array.feed(event)))[-1] == told
    *_, last = frames_of([unit for event in [*said, error] for unit in as_events.feed(event)])
    assert json.loads(last.data) == told
