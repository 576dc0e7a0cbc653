"""Where records go."""

from __future__ import annotations

from cliproxy.conversation.reply import Usage
from cliproxy.usage.record import Outcome, UsageRecord
from cliproxy.usage.sink import FanOut
from tests.running import Ledger

RECORD = UsageRecord("x", 1, 0.0, "p", "m", "c", "who", Usage(), 0.0, 0.0, Outcome.SUCCEEDED)


class Broken:
    """Anybody's code."""

    def record(self, usage: UsageRecord) -> None:
        raise RuntimeError("the disk is full")


def test_every_sink_gets_every_record() -> None:
    """In the order they were given."""
    sinks = [Ledger(), Ledger()]
    told: list[Exception] = []
    fan_out = FanOut(iter(sinks), told.append)

    fan_out.record(RECORD)
    fan_out.record(RECORD)

    assert [sink.records for sink in sinks] == [[RECORD, RECORD]] * 2
    assert told == []


def test_a_sink_that_raises_harms_neither_the_others_nor_the_request() -> None:
    """It is told of, every time."""
    last = Ledger()
    told: list[Exception] = []
    fan_out = FanOut([Broken(), last], told.append)

    fan_out.record(RECORD)
    fan_out.record(RECORD)

    assert last.records == [RECORD, RECORD]
    assert [str(error) for error in told] == ["the disk is full"] * 2
