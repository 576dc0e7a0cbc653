"""What is always true of a reply's neutral events, whoever made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from cliproxy.conversation.reply import Usage

_Start = TextStart | ReasoningStart | ToolCallStart
_INSIDE: dict[type[StreamEvent], tuple[type[StreamEvent], ...]] = {
    TextDelta: (TextStart,),
    TextCitation: (TextStart,),
    TextLogprobs: (TextStart,),
    ReasoningDelta: (ReasoningStart,),
    ToolCallDelta: (ToolCallStart,),
    PartProof: (TextStart, ReasoningStart),
}


def event_violations(events: Iterable[StreamEvent]) -> list[str]:
    """Return what is wrong with all the events of one reply, in the order it happens."""
    checker = _Checker()
    found = [f"{place}: {problem}" for place, event in enumerate(events) for problem in checker.feed(event)]
    return found if checker.over else [*found, "the reply has no end"]


class _Checker:
    """A reply starts once and ends once; parts are numbered as they open, and nothing comes outside of them."""

    def __init__(self) -> None:
        self.over = False
        self._started = False
        self._parts = 0
        self._open: dict[int, _Start] = {}
        self._proven: set[int] = set()
        self._complete: set[int] = set()  # candidates after the first

    def feed(self, event: StreamEvent) -> Iterator[str]:
        name = type(event).__name__
        if self.over:
            yield f"{name} after the end"
        match event:
            case ReplyStart():
                if self._started:
                    yield "a second start"
                self._started = True
            case ReplyError():
                self.over = True
            case ReplyEnd():
                self.over = True
                if not self._started:
                    yield "an end without a start"
                if self._open:
                    yield f"parts {sorted(self._open)} are open at the end"
            case UsageUpdate(usage):
                if min(_counts(usage)) < 0:
                    yield f"a number of tokens below nothing: {usage}"
            case CandidateEnd(candidate):
                if candidate < 1 or candidate in self._complete:
                    yield f"candidate {candidate} ends twice, or is the first"
                self._complete.add(candidate)
                if any(start.candidate == candidate for start in self._open.values()):
                    yield f"candidate {candidate} ends with an open part"
            case TextStart() | ReasoningStart() | ToolCallStart():
                yield from self._begin(name, event.index, event.candidate)
                self._open[event.index] = event
                if isinstance(event, ToolCallStart) and not event.name:
                    yield "a call without a name"
            case MediaPart() | ForeignPart():
                yield from self._begin(name, event.index, event.candidate)
            case PartEnd(index):
                if self._open.pop(index, None) is None:
                    yield f"part {index} ends, which is not open"
            case _:
                if type(self._open.get(event.index)) not in _INSIDE[type(event)]:
                    yield f"{name} for part {event.index}, which is not open for it"
                if isinstance(event, PartProof):
                    if event.index in self._proven:
                        yield f"a second proof for part {event.index}"
                    self._proven.add(event.index)

    def _begin(self, name: str, index: int, candidate: int) -> Iterator[str]:
        if not self._started:
            yield f"{name} before the start"
        if index != self._parts:
            yield f"{name} opens part {index} after {self._parts} others"
        if candidate in self._complete:
            yield f"{name} for candidate {candidate}, which is complete"
        self._parts += 1


def usage_violations(events: Iterable[StreamEvent]) -> list[str]:
    """
    Return where a reply's counts do not add up: totals include their parts.

    Apart from the other rules: a vendor may send numbers that cannot be.
    """
    return [problem for event in events if isinstance(event, UsageUpdate) for problem in _sums(event.usage)]


def _counts(usage: Usage) -> tuple[int, ...]:
    return (
        usage.input_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    )


def _sums(usage: Usage) -> Iterator[str]:
    if usage.cached_tokens + usage.cache_write_tokens > usage.input_tokens:
        yield f"more was cached than was read: {usage}"
    if usage.reasoning_tokens > usage.output_tokens:
        yield f"more was thought than was written: {usage}"
