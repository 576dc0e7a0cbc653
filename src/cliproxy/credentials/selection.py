"""How the pool chooses among ready candidates of one priority."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cliproxy.credentials.credential import Candidate


class Ready(NamedTuple):
    """A candidate that could go now."""

    candidate: Candidate
    last_turn: int  # of its last pick, counted over the pool; 0: never


Strategy = Callable[[Sequence[Ready]], Candidate]


def round_robin(ready: Sequence[Ready]) -> Candidate:
    """Whose turn was longest ago; among those who never had one, the first in the configuration."""
    return min(ready, key=lambda one: one.last_turn).candidate


def fill_first(ready: Sequence[Ready]) -> Candidate:
    """The first in the configuration, for as long as it is ready."""
    return ready[0].candidate


STRATEGIES: dict[str, Strategy] = {"round-robin": round_robin, "fill-first": fill_first}
