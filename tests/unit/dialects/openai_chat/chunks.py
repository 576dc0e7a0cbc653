"""Chunks of Chat Completions streams, and what is made of them."""

from __future__ import annotations

import json
from typing import Any

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.reply import Reply
from cliproxy.dialects.openai_chat.stream import StreamDecoder, decode_reply
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Frame
from tests.unit.dialects.translating import Body

DONE = "[DONE]"


def chunk(delta: Body | None = None, finish: str | None = None, *, index: int = 0, **fields: Any) -> Body:
    """Return one chunk of one choice; of none where there is nothing to say."""
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    about = {name: fields.pop(name) for name in ("logprobs",) if name in fields}
    choices = [choice | about] if delta is not None or finish is not None else []
    return {"id": "c1", "model": "m", "choices": choices} | fields


def call(index: int | None = 0, /, **fields: Any) -> Body:
    """Return a delta with one fragment of a call."""
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    return {"tool_calls": [{"index": index, "function": function} | fields]}


def events_of(*payloads: Body | str) -> list[StreamEvent]:
    """Return the events of a stream, which keep the laws of events."""
    decoder = StreamDecoder()
    events: list[StreamEvent] = []
    for payload in payloads:
        data = payload if isinstance(payload, str) else json.dumps(payload)
        events += decoder.feed(Frame("", data.encode()))
    events += decoder.close()
    assert list(event_violations(events)) == []
    return events


def added_up(events: list[StreamEvent]) -> Reply:
    assembler = Assembler()
    for event in events:
        assembler.feed(event)
    assert assembler.error is None, assembler.error
    return assembler.reply


def reply_of(*payloads: Body | str) -> Reply:
    """Return what a stream adds up to."""
    return added_up(events_of(*payloads))


def whole_reply(message: Body, finish: str | None = "stop", **fields: Any) -> Reply:
    """Return what a whole reply of one choice says."""
    body = {"id": "c1", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": finish}]} | fields
    events = decode_reply(json.dumps(body).encode())
    assert list(event_violations(events)) == []
    return added_up(events)
