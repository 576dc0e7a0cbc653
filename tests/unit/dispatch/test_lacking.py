"""Which upstreams lack an operation."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate
from cliproxy.dialects.base import Operation
from cliproxy.dispatch.lacking import ASKED_AGAIN_AFTER, MOST_KEPT, LackedOperations

A, B = Candidate("a", "m"), Candidate("b", "m")
COUNT, COMPACT = Operation.COUNT_TOKENS, Operation.COMPACT


def test_who_lacks_an_operation_is_not_asked_for_it_for_an_hour() -> None:
    lacked = LackedOperations()
    lacked.note(A, COUNT, now=0)
    assert lacked.those_who_may((A, B), COUNT, now=1) == (B,)
    assert lacked.those_who_may((A, B), COMPACT, now=1) == (A, B)
    assert lacked.those_who_may((A, B), COUNT, now=ASKED_AGAIN_AFTER) == (A, B)


def test_the_same_tuple_comes_back_where_nobody_is_left_out() -> None:
    """The pool knows a plan's candidates by it."""
    lacked, both = LackedOperations(), (A, B)
    assert lacked.those_who_may(both, COUNT, now=0) is both
    lacked.note(Candidate("c", "m"), COUNT, now=0)
    assert lacked.those_who_may(both, COUNT, now=0) is both


def test_what_is_remembered_is_bounded() -> None:
    lacked = LackedOperations()
    for number in range(MOST_KEPT + 10):
        lacked.note(Candidate(str(number), "m"), COUNT, now=0)
    assert lacked.those_who_may((Candidate("0", "m"),), COUNT, now=1)
    assert not lacked.those_who_may((Candidate(str(MOST_KEPT + 9), "m"),), COUNT, now=1)
