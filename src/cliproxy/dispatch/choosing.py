"""
Whom one exchange asks next, round after round, and when it gives up.

In a round each candidate is asked once. When nobody is left, the exchange waits for a place at who is merely busy, or
for the first rest to end if that is soon, and begins another round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.pool import CredentialPool, Reason
from cliproxy.dispatch.exchange import Clock, Exchange, Sleep
from cliproxy.dispatch.explain import MOST_NAMED, Explanation, Step, why_of
from cliproxy.dispatch.line import Lines
from cliproxy.dispatch.verdict import status_of
from cliproxy.errors import Failure, FailureKind, NoCredentialReady, UpstreamError

MOST_LOOKED_AT = 200  # credentials, where somebody asks why nobody is ready

SPENT = (FailureKind.RATE_LIMITED, FailureKind.QUOTA_SPENT, FailureKind.BILLING)


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long to go on."""

    rounds: int = 3  # after the first, when every credential failed
    credentials: int = 0  # asked in one round; 0: all
    longest_wait: float = 30.0  # seconds for a resting credential; 0: never wait, so there is one round
    stream_rounds: int = 0  # at least so many for a stream
    switches_project: bool = True  # whether an account's other projects are asked when one is out of quota
    switches_model: bool = True  # whether a model's previews are asked when everybody is out of quota for it


class Choice:
    """Whom one exchange asks next."""

    def __init__(
        self,
        exchange: Exchange,
        candidates: Sequence[Candidate],
        explanation: Explanation,
        *,
        pool: CredentialPool,
        lines: Lines,
        clock: Clock,
        sleep: Sleep,
        persistence: Persistence,
        favourite: Candidate | None = None,
    ) -> None:
        self._exchange = exchange
        self.candidates = candidates
        self._explanation = explanation
        self._pool = pool
        self._lines = lines
        self._clock = clock
        self._sleep = sleep
        self._persistence = persistence
        self._favourite = favourite
        self._tried: list[Candidate] = []
        self._rounds = 0
        self._slept_until = 0.0
        self._last: Failure | None = None

    async def next(self) -> Candidate:
        """
        Return whom to ask; it is in flight from now on.

        Raises:
            NoCredentialReady: All who could serve are resting or busy, for longer than is waited.
            UpstreamError: Somebody was asked and refused, and nobody else is left.
        """
        while True:
            now = self._now()
            if (candidate := self._pick()) is not None:
                return candidate
            if self._awaits_a_place(now):
                if (candidate := await self._a_place(now)) is not None:
                    return candidate
                continue
            if self._goes_on_with_previews(now):
                continue
            await self._rest_of_somebody(now)

    def again(self, candidate: Candidate) -> None:
        """Ask the same one again next, if it can be."""
        self._favourite = candidate

    def refused(self, candidate: Candidate, failure: Failure) -> None:
        """Ask this one no more in this round."""
        self._last = failure
        self._tried.append(candidate)
        if failure.kind in SPENT and not self._persistence.switches_project:
            self._tried += self._of_the_same_account(candidate)

    def without(self, candidates: Sequence[Candidate]) -> None:
        """Ask only these from now on."""
        self.candidates = candidates

    def _now(self) -> float:
        return max(self._clock(), self._slept_until)  # a timer may go off a millisecond early: that is no other round

    def _pick(self) -> Candidate | None:
        now = self._now()
        favourite, self._favourite = self._favourite, None
        if favourite is not None and (picked := self._picked((favourite,), now)) is not None:
            return picked
        if self._is_exhausted():
            return None
        return self._picked(self.candidates, now, self._tried)

    def _picked(
        self, candidates: Sequence[Candidate], now: float, besides: Sequence[Candidate] = ()
    ) -> Candidate | None:
        return self._pool.pick(candidates, now=now, conversation=self._exchange.conversation_key, besides=besides)

    def _give_back(self, candidate: Candidate) -> None:
        self._pool.abandoned(candidate, now=self._clock())
        self._pool.spoken(self._exchange.conversation_key)
        self._lines.freed()

    def _is_exhausted(self) -> bool:
        most = self._persistence.credentials
        return bool(most) and len(self._tried) >= most

    def _awaits_a_place(self, now: float) -> bool:
        return not self._is_exhausted() and self._pool.awaits_a_place(self.candidates, now=now, besides=self._tried)

    async def _a_place(self, now: float) -> Candidate | None:
        """Return whose place came free; None: it was removed between its pick and our turn."""
        exchange = self._exchange
        try:
            picked = await self._lines.place(exchange.plan.name, exchange.principal.name, self._pick, self._give_back)
        finally:
            waited = self._clock() - now
            self._explanation.add(Step(now, "waited", why=f"{waited:.1f} s for a place"))
        if self._pool.get(picked.credential_id) is not None:
            return picked
        self._give_back(picked)
        return None

    def _goes_on_with_previews(self, now: float) -> bool:
        """Go on with a model's previews where everybody is out of quota for it, and that is wanted."""
        previews = self._exchange.plan.fallback
        if not previews or self.candidates is previews or not self._persistence.switches_model:
            return False
        if not (self._last is None or self._last.kind in SPENT) or not _are_spent(self._reasons(now)):
            return False
        self._explanation.add(Step(now, "went on", why="everybody is out of quota; asking the model's previews"))
        self.candidates = previews
        self._tried.clear()
        return True

    async def _rest_of_somebody(self, now: float) -> None:
        """Wait for the first rest to end, and begin another round. Raises where that is too long."""
        longest = self._persistence.longest_wait
        ready_at = self._pool.ready_at(self.candidates, now=now)
        if ready_at is None or not longest or ready_at - now > longest or self._rounds >= self._most_rounds():
            raise self._nobody(now, ready_at)
        self._rounds += 1
        self._tried.clear()
        self._slept_until = ready_at
        self._explanation.add(Step(now, "waited", why=f"{ready_at - now:.1f} s for the first rest to end"))
        await self._sleep(ready_at - now)

    def _most_rounds(self) -> int:
        """Return how many rounds may follow the first: as all credentials, or as those that were asked say."""
        persistence = self._persistence
        rounds = persistence.rounds
        own = [
            credential.rounds
            for candidate in self._tried
            if (credential := self._pool.get(candidate.credential_id)) is not None and credential.rounds is not None
        ]
        rounds = max(own, default=rounds)
        return max(rounds, persistence.stream_rounds) if self._exchange.head.stream else rounds

    def _of_the_same_account(self, candidate: Candidate) -> list[Candidate]:
        """Return the candidates of an account's other projects."""
        credential = self._pool.get(candidate.credential_id)
        if credential is None or not credential.project or not credential.document:
            return []
        account = credential.document

        def belongs(other: Candidate) -> bool:
            known = self._pool.get(other.credential_id)
            return known is not None and known.document == account

        return [other for other in self.candidates if other not in self._tried and belongs(other)]

    def _reasons(self, now: float) -> tuple[Reason, ...]:
        """Return why the first of them cannot be asked; thousands would take too long, and say nothing else."""
        return self._pool.why(self.candidates[:MOST_LOOKED_AT], now=now)

    def _nobody(self, now: float, ready_at: float | None) -> UpstreamError | NoCredentialReady:
        """Return the last failure, or who rests until when if nobody was asked at all."""
        wait = None if ready_at is None else max(0.0, ready_at - now)
        if self._last is None:
            error = nobody_ready(self._exchange.plan.requested, self._reasons(now), self._pool.get, wait, now)
            self._explanation.add(Step(now, "nobody", why=error.message))
            return error
        self._explanation.add(Step(now, "nobody", why="nobody else can be asked"))
        refusal = UpstreamError(self._last, status=status_of(self._last), message=self._last.message)
        if self._last.kind in SPENT and refusal.retry_after is None:
            refusal.retry_after = wait
        return refusal


def nobody_ready(
    model: str,
    reasons: Sequence[Reason],
    credential: Callable[[str], Credential | None],
    wait: float | None,
    now: float,
) -> NoCredentialReady:
    """Return what a client is told when nobody can be asked: who rests until when, by handles that say nothing else."""
    named = [
        f"{known.handle} {why_of(reason, now)}"
        for reason in reasons[:MOST_NAMED]
        if (known := credential(reason.candidate.credential_id)) is not None
    ]
    more = f" and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    told = f"no credential for {model!r} is ready" + (f": {'; '.join(named)}{more}" if named else "")
    return NoCredentialReady(told, status=429 if _are_spent(reasons) else 503, retry_after=wait)


def _are_spent(reasons: Sequence[Reason]) -> bool:
    """Tell whether everybody is out of quota, or is let rest for asking too often."""
    return bool(reasons) and all(_is_spent(reason) for reason in reasons)


def _is_spent(reason: Reason) -> bool:
    return reason.state == "quota used up" or (reason.failure is not None and reason.failure.kind in SPENT)
