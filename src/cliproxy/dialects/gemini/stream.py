"""
generateContent streams -> stream events.

Each frame is a whole reply object with new parts, in no need of an end mark: a stream that closed after a finish reason
is complete, and words, signatures and usage may still come after that. Calls come whole, or in pieces.

Source: `reference` sheets `dialects/gemini` sections 4, 5 and 8, `translation` section 12.1, wire oddities (read
2026-11-21).
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import ReplyEnd, ReplyError, ReplyStart, StreamEvent, UsageUpdate
from cliproxy.conversation.reply import Finish, FinishReason
from cliproxy.dialects.base import Sighting
from cliproxy.dialects.gemini import reply_schema
from cliproxy.dialects.gemini.errors import reply_error
from cliproxy.dialects.gemini.heard import Candidates
from cliproxy.dialects.gemini.reply import has_numbers, usage_of
from cliproxy.dialects.gemini.request import TIERS
from cliproxy.dialects.gemini.spelling import Reader, tidied
from cliproxy.wire import sse
from cliproxy.wire.body import UNREADABLE, read_leniently, settled
from cliproxy.wire.frames import Frame, Framing

_SNAKE_NAME = re.compile(rb'"[a-z]+_[a-z_]+"\s*:')

_reader = Reader(reply_schema.Reply)
_decode_glimpse = msgspec.json.Decoder(reply_schema.Glimpse).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode


def framing(content_type: str, streamed: bool) -> Framing | None:
    """Return how a reply of this content type lies on the wire; a stream that is JSON is an array."""
    if content_type == sse.CONTENT_TYPE:
        return Framing.EVENT_STREAM
    if not content_type.endswith("json"):
        return None
    return Framing.JSON_ARRAY if streamed else Framing.WHOLE


def sight(frame: Frame) -> Sighting | None:
    """Return what a frame, or a whole reply, tells without being translated."""
    data = settled(frame.data.lstrip())
    if data[:1] == b"[":
        return _sight_all(data)
    reply = _glimpse(data)
    if reply is None:
        return None
    if reply.error is not None:
        return Sighting(error=reply_error(reply.error))
    candidates = reply.candidates or ()
    blocked = reply.prompt_feedback is not None and reply.prompt_feedback.block_reason is not None
    end = blocked or reply.total_tokens is not None or any(one.finish_reason is not None for one in candidates)
    content = end or any(one.content is not None and one.content.parts for one in candidates)
    heard = reply.usage_metadata
    usage = usage_of(heard) if heard is not None and has_numbers(heard) else None
    return Sighting(content, end, usage)


def _sight_all(data: bytes) -> Sighting | None:
    """Return what an array in one frame tells: errors come so."""
    try:
        items = _decode_list(data)
    except UNREADABLE:
        return None
    found = [sighting for item in items if (sighting := sight(Frame("", bytes(item)))) is not None]
    if not found:
        return None
    return Sighting(
        any(one.content for one in found),
        any(one.end for one in found),
        next((one.usage for one in reversed(found) if one.usage is not None), None),
        next((one.error for one in found if one.error is not None), None),
    )


def _glimpse(data: bytes) -> reply_schema.Glimpse | None:
    try:
        glimpse = _decode_glimpse(data)
        if glimpse.usage_metadata is None and glimpse.error is None and _SNAKE_NAME.search(data):
            return _decode_glimpse(tidied(data, reply_schema.Glimpse))
        return glimpse
    except UNREADABLE:
        return None


class StreamDecoder:
    """Reply objects in, stream events out."""

    def __init__(self, *, whole: bool = False) -> None:
        """`whole`: one object holds the reply, so that nothing need be told before all is known."""
        self._candidates = Candidates(keep_open=whole)
        self._started = False
        self._blocked = ""
        self._counted = False  # whether a report with the total has come
        self._over = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        return [event for reply in _read(frame.data) for event in self._take(reply)]

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        events = self.feed(Frame("", body))
        if self._over:
            return events
        if not self._started:
            return [ReplyError("the upstream's reply is no generateContent reply")]
        return [*events, *self._end()]

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._over:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if not self._blocked and not self._candidates.finished:
            return [ReplyError("the upstream's stream broke off")]
        return self._end()

    def _take(self, reply: reply_schema.Reply) -> list[StreamEvent]:
        if self._over:
            return []
        if reply.error is not None:
            self._over = True
            return [reply_error(reply.error)]
        events: list[StreamEvent] = []
        usage = reply.usage_metadata
        if not self._started:
            if reply.candidates is None and reply.prompt_feedback is None and usage is None:
                return []  # silence
            self._started = True
            tier = usage.service_tier if usage is not None and isinstance(usage.service_tier, str) else ""
            events.append(ReplyStart(reply.response_id or "", reply.model_version or "", TIERS.get(tier, tier)))
        for place, candidate in enumerate(reply.candidates or ()):
            events.extend(self._candidates.feed(place, candidate))
        if reply.prompt_feedback is not None and reply.prompt_feedback.block_reason:
            self._blocked = str(reply.prompt_feedback.block_reason)
        if usage is not None and has_numbers(usage) and (usage.total_token_count is not None or not self._counted):
            self._counted = usage.total_token_count is not None
            events.append(UsageUpdate(usage_of(usage)))
        return events

    def _end(self) -> list[StreamEvent]:
        self._over = True
        events, finish = self._candidates.end()
        if self._blocked and not self._candidates.finished:
            finish = Finish(FinishReason.FILTERED, self._blocked)
        return [*events, ReplyEnd(finish)]


def _read(data: bytes) -> list[reply_schema.Reply]:
    """Return the reply objects in a frame: one, or an array of them, in either spelling; none where it is no JSON."""
    data = settled(data)
    if data.lstrip()[:1] == b"[":
        try:
            return [reply for item in _decode_list(data) for reply in _read(bytes(item))]
        except UNREADABLE:
            return []
    reply = read_leniently(_spelled, data)
    return [] if reply is None else [reply]


def _spelled(data: bytes) -> reply_schema.Reply:
    reply = _reader.read(data)
    if reply.response_id is None and _SNAKE_NAME.search(data):  # Google itself always gives one
        return _reader.respelled(data)
    return reply


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    return StreamDecoder(whole=True).feed_whole(body)
