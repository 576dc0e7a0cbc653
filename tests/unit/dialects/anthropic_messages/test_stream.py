"""Messages streams, read."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.conversation.events import (
    PartEnd,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Usage
from cliproxy.dialects.anthropic_messages.stream import StreamDecoder
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
