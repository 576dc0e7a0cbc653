"""
Parts one after another, for dialects whose parts may not overlap.

The part that opened first flows; what belongs to the others waits, and is given out in the order they opened. Such
dialects have no candidates either, so nobody asked for more than one: an upstream that numbers its parts as candidates
(Copilot puts words in one and calls in the next) says one reply.
"""

from __future__ import annotations

from collections import OrderedDict

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
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

_STARTS = (TextStart, ReasoningStart, ToolCallStart)
_PARTS = (MediaPart, ForeignPart)


class InSequence:
    """Interleaved events in, the same events with their parts in sequence out."""

    def __init__(self) -> None:
        self.flowing: int | None = None  # the part that is being written; nothing of it waits
        self._waiting: OrderedDict[int, list[StreamEvent]] = OrderedDict()  # by part, in the order they opened

    def feed(self, event: StreamEvent) -> list[StreamEvent]:
        """Return what may be written now."""
        match event:
            case TextDelta(index) | ReasoningDelta(index) | ToolCallDelta(index) if index == self.flowing:
                return [event]
            case ReplyStart() | UsageUpdate():
                return [event]
            case CandidateEnd():
                return []
            case ReplyEnd():
                return [*self._all_that_waits(), event]
            case ReplyError():
                return [event]  # a part that still waits would open inside the one that flows
            case PartEnd(index) if index == self.flowing:
                self.flowing = None
                return [event, *self._next()]
            case _:
                pass
        if self.flowing is None and isinstance(event, _STARTS):
            self.flowing = event.index
            return [event]
        if self.flowing is None and isinstance(event, _PARTS):
            return [event]
        if isinstance(event, (PartProof, TextCitation, TextLogprobs)) and event.index == self.flowing:
            return [event]
        self._waiting.setdefault(event.index, []).append(event)
        return []

    def _next(self) -> list[StreamEvent]:
        """Give out the parts that waited, up to one that is still open: that one flows now."""
        events: list[StreamEvent] = []
        while self._waiting:
            index, held = self._waiting.popitem(last=False)
            events.extend(held)
            if not isinstance(held[-1], (PartEnd, *_PARTS)):
                self.flowing = index
                break
        return events

    def _all_that_waits(self) -> list[StreamEvent]:
        events = [event for held in self._waiting.values() for event in held]
        self._waiting.clear()
        return events
