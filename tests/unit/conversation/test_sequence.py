"""Interleaved parts, put one after another."""

from __future__ import annotations

from cliproxy.conversation.events import PartEnd, ReplyEnd, ReplyError, StreamEvent, ToolCallDelta, ToolCallStart
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
