"""Events of a Responses stream, spelled shortly, and what the decoder makes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import StreamEvent
from cliproxy.dialects.openai_responses.stream import StreamDecoder
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Frame

CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "m", "status": "in_progress"}}
COMPLETED = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}


def added(place: int | None, item: dict[str, Any]) -> dict[str, Any]:
    return _about("output_item.added", place, item=item)


def done(place: int | None, item: dict[str, Any]) -> dict[str, Any]:
    return _about("output_item.done", place, item=item)


def _about(kind: str, place: int | None, **fields: Any) -> dict[str, Any]:
    where = {} if place is None else {"output_index": place}
    return {"type": f"response.{kind}"} | where | fields


def about(kind: str, place: int | None = 0, **fields: Any) -> dict[str, Any]:
    return _about(kind, place, **fields)


def output(*items: dict[str, Any], kind: str = "completed", **fields: Any) -> dict[str, Any]:
    """Return the last event, with the whole reply in it."""
    return {"type": f"response.{kind}", "response": {"id": "resp_1", "status": kind, "output": list(items)} | fields}


def heard(*payloads: dict[str, Any] | str | bytes) -> list[StreamEvent]:
    decoder = StreamDecoder()
    events = []
    for payload in payloads:
        text = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
        events += decoder.feed(Frame("", text.encode() if isinstance(text, str) else text))
    events += decoder.close()
    assert event_violations(events) == []
    return events


def told(events: Sequence[StreamEvent]) -> Assembler:
    assembler = Assembler()
    for event in events:
        assembler.feed(event)
    return assembler
