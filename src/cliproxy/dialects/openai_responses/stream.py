"""
Responses streams, and whole replies -> stream events.

Items are numbered, may be open side by side, and are told apart by `output_index`, else by their id. The last event
holds the whole reply again; on some upstreams its output is empty.

Source: `reference` sheets `openai-responses` section 6, `translation` section 12.1, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, structs

from cliproxy.conversation.events import (
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.dialects.base import Sighting, given
from cliproxy.dialects.openai_family import read_error, read_error_body
from cliproxy.dialects.openai_responses import reply_schema, schema
from cliproxy.dialects.openai_responses.items import CALLS
from cliproxy.dialects.openai_responses.open_items import SPOKEN, OpenCall, OpenItem, OpenOther, opened
from cliproxy.dialects.openai_responses.open_message import Numbers, OpenMessage
from cliproxy.dialects.openai_responses.reading import read_event, read_item, read_response
from cliproxy.dialects.openai_responses.reply import finish_of, usage_of
from cliproxy.wire.body import UNREADABLE, settled
from cliproxy.wire.frames import Frame

_OPENING = (
    "response.created",
    "response.in_progress",
    "response.queued",
    "response.output_item.added",
    "response.content_part.added",
    "response.reasoning_summary_part.added",
    "keepalive",
)
_ENDS = ("response.completed", "response.incomplete", "response.cancelled")
_FINAL = ("completed", "incomplete")
_FAILED = ("failed", "cancelled")
_ITEM_KINDS = {  # how types of events begin -> the type of item that they are about
    "response.output_text.": "message",
    "response.refusal.": "message",
    "response.content_part.": "message",
    "response.reasoning_": "reasoning",
    "response.function_call_arguments.": "function_call",
    "response.custom_tool_call_input.": "custom_tool_call",
}

_decode_sight = msgspec.json.Decoder(reply_schema.Sight).decode


def sight(frame: Frame) -> Sighting | None:
    """Return what an event, or a whole reply, tells without being translated."""
    data = settled(frame.data)
    try:
        event = _decode_sight(data)
    except UNREADABLE:
        return None
    response = event.response
    if event.type == "error":
        error = read_error(event.error if _is_told(event.error) else data)
        stated = event.status if isinstance(event.status, int) and 400 <= event.status < 600 else 0
        return Sighting(error=structs.replace(error, status=stated) if stated and not error.status else error)
    if event.type == "response.failed":
        told = response.error if response is not None and _is_told(response.error) else data
        return Sighting(error=read_error(told))
    if event.type in _ENDS:
        usage = usage_of(response.usage) if response is not None and response.usage is not None else None
        return Sighting(content=True, end=True, usage=usage)
    if event.object is not None and event.object.startswith("response"):
        usage = usage_of(event.usage) if event.usage is not None else None
        if event.status == "failed" and _is_told(event.error):
            return Sighting(error=read_error(event.error), usage=usage)
        return Sighting(content=True, end=True, usage=usage)
    if not event.type:
        return Sighting(error=read_error(event.error)) if _is_told(event.error) else None
    return Sighting(content=event.type not in _OPENING)


def _is_told(error: Raw) -> bool:
    return given(error) and bytes(error) != b"{}"


class StreamDecoder:
    """Events of a Responses stream in, stream events out."""

    def __init__(self) -> None:
        self._started = self._over = self._called = False
        self._numbers = Numbers()
        self._items: dict[int, OpenItem] = {}  # by output index
        self._by_id: dict[str, OpenItem] = {}
        self._order: list[OpenItem] = []  # as they opened
        self._done: set[int] = set()  # identities of items that were whole
        self._calls: dict[int, OpenCall] = {}  # those that are open, by identity
        self._latest: dict[str, OpenItem] = {}  # of each other type the one that opened last, while it is open

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._over:
            return []
        data = settled(frame.data)
        event = read_event(data)
        if event is None:
            return []
        if event.type == "response.output_text.delta" and event.output_index is not None:  # what most events are
            message = self._items.get(event.output_index)
            if isinstance(message, OpenMessage):
                return message.more(event) or list(message.feed(event))
        if event.type == "error" or (not event.type and _is_told(event.error)):
            return self._fail(event.error if _is_told(event.error) else data)
        events: list[StreamEvent] = []
        if given(event.response):
            response = read_response(event.response) or reply_schema.Response()
            events += self._start(response)
            status = response.status or ""
            if event.type.removeprefix("response.") in (*_FINAL, *_FAILED):
                status = event.type.removeprefix("response.")
            if status in _FAILED:
                return [*events, *self._fail_with(response, status)]
            response.status = status
            return [*events, *self._end(response)] if status in _FINAL else events
        if not event.type.startswith("response."):
            return []
        events += self._start(None)
        if event.type == "response.output_item.added":
            events += self._added(event)
        elif event.type == "response.output_item.done":
            events += self._item_done(event.output_index, event.item)
        else:
            events += self._item(event)
        return events

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        body = settled(body)
        error = read_error_body(body)
        response = read_response(body)
        if response is None or (response.output is None and response.status not in _FAILED):
            return [error or ReplyError("the upstream's reply is not a response")]
        if error is not None or response.status in _FAILED:
            return self._fail_with(response, response.status or "failed")
        if response.status not in (*_FINAL, None):
            return [ReplyError(f"the upstream's reply is not complete: {response.status}")]
        return [*self._start(response), *self._end(response)]

    def close(self) -> list[StreamEvent]:
        """The upstream ended its stream: before the last event that is a failure."""
        if self._over:
            return []
        self._over = True
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        return [ReplyError("the upstream's stream broke off")]

    def _start(self, response: reply_schema.Response | None) -> list[StreamEvent]:
        if self._started:
            return []
        self._started = True
        response = response or reply_schema.Response()
        tier = response.service_tier or ""
        return [ReplyStart(response.id or "", response.model or "", "" if tier == "auto" else tier)]

    def _added(self, event: reply_schema.Event) -> list[StreamEvent]:
        item = read_item(event.item)
        if item is None:
            return []
        return self._open(event.output_index, item)

    def _open(self, place: int | None, item: schema.Item) -> list[StreamEvent]:
        one = opened(item, self._numbers)
        self._order.append(one)
        self._items[len(self._order) - 1 if place is None else place] = one
        if item.id:
            self._by_id[item.id] = one
        if not isinstance(one, OpenCall):
            self._latest[item.type or "message"] = one
            return []
        self._calls[id(one)] = one
        if item.call_id:
            self._by_id[item.call_id] = one
        return self._noted(list(one.begin()))

    def _item(self, event: reply_schema.Event) -> list[StreamEvent]:
        one = self._found(event.output_index, event.item_id)
        if one is None:
            kind = next((kind for start, kind in _ITEM_KINDS.items() if event.type.startswith(start)), None)
            if kind is None:
                return []
            one = self._only(kind, anywhere=event.output_index is None) or self._unannounced(kind, event)
        return list(one.feed(event))

    def _only(self, kind: str, *, anywhere: bool) -> OpenItem | None:
        """Return the one open item that words can be meant for which do not say whose they are."""
        if kind in CALLS:
            return next(iter(self._calls.values())) if len(self._calls) == 1 else None
        return self._latest.get(kind) if anywhere else None

    def _unannounced(self, kind: str, event: reply_schema.Event) -> OpenItem:
        """Return an item for words whose item was never added; what it is called, its end may tell."""
        self._open(event.output_index, schema.Item(kind, id=event.item_id))
        return self._order[-1]

    def _found(self, place: int | None, id_: str | None) -> OpenItem | None:
        one = self._items.get(place) if place is not None else None
        if one is None and id_:
            one = self._by_id.get(id_)
        return one

    def _item_done(self, place: int | None, raw: Raw) -> list[StreamEvent]:
        item = read_item(raw)
        if item is None:
            return []
        one = self._found(place, item.id)
        if one is None and place is None:
            one = self._by_id.get(item.call_id or "") or self._latest.get(item.type or "message")
        return self._complete(one, place, item, raw)

    def _complete(self, one: OpenItem | None, place: int | None, item: schema.Item, raw: Raw) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if one is None or (isinstance(one, OpenOther) and (item.type or "message") in SPOKEN):
            events += self._open(place, item)
            one = self._order[-1]
        self._done.add(id(one))
        self._calls.pop(id(one), None)
        if self._latest.get(item.type or "message") is one:
            del self._latest[item.type or "message"]
        return events + self._noted(list(one.done(item, raw)))

    def _noted(self, events: list[StreamEvent]) -> list[StreamEvent]:
        self._called = self._called or any(isinstance(event, ToolCallStart) for event in events)
        return events

    def _end(self, response: reply_schema.Response) -> list[StreamEvent]:
        """End the reply: what of it was never streamed stands in its last event."""
        events: list[StreamEvent] = []
        output = response.output or []
        streamed = list(self._order) if len(self._order) == len(output) else []
        for place, raw in enumerate(output):
            item = read_item(raw)
            if item is None:
                continue
            one = self._by_id.get(item.id or "") or self._by_id.get(item.call_id or "")
            if one is None:  # some hosts give it another id now, or counted places from elsewhere
                one = streamed[place] if streamed else self._items.get(place)
            if one is None or id(one) not in self._done:
                events += self._complete(one, place, item, raw)
        events += self._closed()
        if response.usage is not None:
            events.append(UsageUpdate(usage_of(response.usage)))
        self._over = True
        return [*events, ReplyEnd(finish_of(response, called=self._called))]

    def _closed(self) -> list[StreamEvent]:
        return [event for one in self._order for event in one.close()]

    def _fail(self, told: Raw | bytes) -> list[StreamEvent]:
        self._over = True
        return [read_error(told)]

    def _fail_with(self, response: reply_schema.Response, status: str) -> list[StreamEvent]:
        self._over = True
        events: list[StreamEvent] = []
        if response.usage is not None and self._started:
            events.append(UsageUpdate(usage_of(response.usage)))
        if _is_told(response.error):
            return [*events, read_error(response.error)]
        return [*events, ReplyError(f"the upstream's reply ended as {status}", status)]


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    return StreamDecoder().feed_whole(body)
