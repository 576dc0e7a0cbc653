"""
Responses: events counted from 0, items opened, filled and closed by index, and a last event that repeats them all.

Source: `reference` sheets `dialects/openai-responses` sections 5 to 7, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

import re

from cliproxy.testing.grammar.reading import Json, Problems, is_count, is_text, lacking, objects, payload
from cliproxy.testing.grammar.responses_item import OpenItem, item_problems
from cliproxy.wire.frames import Frame

_TERMINALS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
_OPENINGS = ("response.created", "response.queued", "response.in_progress")
_TOOLS_AT_WORK = re.compile(  # what a vendor's own tools report of their work
    r"response\.(?:\w+_call\.\w+|mcp_list_tools\.\w+|compaction\.\w+|audio\.\w+|audio\.transcript\.\w+"
    r"|(?:code_interpreter_call_code|mcp_call_arguments)\.\w+)"
)


class Stream:
    """Checks a stream of numbered events."""

    def __init__(self) -> None:
        self._next = 0
        self._id = ""  # of the response
        self._items: dict[int, OpenItem] = {}
        self._ids: set[str] = set()
        self._done: dict[int, Json] = {}
        self._failed = self._ended = False

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with an event."""
        event = payload(frame)
        if event is None:
            yield "no JSON object"
            return
        kind = event.get("type")
        if frame.event != kind:
            yield f"the event is named {frame.event!r}, its type is {kind!r}"
        if event.get("sequence_number") != self._next:
            yield f"sequence_number is {event.get('sequence_number')!r}, not {self._next}"
        self._next += 1
        if self._ended or (self._failed and kind != "response.failed"):
            yield f"{kind} after the end"
        if kind == "error":
            self._failed = True
            if not is_text(event.get("message")):
                yield "an error without a message"
            return
        if not self._id and kind != "response.created":
            yield f"{kind} before response.created"
        yield from self._event(str(kind), event)

    def close(self) -> Problems:
        """Give out what is missing."""
        if not self._ended and not self._failed:
            yield "the stream has no end"

    def _event(self, kind: str, event: Json) -> Problems:
        if kind in _OPENINGS:
            yield from self._opening(kind, event)
        elif kind in _TERMINALS:
            yield from self._terminal(kind, event)
        elif kind == "response.output_item.added":
            yield from self._added(event)
        else:
            index = event.get("output_index")
            item = self._items.get(index) if isinstance(index, int) else None
            if item is None:
                yield f"{kind} for item {index}, which is not open"
            elif kind == "response.output_item.done":
                assert isinstance(index, int)
                del self._items[index]
                self._done[index] = event.get("item") or {}
                yield from item.done(event)
            elif event.get("item_id") != item.id:
                yield f"{kind} for {event.get('item_id')!r}, where {item.id!r} is open"
            elif not _TOOLS_AT_WORK.fullmatch(kind) or item.knows(kind):
                yield from item.feed(kind, event)

    def _opening(self, kind: str, event: Json) -> Problems:
        response = event.get("response") or {}
        if kind == "response.created":
            if self._id:
                yield "a second response.created"
            if not is_text(response.get("id")) or response.get("object") != "response":
                yield "response.created without id or object"
            self._id = str(response.get("id"))
        if response.get("id") != self._id:
            yield f"the response's id is {response.get('id')!r}, before {self._id!r}"
        if response.get("output") != []:
            yield f"{kind} with output {response.get('output')!r}"
        if response.get("status") not in ("in_progress", "queued"):
            yield f"{kind} with status {response.get('status')!r}"
        if self._items or self._done:
            yield f"{kind} after an item"

    def _added(self, event: Json) -> Problems:
        index, item = event.get("output_index"), event.get("item") or {}
        if not isinstance(index, int) or index != len(self._items) + len(self._done):
            yield f"item {index} opens after {len(self._items) + len(self._done)} others"
            return
        if not is_text(item.get("id")) or item["id"] in self._ids or not is_text(item.get("type")):
            yield f"item {index} opens without type, or without an id of its own"
        if item.get("status", "in_progress") != "in_progress":
            yield f"item {index} opens with status {item.get('status')!r}"
        self._ids.add(str(item.get("id")))
        self._items[index] = OpenItem(item)

    def _terminal(self, kind: str, event: Json) -> Problems:
        self._ended = True
        response = event.get("response") or {}
        if response.get("id") != self._id:
            yield f"the response's id is {response.get('id')!r}, before {self._id!r}"
        if response.get("status") != _TERMINALS[kind]:
            yield f"{kind} with status {response.get('status')!r}"
        if kind == "response.failed":
            return
        if self._items:
            yield f"items {sorted(self._items)} are open at the end"
        if response.get("output") != [self._done[index] for index in sorted(self._done)]:
            yield f"the output of {kind} is not what was streamed"
        yield from _reply_problems(response)


def usage_problems(usage: object) -> Problems:
    """Give out what is wrong with a `usage`."""
    if not isinstance(usage, dict):
        yield "usage is missing"
        return
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        if not is_count(usage.get(name)):
            yield f"usage without {name}"
    if not is_count((usage.get("input_tokens_details") or {}).get("cached_tokens")):
        yield "usage without cached_tokens"
    if not is_count((usage.get("output_tokens_details") or {}).get("reasoning_tokens")):
        yield "usage without reasoning_tokens"


def _reply_problems(reply: Json) -> Problems:
    yield from usage_problems(reply.get("usage"))
    if "output_text" in reply:
        yield "output_text, which only the SDKs have"
    reason = (reply.get("incomplete_details") or {}).get("reason")
    if (reply.get("status") == "incomplete") != is_text(reason):
        yield f"status {reply.get('status')!r} with the reason {reason!r}"


def whole(reply: Json) -> Problems:
    """Give out what is wrong with a whole reply."""
    for name in lacking(reply, ("id", "object", "created_at", "status", "model", "output")):
        yield f"{name} is missing"
    if not is_text(reply.get("id")) or reply.get("object") != "response" or not is_text(reply.get("model")):
        yield "id, object or model is wrong"
    if reply.get("status") not in ("completed", "incomplete"):
        yield f"status is {reply.get('status')!r}"
    items = objects(reply.get("output"))
    ids = [item.get("id") for item in items]
    if not all(map(is_text, ids)) or len(set(ids)) != len(ids):
        yield "an item without an id of its own"
    for item in items:
        yield from item_problems(item)
    yield from _reply_problems(reply)
