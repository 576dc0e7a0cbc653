"""
All credentials and their health: who goes next.

Plain and single-threaded: a call does all its work before it returns, and time is an argument. What an attempt came to
is told by exactly one of `succeeded`, `failed` and `abandoned`, after each `pick`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cliproxy.credentials import reason
from cliproxy.credentials.bench import Bench
from cliproxy.credentials.benches import Benches
from cliproxy.credentials.conversations import Conversations
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.gate import NEVER, Alarms
from cliproxy.credentials.member import Seat
from cliproxy.credentials.policy import Groups, Policy, no_groups
from cliproxy.credentials.quota import QuotaWindow, freed, merged, rests
from cliproxy.credentials.reason import Reason
from cliproxy.credentials.roster import Roster
from cliproxy.credentials.saved import Saved, restore, saved
from cliproxy.credentials.scope import is_part, key_named
from cliproxy.credentials.selection import STRATEGIES, least_connections
from cliproxy.errors import Failure, FailureKind

__all__ = ["CredentialPool", "Policy", "Reason", "Saved"]

_AS_USUAL = Policy()
_NOTHING_LEFT = "its usage shows that nothing is left"


class CredentialPool:
    """Holds credentials, their health and whose turn it is."""

    def __init__(
        self, credentials: Iterable[Credential] = (), policy: Policy = _AS_USUAL, *, groups: Groups = no_groups
    ) -> None:
        self._roster = Roster(policy, groups)
        self._conversations = Conversations(self._roster)
        self._alarms = Alarms()
        self._benches = Benches(self._new_bench)
        self._flying: dict[Seat, None] = {}  # who has requests in flight
        self.replace(credentials, policy)

    @property
    def changes(self) -> int:
        """A number that grows whenever something worth saving has changed."""
        return self._roster.changes

    def get(self, credential_id: str) -> Credential | None:
        """Return a credential as it is now, or None where it is gone."""
        member = self._roster.members.get(credential_id)
        return None if member is None else member.credential

    def in_flight(self, credential_id: str) -> int:
        """Return how many requests a credential is serving."""
        member = self._roster.members.get(credential_id)
        return 0 if member is None else member.in_flight

    def pick(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        conversation: str = "",
        besides: Collection[Candidate] = (),
    ) -> Candidate | None:
        """
        Return who to ask next, or None when nobody is ready.

        Args:
            candidates: Who may serve this request, in the order of the configuration; best the same tuple each time.
            now: Unix time in seconds.
            conversation: A digest of whose conversation it is part of; "": of none.
            besides: Candidates this request has tried already.

        A conversation stays where it is, while it can. Else the highest priority wins; the strategy decides among
        equals. The one picked is in flight until it succeeded, failed or was abandoned; and the conversation speaks
        until it has `spoken`.
        """
        self._alarms.ring(now)
        bench = self._bench(candidates)
        if conversation and self._roster.policy.keeps_conversations:
            seat = self._conversations.first(conversation, bench, now, besides)
        else:
            seat = bench.first(now, besides)
        if seat is None:
            return None
        self._take(seat, bench, now)
        return seat.candidate

    def answered(self, candidate: Candidate, *, now: float) -> None:
        """Content has begun to come: all its scopes are well. The request stays in flight."""
        seat = self._roster.seat(candidate)
        if seat is not None:
            seat.answered = min(seat.answered + 1, seat.in_flight)
            self._found_well(seat)

    def succeeded(self, candidate: Candidate, *, now: float, tokens: int = 0) -> None:
        """The reply is complete. That its last words came says nothing new, where its first have been told of."""
        seat = self._landed(candidate, now, tokens)
        if seat is not None and seat.answered:
            seat.answered -= 1
        elif seat is not None:
            self._found_well(seat)

    def failed(
        self, candidate: Candidate, failure: Failure, *, now: float, used: Credential | None = None, tokens: int = 0
    ) -> None:
        """The upstream refused, or did not answer. `used`: the credential as it was when the request was sent."""
        seat = self._landed(candidate, now, tokens)
        if seat is None:
            return
        if used is None or _is_about(seat.member.credential, used, failure):
            self._roster.hit(failure, seat, now)
        self._came_to_nothing(seat)

    def abandoned(self, candidate: Candidate, *, now: float, tokens: int = 0) -> None:
        """The client left: no verdict, and others may test what this was testing."""
        seat = self._landed(candidate, now, tokens)
        if seat is not None:
            self._came_to_nothing(seat)

    def spoken(self, conversation: str) -> None:
        """A request of a conversation, for which somebody was picked, has come to its end."""
        self._conversations.spoken(conversation)

    def learned(self, credential_id: str, windows: Sequence[QuotaWindow], *, now: float) -> None:
        """
        Note what is left of an account.

        A reset before its time ends the rest for it, and what a usage endpoint shows spent rests.
        """
        member = self._roster.members.get(credential_id)
        if member is None or not windows:
            return
        self._alarms.ring(now)
        known, member.windows = member.windows, merged(member.windows, windows, now=now)
        for scope in freed(known, member.windows, now=now):
            self._roster.end_rests(member, scope)
        for scope, until in rests(windows, now=now).items():
            key = key_named(scope, member.credential)
            spent = Failure(FailureKind.QUOTA_SPENT, 0, _NOTHING_LEFT, rests_until=until, scope=scope)
            if key is not None:
                self._roster.let_rest(key, Candidate(credential_id, ""), spent, now)
        self._roster.changes += 1

    def revoked(self, credential_id: str, reason: str, *, now: float) -> None:
        """Ask it no more, until it has another token. `reason` is for the operator and holds no secret."""
        member = self._roster.members.get(credential_id)
        if member is not None:
            member.revoked = reason or "revoked"
            self._roster.changes += 1

    def lifted(self, credential_id: str, *, now: float) -> None:
        """Forget why a credential rests, also what it shares with others: the operator knows better."""
        member = self._roster.members.get(credential_id)
        if member is not None:
            credential = member.credential
            self._roster.healths.forget(lambda key, _: is_part(key, credential))
            self._roster.changes += 1

    def why(self, candidates: Sequence[Candidate], *, now: float) -> tuple[Reason, ...]:
        """Return who cannot be asked now, and the reason that lasts longest."""
        found = (self._roster.reasons(candidate, now) for candidate in candidates)
        return tuple(reason.longest(reasons) for reasons in found if reasons)

    def ready_at(self, candidates: Sequence[Candidate], *, now: float) -> float | None:
        """Return the unix time at which the first may be asked if nothing else happens; None: never by waiting."""
        bench = self._looked_over(candidates, now)
        if bench.first(now, ()) is not None:
            return now
        ready_at = NEVER
        for at, gate in self._alarms.in_order():
            if at >= ready_at:
                break
            for seat in bench.waiting_at(gate):
                ready_at = min(ready_at, reason.over_at(self._roster.reasons(seat.candidate, now)))
                if ready_at <= at:
                    break
        return None if ready_at == NEVER else max(now, ready_at)

    def awaits_a_place(
        self, candidates: Sequence[Candidate], *, now: float, besides: Collection[Candidate] = ()
    ) -> bool:
        """Tell whether it takes no rest to end until somebody can be asked: a request that is under way makes room."""
        bench = self._looked_over(candidates, now)
        if bench.first(now, besides) is not None:
            return True
        for flying in self._flying:
            for gate in (flying.member, *self._roster.healths.tested_by(self._roster.keys(flying), flying.candidate)):
                for seat in bench.waiting_at(gate):
                    reasons = self._roster.reasons(seat.candidate, now)
                    if all(one.state in reason.PLACES for one in reasons) and seat.candidate not in besides:
                        return True
        return False

    def serves(self, candidates: Iterable[Candidate], *, now: float) -> bool:
        """Tell whether one of them may answer, now or after a rest."""
        return any(self._roster.serves(candidate, now) for candidate in candidates)

    def update(self, credential: Credential) -> None:
        """Go on with a credential after a refresh, or an edit of one. All else stays, unless the account is another."""
        member = self._roster.members.get(credential.id)
        if member is None:
            return
        if self._roster.update(credential):
            self._clear_benches()
        member.open()

    def replace(self, credentials: Iterable[Credential], policy: Policy) -> None:
        """Take the credentials of a new configuration; what is known of accounts that stay is kept."""
        if gone := self._roster.replace(credentials, policy):
            self._flying = {seat: None for seat in self._flying if seat.member.credential.id not in gone}
            self._conversations.left(gone)
        self._strategy = STRATEGIES[policy.strategy]
        self._clear_benches()
        self._roster.changes += 1

    def saved(self, *, now: float) -> Saved:
        """Return what is worth keeping over a restart."""
        return saved(self._roster, now=now)

    def restore(self, saved: Saved, *, now: float) -> None:
        """Take over what was kept. What is past, or of nobody here, is left out."""
        restore(self._roster, saved, now=now)
        self._clear_benches()

    def _take(self, seat: Seat, bench: Bench, now: float) -> None:
        turn = seat.take_turn(bench.present(seat))
        for place in seat.places:
            place.went(turn)
        member = seat.member
        member.in_flight += 1
        seat.in_flight += 1
        self._flying[seat] = None
        if member.budget is not None and member.budget.count("requests", 1, now):
            self._roster.changes += 1
        if len(self._roster.healths):
            self._roster.healths.claim(self._roster.keys(seat), seat.candidate, now)

    def _landed(self, candidate: Candidate, now: float, tokens: int) -> Seat | None:
        """Take a request out of flight. None: its credential is gone."""
        self._alarms.ring(now)
        seat = self._roster.seat(candidate)
        if seat is None:
            return None
        member = seat.member
        if seat.in_flight:
            seat.in_flight -= 1
            member.in_flight -= 1
        if not seat.in_flight:
            self._flying.pop(seat, None)
        if member.budget is not None and member.budget.count("tokens", tokens, now):
            self._roster.changes += 1
        member.open()
        if self._strategy is least_connections:
            for one in member.seats.values():
                for place in one.places:
                    place.rise()
        return seat

    def _found_well(self, seat: Seat) -> None:
        healths = self._roster.healths
        if len(healths) and healths.well(self._roster.keys(seat)):
            self._roster.changes += 1

    def _came_to_nothing(self, seat: Seat) -> None:
        self._roster.healths.free(self._roster.keys(seat), seat.candidate)
        seat.answered = min(seat.answered, seat.in_flight)

    def _looked_over(self, candidates: Sequence[Candidate], now: float) -> Bench:
        self._alarms.ring(now)
        return self._bench(candidates)

    def _bench(self, candidates: Sequence[Candidate]) -> Bench:
        return self._benches.of(candidates, credentials=len(self._roster.members))

    def _new_bench(self, candidates: tuple[Candidate, ...]) -> Bench:
        seats = (seat for candidate in candidates if (seat := self._roster.seat(candidate)) is not None)
        return Bench(candidates, seats, self._strategy, self._roster.gate_before, self._alarms)

    def _clear_benches(self) -> None:
        """Find everybody's place anew when they are next asked for."""
        self._benches.clear()
        self._roster.stand_up()


def _is_about(credential: Credential, used: Credential, failure: Failure) -> bool:
    """Tell whether a verdict on a request that was sent with `used` is one on the credential as it is now."""
    if used.account != credential.account:
        return False
    return failure.kind is not FailureKind.UNAUTHORIZED or used.secret == credential.secret
