"""Who goes first among equals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cliproxy.config.forms import STRATEGIES as CONFIGURABLE
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.selection import STRATEGIES, Ready, fill_first, round_robin

A, B, C = (Candidate(name, "m") for name in "abc")


def test_round_robin_takes_whose_turn_was_longest_ago() -> None:
    """Whoever it was before, and in whatever order they stand."""
    assert round_robin([Ready(A, 3), Ready(B, 1), Ready(C, 2)]) == B


def test_among_those_who_never_had_a_turn_the_configuration_decides() -> None:
    """The first request goes where the operator wrote first."""
    assert round_robin([Ready(A, 5), Ready(B, 0), Ready(C, 0)]) == B


@given(turns=st.lists(st.integers(0, 50), min_size=1, max_size=5))
def test_fill_first_stays_with_the_first(turns: list[int]) -> None:
    """One account is used up before the next is touched."""
    ready = [Ready(Candidate(str(place), "m"), turn) for place, turn in enumerate(turns)]

    assert fill_first(ready) == ready[0].candidate


def test_every_strategy_of_the_configuration_is_here() -> None:
    """And no other, which nobody could choose."""
    assert set(STRATEGIES) == set(CONFIGURABLE)
