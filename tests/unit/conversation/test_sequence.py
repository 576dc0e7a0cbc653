"""Interleaved parts, put one after another."""

from __future__ import annotations

from cliproxy.conversation.events import (
    CandidateEnd,
    PartEnd,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
)
from cliproxy.conversation.reply import Finish, FinishReason
from cliproxy.conversation.sequence import InSequence

END = ReplyEnd(Finish(FinishReason.STOP))


def sequenced(*events: StreamEvent) -> list[StreamEvent]:
    sequence = InSequence()
    return [out for event in events for out in sequence.feed(event)]


def test_the_first_part_flows_and_the_second_waits_for_its_end() -> None:
    """The client sees the first call while it is written."""
    sequence = InSequence()
    assert sequence.feed(ToolCallStart(0, "a", "f")) == [ToolCallStart(0, "a", "f")]
    assert sequence.feed(ToolCallStart(1, "b", "f")) == []
    assert sequence.feed(ToolCallDelta(1, "{}")) == []
    assert sequence.feed(ToolCallDelta(0, "{}")) == [ToolCallDelta(0, "{}")]
    assert sequence.feed(PartEnd(0)) == [PartEnd(0), ToolCallStart(1, "b", "f"), ToolCallDelta(1, "{}")]
    assert sequence.feed(PartEnd(1)) == [PartEnd(1)]


def test_parts_that_waited_come_in_the_order_they_opened() -> None:
    events = sequenced(
        ToolCallStart(0, "a", "f"), ToolCallStart(1, "b", "f"), ToolCallStart(2, "c", "f"),
        PartEnd(2), PartEnd(1), PartEnd(0), END,
    )  # fmt: skip

    assert [event.index for event in events if isinstance(event, PartEnd)] == [0, 1, 2]
    assert events[-1] == END


def test_an_error_does_not_open_what_waited() -> None:
    """A part inside the one that is still open would break the client's grammar before the error reaches it."""
    broken = ReplyError("broke off")

    assert sequenced(ToolCallStart(0, "a", "f"), ToolCallStart(1, "b", "f"), broken)[1:] == [broken]


def test_what_comes_as_several_candidates_is_one_reply() -> None:
    """Copilot puts words in one choice and the call in the next, though one was asked for."""
    events: list[StreamEvent] = [
        ReplyStart("r"),
        TextStart(0),
        ToolCallStart(1, "c1", "look", candidate=1),
        TextDelta(0, "Let me look."),
        ToolCallDelta(1, "{}"),
        PartEnd(0),
        PartEnd(1),
        CandidateEnd(1, Finish(FinishReason.TOOL_CALL)),
        ReplyEnd(Finish(FinishReason.STOP)),
    ]
    sequence = InSequence()
    told = [out for event in events for out in sequence.feed(event)]

    assert told == [
        ReplyStart("r"),
        TextStart(0),
        TextDelta(0, "Let me look."),
        PartEnd(0),
        ToolCallStart(1, "c1", "look", candidate=1),
        ToolCallDelta(1, "{}"),
        PartEnd(1),
        ReplyEnd(Finish(FinishReason.STOP)),
    ]
