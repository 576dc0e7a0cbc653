"""
Who serves the next request of a conversation.

Its home, whatever others have priority, while that can be asked. Else its host, else whoever the strategy chooses: as a
guest, if its home will be back while a cache is warm, or for good. So it is never the reason that a request waits.

Nobody says two things at once: while a request of a conversation is under way, another that looks the same is of a talk
that only began like it, and goes wherever the strategy sends it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from cliproxy.credentials import reason
from cliproxy.credentials.affinity import STAYS_WARM, Affinity, Stay
from cliproxy.credentials.bench import Bench
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.member import Seat
from cliproxy.credentials.roster import Roster


class Conversations:
    """Conversations and their homes."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._affinity = Affinity()
        self._speaking: Counter[str] = Counter()  # requests under way

    def first(self, conversation: str, bench: Bench, now: float, besides: Collection[Candidate]) -> Seat | None:
        """Return who goes next for a conversation, whose request is under way then; None: nobody can."""
        is_another = conversation in self._speaking
        seat = bench.first(now, besides) if is_another else self._at_home(conversation, bench, now, besides)
        if seat is not None:
            self._speaking[conversation] += 1
        return seat

    def spoken(self, conversation: str) -> None:
        """A request has come to its end."""
        if conversation in self._speaking:
            self._speaking[conversation] -= 1
            if not self._speaking[conversation]:
                del self._speaking[conversation]

    def left(self, gone: Iterable[str]) -> None:
        """Forget homes whose credentials are gone."""
        self._affinity.forget(frozenset(gone))

    def _at_home(self, conversation: str, bench: Bench, now: float, besides: Collection[Candidate]) -> Seat | None:
        lasts = self._roster.policy.conversation_lasts
        stay = self._affinity.stay(conversation, bench.has, now=now, lasts=lasts)
        seat = self._ready_one(bench, stay.home, now, besides)
        if seat is not None:
            stay.goes_home()
        else:
            seat = self._ready_one(bench, stay.host, now, besides) or bench.first(now, besides)
            if seat is None:
                return None
            if self._is_missed(stay, now, besides):
                stay.visits(seat.candidate)
            else:
                stay.moves(seat.candidate)
        self._affinity.settle(conversation, stay, now=now, lasts=lasts)
        return seat

    def _ready_one(
        self, bench: Bench, candidate: Candidate | None, now: float, besides: Collection[Candidate]
    ) -> Seat | None:
        """Return this candidate's seat if it can be asked, else that of another model of its account."""
        if candidate is None:
            return None
        for seat in bench.seats_of(candidate):
            if seat.candidate not in besides and self._roster.gate_before(seat, now) is None:
                return seat
        return None

    def _is_missed(self, stay: Stay, now: float, besides: Collection[Candidate]) -> bool:
        """Tell whether its home will be back while its cache is warm. A home that never served has none."""
        if stay.home is None or (stay.turns <= 1 and stay.home in besides):
            return False
        reasons = [one for one in self._roster.reasons(stay.home, now) if one.state not in reason.PLACES]
        return reason.over_at(reasons) <= now + STAYS_WARM
