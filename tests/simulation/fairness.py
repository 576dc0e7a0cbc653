"""Sees to it that whoever is ready gets a turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cliproxy.credentials.credential import Candidate, Credential
from tests.simulation.journal import Journal

SWEEPS = 3  # rounds of free choices after which everybody who was ready has had a turn
MOST_LOOKED_AT = 300  # candidates


class Standing(Struct):
    """How a candidate stands at one moment."""

    candidate: Candidate
    credential: Credential
    is_ready: bool  # for sure
    may_be_ready: bool
    is_busy: bool


class _Turns(Struct):
    candidates: Sequence[Candidate]  # kept, so that no others get the same address
    choices: int = 0  # that were free, since the last sweep
    swept_at: int = 0  # the choice of all at which that was
    missed: dict[Candidate, int] = {}  # sweeps that found somebody ready, and passed over since the one before


class Fairness:
    """Counts the choices in which the pool was free, by plan."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._picks = 0
        self._turns: dict[int, _Turns] = {}
        self._picked_at: dict[Candidate, int] = {}
        self._troubled_at: dict[str, int] = {}  # by credential or address: the choice at which its health changed

    def picked(self, one: Candidate) -> None:
        self._picks += 1
        self._picked_at[one] = self._picks

    def troubled(self, credential: Credential) -> None:
        """Somebody's health changed, and perhaps that of all at the same address."""
        self._troubled_at[credential.id] = self._troubled_at[credential.base_url] = self._picks

    def begin_anew(self) -> None:
        """Nobody sits where they sat."""
        self._turns.clear()

    def chosen(self, candidates: Sequence[Candidate], weights: int, look: Callable[[], list[Standing]]) -> None:
        """Note a free choice. After each round of them, see who had no turn though ready all the time."""
        turns = self._turns.setdefault(id(candidates), _Turns(candidates))
        turns.choices += 1
        if turns.choices < weights:
            return
        standings = look()
        highest = max((one.credential.priority for one in standings if one.may_be_ready), default=0)
        missed = {}
        for one in standings:
            if one.is_ready and not one.is_busy and one.credential.priority >= highest and self._is_passed(one, turns):
                missed[one.candidate] = turns.missed.get(one.candidate, 0) + 1
                if missed[one.candidate] > SWEEPS:
                    self._journal.fail(f"{one.candidate} is ready and gets no turn")
        self._turns[id(candidates)] = _Turns(candidates, swept_at=self._picks, missed=missed)

    def _is_passed(self, one: Standing, turns: _Turns) -> bool:
        changes = (
            self._picked_at.get(one.candidate, 0),
            self._troubled_at.get(one.credential.id, 0),
            self._troubled_at.get(one.credential.base_url, 0),
        )
        return max(changes) < turns.swept_at
