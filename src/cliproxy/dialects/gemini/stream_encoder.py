"""
Stream events -> generateContent streams, as events or as one JSON array.

Each unit is a whole reply object with new parts and the reply's name on it. The last has the finish reason and the
usage; its content is an empty text, because there are clients that lose the whole turn where it has none.

Source: `reference` sheets `dialects/gemini` section 5, `translation` section 12.2, `real clients` section 2 (read
2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import structs

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.sequence import InSequence
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.gemini.candidate import CandidateEncoder
from cliproxy.dialects.gemini.errors import encode_error
from cliproxy.dialects.gemini.reply import tier_word, usage_object
from cliproxy.dialects.gemini.signatures import PartObject
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing

_STARTS = (TextStart, ReasoningStart, ToolCallStart, MediaPart, ForeignPart)
_EMPTY: PartObject = {"text": ""}

_encode = msgspec.json.Encoder().encode


class StreamEncoder:
    """Stream events in, framed reply objects out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._candidates: dict[int, _Candidate] = {}
        self._owners: dict[int, _Candidate] = {}  # of parts
        self._start = ReplyStart()
        self._name = b""  # what stands on every object
        self._usage = Usage()
        self._as_array = context.head.framing is Framing.JSON_ARRAY
        self._has_written = False

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        match event:
            case TextDelta(index, text) if (owner := self._owners[index]).flowing == index:
                owner.parts.feed(event)
                return [self._framed(owner.head + _encode(text) + owner.tail + self._named())]
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case ReplyStart():
                self._start = event
                return []
            case CandidateEnd(number, finish):
                return self._finish(number, finish)
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                return self._fail(GatewayError(message, status=status or 502, code=code))
            case _:
                return self._say(event)

    def _say(self, event: StreamEvent) -> list[bytes]:
        if isinstance(event, _STARTS):
            self._owners[event.index] = self._candidate(event.candidate)
        index = getattr(event, "index", 0)
        owner = self._owners[index]
        return [self._object(owner.said([part])) for part in owner.feed(event)]

    def _candidate(self, number: int) -> _Candidate:
        if number not in self._candidates:
            self._candidates[number] = _Candidate(number, self._context)
        return self._candidates[number]

    def _finish(self, number: int, finish: Finish) -> list[bytes]:
        owner = self._candidate(number)
        units = [self._object(owner.said([part])) for part in owner.rest()]
        return [*units, self._object(owner.finished(finish))]

    def _end(self, finish: Finish) -> list[bytes]:
        first = self._candidate(0)
        units = [self._object(first.said([part])) for part in first.rest()]
        usage = usage_object(self._usage, self._start.service_tier)
        self._named()  # where this is the first object as well, it has its usage already
        last = self._object(first.finished(finish), {"usageMetadata": usage})
        if self._as_array:
            last += b"\n]"
        return [*units, last]

    def _fail(self, error: GatewayError) -> list[bytes]:
        unit = self._framed(encode_error(error, Framing.WHOLE))
        return [unit + b"\n]" if self._as_array else unit]

    def _object(self, candidate: dict[str, object], more: dict[str, object] | None = None) -> bytes:
        head = _encode({"candidates": [candidate]} | (more or {}))
        return self._framed(head[:-1] + self._named())

    def _named(self) -> bytes:
        """Return what stands on every object, and on the first the tier, which is known from the beginning."""
        if not self._name:
            context, start = self._context, self._start
            fields = {"modelVersion": start.model or context.head.model, "responseId": start.id or context.id}
            self._name = b"," + _encode(fields)[1:]
            if start.service_tier:
                told = {"usageMetadata": {"serviceTier": tier_word(start.service_tier)}} | fields
                return b"," + _encode(told)[1:]
        return self._name

    def _framed(self, data: bytes) -> bytes:
        if not self._as_array:
            return sse.frame(data)
        joint = b",\r\n" if self._has_written else b"["
        self._has_written = True
        return joint + data


class _Candidate:
    """One candidate: its parts in sequence, and the objects around them."""

    def __init__(self, number: int, context: ReplyContext) -> None:
        self.parts = CandidateEncoder(context)
        self.head = b'{"candidates":[{"content":{"parts":[{"text":'
        self.tail = b'}],"role":"model"},"index":%d}]' % number
        self._number = number
        self._in_sequence = InSequence()

    @property
    def flowing(self) -> int | None:
        """The part that is written as it comes."""
        return self._in_sequence.flowing

    def feed(self, event: StreamEvent) -> list[PartObject]:
        if self._number and isinstance(event, _STARTS):
            event = structs.replace(event, candidate=0)  # it is the only one here
        return [part for ordered in self._in_sequence.feed(event) for part in self.parts.feed(ordered)]

    def rest(self) -> list[PartObject]:
        """Return what waited for a part that has not ended."""
        return self.feed(ReplyEnd(Finish(FinishReason.OTHER)))

    def said(self, parts: list[PartObject]) -> dict[str, object]:
        return {"content": {"parts": parts, "role": "model"}, "index": self._number}

    def finished(self, finish: Finish) -> dict[str, object]:
        """Return the end, with what hangs on the candidate."""
        return self.said([_EMPTY]) | self.parts.ending(finish)
