"""Chat streams, written from what Messages upstreams send."""

from __future__ import annotations

from typing import Any

import msgspec

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReplyEnd,
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
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Opaque, Search, Source, Text
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.base import Losses, RequestHead
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.dialects.openai_chat.stream_encoder import StreamEncoder
from cliproxy.testing.grammar import violations
from cliproxy.testing.recordings import frames_of
from tests.unit.dialects.translating import CONTEXT, Body, payloads_of, streamed, whole

START: Body = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 9, "cache_read_input_tokens": 4}},
}
TOLD: Body = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}
END: Body = {"type": "message_stop"}


def block(index: int, opening: Body, *deltas: Body) -> list[Body]:
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def written(*payloads: Any, context: Any = CONTEXT) -> list[Body]:
    frames = streamed(MESSAGES, CHAT, list(payloads), context)
    assert violations("openai_chat", frames) == []
    return payloads_of(frames)


def deltas(chunks: list[Body]) -> list[Body]:
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def test_calls_are_numbered_among_calls() -> None:
    """Not among blocks: the SDKs index a list by it."""
    text = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x"})
    call = block(
        1, {"type": "tool_use", "id": "a", "name": "f", "input": {}}, {"type": "input_json_delta", "partial_json": "{}"}
    )
    calls = [call for delta in deltas(written(START, *text, *call, TOLD, END)) for call in delta.get("tool_calls", ())]

    assert [call["index"] for call in calls] == [0, 0]
    assert calls[0]["id"] == "a"


def test_a_call_that_came_whole_in_its_start_is_kept() -> None:
    call = block(0, {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}})
    calls = [call for delta in deltas(written(START, *call, TOLD, END)) for call in delta.get("tool_calls", ())]

    assert calls[-1]["function"]["arguments"] == '{"x": 1}'
    assert written(START, *call, TOLD, END)[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_thoughts_are_parted_by_an_empty_line_and_their_proofs_travel() -> None:
    first = block(
        0,
        {"type": "thinking"},
        {"type": "thinking_delta", "thinking": "a"},
        {"type": "signature_delta", "signature": "S"},
    )
    second = block(1, {"type": "thinking"}, {"type": "thinking_delta", "thinking": "b"})
    found = deltas(written(START, *first, *second, TOLD, END))

    assert "".join(delta.get("reasoning_content", "") for delta in found) == "a\n\nb"
    assert [detail["signature"] for delta in found for detail in delta.get("reasoning_details", ())] == [
        "anthropic_messages#S"
    ]


def test_usage_is_shown_to_clients_that_asked_and_counts_what_was_cached() -> None:
    chunks = written(START, TOLD, END)
    silent = msgspec.structs.replace(CONTEXT, head=RequestHead("asked", stream=True, include_usage=False))

    assert chunks[-1]["usage"]["prompt_tokens"] == 13
    assert chunks[-1]["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    assert all("usage" not in chunk for chunk in written(START, TOLD, END, context=silent))


def test_an_error_ends_the_stream_without_done() -> None:
    frames = streamed(
        MESSAGES, CHAT, [START, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}]
    )

    assert payloads_of(frames)[-1]["error"]["message"] == "busy"
    assert frames[-1].data != b"[DONE]"


def test_a_stream_without_a_start_still_has_a_first_chunk() -> None:
    text = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x"})

    assert deltas(written(*text, TOLD, END))[0]["role"] == "assistant"


def test_a_whole_reply_of_calls_has_no_content() -> None:
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
    body = whole(MESSAGES, CHAT, {"type": "message", "content": [call], "stop_reason": "end_turn"})

    assert body["choices"][0]["message"]["content"] is None
    assert body["choices"][0]["finish_reason"] == "tool_calls"


def test_a_whole_reply_of_nothing_has_empty_content() -> None:
    body = whole(MESSAGES, CHAT, {"type": "message", "content": [], "stop_reason": "end_turn"})

    assert body["choices"][0]["message"]["content"] == ""


def chunks_of(*events: StreamEvent) -> tuple[list[Body], list[str]]:
    """Return the chunks for events, and what of the reply was lost."""
    context = msgspec.structs.replace(CONTEXT, losses=Losses())
    encoder = StreamEncoder(context)
    end = (UsageUpdate(Usage(1, output_tokens=1)), ReplyEnd(Finish(FinishReason.STOP)))
    frames = frames_of([unit for event in (ReplyStart("r", "m"), *events, *end) for unit in encoder.feed(event)])
    assert violations("openai_chat", frames) == []
    return payloads_of(frames), [loss.field for loss in context.losses.found()]


def test_each_choice_begins_with_its_role_and_ends_once() -> None:
    chunks, _ = chunks_of(
        TextStart(0),
        TextStart(1, candidate=2),
        TextDelta(1, "c"),
        TextDelta(0, "a"),
        PartEnd(0),
        PartEnd(1),
        CandidateEnd(2, Finish(FinishReason.LENGTH)),
    )
    said = [(c["choices"][0]["index"], c["choices"][0]["delta"].get("content")) for c in chunks if c["choices"]]

    assert said == [(0, ""), (1, ""), (2, ""), (2, "c"), (0, "a"), (2, None), (0, None), (1, None)]
    assert [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]][-3:] == ["length", "stop", "stop"]
    assert "usage" in chunks[-1]


def test_calls_are_numbered_within_their_choice_and_say_no_content() -> None:
    chunks, _ = chunks_of(
        ToolCallStart(0, "", "f"),
        ToolCallStart(1, "b", "g", free_text=True, candidate=1),
        ToolCallDelta(0, "{}"),
        ToolCallDelta(1, "pwd"),
        PartEnd(0),
        PartEnd(1),
    )
    calls = [delta for delta in deltas(chunks) if "tool_calls" in delta]

    assert all("content" not in delta for delta in calls)
    assert [delta["tool_calls"][0] for delta in calls] == [
        {"index": 0, "id": "call_exchange1_0", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "id": "b", "type": "custom", "custom": {"name": "g", "input": ""}},
        {"index": 0, "function": {"arguments": "{}"}},
        {"index": 0, "custom": {"input": "pwd"}},
    ]


def test_what_hangs_on_words_has_chunks_of_its_own() -> None:
    chunks, losses = chunks_of(
        TextStart(0),
        TextDelta(0, "abc"),
        TextCitation(0, Citation("https://a", "A", start=1, end=3)),
        TextCitation(0, Citation(title="page 3")),
        TextLogprobs(0, (Logprob("abc", -0.5),)),
        PartProof(0, Opaque("gemini", "T", "text")),
        PartEnd(0),
        ToolCallStart(1, "a", "f", proof=Opaque("gemini", "C", "call")),
        PartEnd(1),
    )
    told = deltas(chunks)
    source = {"url": "https://a", "title": "A", "start_index": 1, "end_index": 3}

    assert chunks[2]["choices"][0]["logprobs"]["content"][0]["token"] == "abc"
    assert told[3] == {"extra_content": {"google": {"thought_signature": "T"}}}
    assert told[4]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "C"}}
    assert told[5] == {"annotations": [{"type": "url_citation", "url_citation": source}]}
    assert losses == ["reply: citation"]


def test_a_second_text_counts_on_where_the_first_ended() -> None:
    chunks, _ = chunks_of(
        TextStart(0),
        TextDelta(0, "abc"),
        PartEnd(0),
        TextStart(1),
        TextDelta(1, "de"),
        TextCitation(1, Citation("https://a", start=0, end=2)),
        PartEnd(1),
    )
    (found,) = (delta["annotations"][0]["url_citation"] for delta in deltas(chunks) if "annotations" in delta)

    assert (found["start_index"], found["end_index"]) == (3, 5)


def test_a_refusal_is_told_as_one() -> None:
    chunks, _ = chunks_of(
        TextStart(0, refusal=True), TextDelta(0, "no"), TextLogprobs(0, (Logprob("no", -1.0),)), PartEnd(0)
    )

    assert deltas(chunks)[1] == {"refusal": "no"}
    assert chunks[2]["choices"][0]["logprobs"]["refusal"][0]["token"] == "no"


def test_pictures_sound_and_foreign_parts() -> None:
    found = Search("s", ("q",), (Source("https://a", "A"),))
    chunks, losses = chunks_of(
        MediaPart(0, Media(MediaKind.IMAGE, Inline("AA=="), "image/png")),
        MediaPart(1, Media(MediaKind.AUDIO, Inline("AAEC"))),
        MediaPart(2, Media(MediaKind.VIDEO, Inline("AAEC"))),
        ForeignPart(3, Foreign("gemini", "executableCode", msgspec.Raw(b"{}"), (Text("code"),))),
        ForeignPart(4, Foreign("gemini", "groundingMetadata", msgspec.Raw(b"{}"), search=found)),
    )
    told = deltas(chunks)

    assert told[1]["images"][0]["image_url"]["url"] == "data:image/png;base64,AA=="
    assert told[2]["audio"]["data"] == "AAEC"
    assert told[3] == {"content": "code"}
    assert told[4]["annotations"][0]["url_citation"]["url"] == "https://a"
    assert losses == [
        "reply: video",
        "reply: groundingMetadata",
        "reply: a search, but for its pages as annotations",
    ]


def test_the_tier_stands_in_every_chunk() -> None:
    encoder = StreamEncoder(CONTEXT)
    end = ReplyEnd(Finish(FinishReason.STOP))
    chunks = payloads_of(frames_of([*encoder.feed(ReplyStart("r", "m", "flex")), *encoder.feed(end)]))

    assert [chunk["service_tier"] for chunk in chunks] == ["flex", "flex"]
