"""Legacy Completions streams, written from what any upstream said."""

from __future__ import annotations

import msgspec

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Text
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import Losses, ReplyContext, RequestHead
from cliproxy.dialects.openai_completions.stream_encoder import StreamEncoder
from cliproxy.testing.grammar import violations
from cliproxy.testing.recordings import frames_of
from tests.unit.dialects.openai_completions.test_reply import ECHOING
from tests.unit.dialects.translating import CONTEXT, Body, payloads_of

END = (UsageUpdate(Usage(3, output_tokens=2)), ReplyEnd(Finish(FinishReason.STOP)))


def written(*events: StreamEvent, context: ReplyContext = CONTEXT) -> tuple[list[Body], list[str]]:
    """Return the chunks, and what of the reply was lost."""
    context = msgspec.structs.replace(context, losses=Losses())
    encoder = StreamEncoder(context)
    frames = frames_of([unit for event in (ReplyStart("r", "m"), *events, *END) for unit in encoder.feed(event)])
    assert violations("openai_completions", frames) == []
    return payloads_of(frames), [loss.field for loss in context.losses.found()]


def texts(chunks: list[Body]) -> list[tuple[int, str]]:
    return [(choice["index"], choice["text"]) for chunk in chunks for choice in chunk["choices"] if choice["text"]]


def test_only_words_become_chunks() -> None:
    chunks, losses = written(
        ReasoningStart(0),
        ReasoningDelta(0, "hm"),
        PartEnd(0),
        TextStart(1),
        TextDelta(1, "a"),
        PartEnd(1),
        ToolCallStart(2, "a", "f"),
        ToolCallDelta(2, "{}"),
        PartEnd(2),
        MediaPart(3, Media(MediaKind.IMAGE, Inline("AA=="))),
        ForeignPart(4, Foreign("gemini", "executableCode", msgspec.Raw(b"{}"), (Text("code"),))),
    )

    assert texts(chunks) == [(0, "a"), (0, "code")]
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["total_tokens"] == 5
    assert losses == ["reply: reasoning", "reply: tool call", "reply: image"]


def test_usage_is_shown_to_clients_that_asked() -> None:
    silent = msgspec.structs.replace(CONTEXT, head=RequestHead("asked", stream=True, include_usage=False))
    chunks, _ = written(TextStart(0), TextDelta(0, "a"), PartEnd(0), context=silent)

    assert all("usage" not in chunk for chunk in chunks)


def test_every_candidate_is_a_choice_and_ends_once() -> None:
    chunks, _ = written(
        TextStart(0),
        TextStart(1, candidate=1),
        TextDelta(1, "b"),
        TextDelta(0, "a"),
        PartEnd(0),
        PartEnd(1),
        CandidateEnd(1, Finish(FinishReason.LENGTH)),
    )
    ends = [(c["index"], c["finish_reason"]) for chunk in chunks for c in chunk["choices"] if c["finish_reason"]]

    assert texts(chunks) == [(1, "b"), (0, "a")]
    assert ends == [(1, "length"), (0, "stop")]


def test_the_prompt_comes_first_where_it_is_wanted_back() -> None:
    """Tokens that are told of begin after it."""
    chunks, _ = written(
        TextStart(0),
        TextDelta(0, "ab"),
        TextLogprobs(0, (Logprob("a", -1.0), Logprob("b", -1.0))),
        PartEnd(0),
        context=ECHOING,
    )

    assert texts(chunks) == [(0, "go on"), (0, "ab")]
    assert [c["logprobs"]["text_offset"] for chunk in chunks for c in chunk["choices"] if c["logprobs"]] == [[5, 6]]


def test_a_refusal_is_told_by_the_reason() -> None:
    chunks, _ = written(TextStart(0, refusal=True), TextDelta(0, "no"), PartEnd(0))

    assert chunks[-2]["choices"][0]["finish_reason"] == "content_filter"


def test_an_error_ends_the_stream_without_done() -> None:
    encoder = StreamEncoder(CONTEXT)
    frames = frames_of([*encoder.feed(ReplyStart("r", "m")), *encoder.feed(ReplyError("busy", status=529))])

    assert payloads_of(frames)[-1]["error"]["message"] == "busy"
    assert frames[-1].data != b"[DONE]"
