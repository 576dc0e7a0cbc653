"""The checker of neutral events: it must see what is wrong."""

from __future__ import annotations

import pytest

from cliproxy.conversation.events import (
    CandidateEnd,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Opaque
from cliproxy.testing.grammar.events import event_violations, usage_violations

START, STOP = ReplyStart(), Finish(FinishReason.STOP)
END = ReplyEnd(STOP)
PROOF = PartProof(0, Opaque("gemini", "p"))


def test_well_formed_events_are_passed() -> None:
    interleaved: list[StreamEvent] = [
        ToolCallStart(0, "", "f"),
        TextStart(1),
        ToolCallDelta(0, "{}"),
        PartEnd(1),
        PartEnd(0),
    ]
    other: list[StreamEvent] = [TextStart(2, candidate=1), PartEnd(2), CandidateEnd(1, STOP)]

    assert event_violations([START, *interleaved, *other, UsageUpdate(Usage(3, 1)), END]) == []
    assert event_violations([START, ReasoningStart(0), PROOF, ReplyError("no")]) == []
    assert event_violations([ReplyError("no")]) == []


@pytest.mark.parametrize(
    "events",
    [
        [],
        [START],
        [END],
        [START, START, END],
        [START, END, END],
        [START, TextStart(1), PartEnd(1), END],
        [START, TextStart(0), END],
        [START, TextStart(0), TextStart(0), PartEnd(0), END],
        [START, TextDelta(0, "a"), END],
        [START, TextStart(0), ReasoningDelta(0, "a"), PartEnd(0), END],
        [START, TextStart(0), PartEnd(0), PartEnd(0), END],
        [START, ReasoningStart(0), PROOF, PROOF, PartEnd(0), END],
        [START, ToolCallStart(0, "", ""), PartEnd(0), END],
        [TextStart(0), PartEnd(0), START, END],
        [START, UsageUpdate(Usage(-1)), END],
        [START, CandidateEnd(0, STOP), END],
        [START, CandidateEnd(1, STOP), CandidateEnd(1, STOP), END],
        [START, TextStart(0, candidate=1), CandidateEnd(1, STOP), PartEnd(0), END],
        [START, CandidateEnd(1, STOP), TextStart(0, candidate=1), PartEnd(0), END],
    ],
)
def test_broken_events_are_seen(events: list[StreamEvent]) -> None:
    assert event_violations(events)


def test_totals_must_include_their_parts() -> None:
    assert usage_violations([UsageUpdate(Usage(5, 2, 3, 4, 4))]) == []
    assert usage_violations([UsageUpdate(Usage(4, 2, 3))])
    assert usage_violations([UsageUpdate(Usage(output_tokens=1, reasoning_tokens=2))])
