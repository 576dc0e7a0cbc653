"""Messages streams, read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.events import (
    ForeignPart,
    PartEnd,
    PartProof,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import FinishReason, Usage
from cliproxy.conversation.request import Search
from cliproxy.dialects.anthropic_messages.stream import StreamDecoder, decode_reply
from cliproxy.wire.frames import Frame

START = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3}}}
STOP = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}


def events_of(*payloads: dict[str, Any]) -> list[StreamEvent]:
    decoder = StreamDecoder()
    events = [event for payload in payloads for event in decoder.feed(Frame("", json.dumps(payload).encode()))]
    return [*events, *decoder.close()]


def opened(block: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def test_a_text_and_what_it_cost() -> None:
    """The input is told at the start, the output at the end."""
    text = opened({"type": "text", "text": ""})
    stop = {"type": "content_block_stop", "index": 0}

    assert events_of(START, text, delta(type="text_delta", text="Hi"), stop, STOP, {"type": "message_stop"}) == [
        ReplyStart("msg_1", "m"),
        UsageUpdate(Usage(input_tokens=3)),
        TextStart(0),
        TextDelta(0, "Hi"),
        PartEnd(0),
        UsageUpdate(Usage(input_tokens=3, output_tokens=2)),
        events_of(START, STOP, {"type": "message_stop"})[-1],
    ]


def test_a_delta_of_another_kind_than_its_block_says_nothing() -> None:
    """A proof for a text, or words for a call, would make a part that cannot be."""
    events = events_of(
        START,
        opened({"type": "text", "text": ""}),
        delta(type="signature_delta", signature="s"),
        delta(type="input_json_delta", partial_json="{}"),
        delta(type="thinking_delta", thinking="hm"),
        {"type": "content_block_stop", "index": 0},
        STOP,
        {"type": "message_stop"},
    )

    assert [type(event) for event in events] == [ReplyStart, UsageUpdate, TextStart, PartEnd, UsageUpdate, ReplyEnd]


def test_a_stream_that_ends_without_a_reason_broke_off() -> None:
    """A broken upstream must not look like a finished one."""
    assert isinstance(events_of(START, opened({"type": "text", "text": "Hi"}))[-1], ReplyError)


def test_citations_come_with_their_words() -> None:
    found = {"type": "web_search_result_location", "url": "https://x", "title": "X", "encrypted_index": "E"}
    events = events_of(
        START,
        opened({"type": "text", "text": "", "citations": []}),
        delta(type="citations_delta", citation=found),
        delta(type="citations_delta", citation=7),
        delta(type="text_delta", text="x"),
    )

    assert [event.citation.url for event in events if isinstance(event, TextCitation)] == ["https://x"]


def test_a_tool_of_the_upstream_s_is_told_with_the_input_that_came_after_it() -> None:
    """Also where the input broke off: what is written must be JSON."""
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    pieces = [delta(type="input_json_delta", partial_json=piece) for piece in ('{"query":', '"q","x":')]
    events = events_of(START, opened(use), *pieces, {"type": "content_block_stop", "index": 0})
    part = next(event.part for event in events if isinstance(event, ForeignPart))

    assert json.loads(bytes(part.body))["input"] == {"query": "q"}
    assert part.search == Search("s", ("q",))


def test_a_summary_comes_in_a_delta_of_its_own() -> None:
    events = events_of(
        START,
        opened({"type": "compaction", "content": None}),
        delta(type="compaction_delta", content="short"),
        {"type": "content_block_stop", "index": 0},
    )
    part = next(event.part for event in events if isinstance(event, ForeignPart))

    assert json.loads(bytes(part.body)) == {"type": "compaction", "content": "short"}


def test_fields_that_nobody_knows_and_nulls_are_passed_over() -> None:
    events = events_of(
        START,
        opened({"type": "thinking", "thinking": "", "signature": ""}),
        delta(type="thinking_delta", thinking=None, estimated_tokens=50),
        delta(type="later_delta", later={}),
        delta(type="signature_delta", signature="s"),
        {"type": "content_block_stop", "index": 0},
        STOP | {"context_management": {"applied_edits": []}, "usage": {"output_tokens": 2, "iterations": []}},
        {"type": "message_stop"},
    )

    assert isinstance(events[-1], ReplyEnd)
    assert [event.proof.value for event in events if isinstance(event, PartProof)] == ["s"]


@pytest.mark.parametrize("block", [{"type": "tool_use", "id": "a", "input": {}}, 7, {"type": None, "text": 7}])
def test_a_block_that_nobody_could_use_says_nothing(block: Any) -> None:
    """A call without a name, or no block at all."""
    events = events_of(START, opened(block), {"type": "content_block_stop", "index": 0}, STOP, {"type": "message_stop"})

    assert not any(isinstance(event, (ToolCallStart, ForeignPart)) for event in events)


def test_a_block_of_a_kind_to_come_is_kept_whatever_its_fields_hold() -> None:
    later = {"type": "later", "text": {"words": "x"}}
    events = events_of(START, opened(later), {"type": "content_block_stop", "index": 0})
    part = next(event.part for event in events if isinstance(event, ForeignPart))

    assert (part.kind, json.loads(bytes(part.body))) == ("later", later)


def test_a_turn_that_was_paused_is_told_so() -> None:
    """The client sends it back, and the upstream goes on."""
    stop = {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}, "usage": {"output_tokens": 2}}
    last = events_of(START, stop, {"type": "message_stop"})[-1]

    assert isinstance(last, ReplyEnd)
    assert last.finish.reason is FinishReason.PAUSED


def test_nothing_is_heard_after_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}

    assert isinstance(events_of(START, error, STOP, {"type": "message_stop"})[-1], ReplyError)


def test_a_block_that_is_signed_twice_has_one_proof() -> None:
    """Some hosts tell the signature where the block opens, and again as a delta."""
    signed = [{"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "A"}}] * 2
    block = opened({"type": "thinking", "thinking": "x", "signature": "A"})
    events = events_of(START, block, *signed, {"type": "content_block_stop", "index": 0}, STOP)

    assert [event.index for event in events if isinstance(event, PartProof)] == [0]


def test_values_that_are_no_characters_do_not_cost_the_reply() -> None:
    """Only the values left raw are seen late: here a call's input, as a whole and of a tool that the vendor runs."""
    body = {"type": "message", "id": "m", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": "X"}]}
    events = decode_reply(json.dumps(body).encode().replace(b"X", b"\xff"))

    assert ToolCallDelta(0, '"\ufffd"') in events
