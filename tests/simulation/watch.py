"""
Watches a pool: every choice, every outcome; and says when something is wrong.

What it knows of health comes from `rests`, what it knows of credentials from what the pool was given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.pool import Policy
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.errors import Failure, FailureKind
from tests.simulation.allowance import Allowance
from tests.simulation.fairness import MOST_LOOKED_AT, Fairness, Standing
from tests.simulation.homes import Homes
from tests.simulation.journal import Journal
from tests.simulation.rests import Rests

SETTLED = 1.0  # seconds; who became ready just now may be overlooked


def _named(one: Candidate) -> str:
    return f"{one.credential_id}/{one.model}"


class Watch:
    """Knows who may be asked, and notes who is."""

    def __init__(self, journal: Journal, clock: Callable[[], float], rests: Rests, doubtful: set[str]) -> None:
        """`doubtful`: who had to log in again when the process before this one died."""
        self.credentials: dict[str, Credential] = {}
        self.rests = rests
        self.has_begun = False  # the process has read what there is
        self.is_over = False  # the process is dead; what comes late does not count
        self.picks = 0
        self._journal = journal
        self._clock = clock
        self._policy = Policy()
        self._in_flight: dict[str, int] = {}
        self._gone: set[str] = set()  # credentials that were removed, and perhaps added again
        self._flying: dict[Candidate, int] = {}
        self._talking: dict[Candidate, int] = {}  # of those in flight, whose content has begun to come
        self._landed_at: dict[str, float] = {}
        self._revoked: set[str] = set()
        self._doubtful = doubtful
        self._allowance = Allowance(journal)
        self._homes = Homes(journal)
        self._fairness = Fairness(journal)

    def replaced(self, credentials: Iterable[Credential], policy: Policy) -> None:
        fresh = {credential.id: credential for credential in credentials}
        for id_, credential in fresh.items():
            self._noticed(self.credentials.get(id_), credential)
        for id_ in self.credentials.keys() - fresh.keys():
            self._in_flight.pop(id_, None)
            self._gone.add(id_)
        self.credentials = fresh
        self._policy = policy
        self._fairness.begin_anew()

    def updated(self, credential: Credential) -> None:
        self._noticed(self.credentials.get(credential.id), credential)
        self.credentials[credential.id] = credential

    def revoked(self, credential_id: str) -> None:
        self._revoked.add(credential_id)

    def locked_out(self) -> set[str]:
        """Return who must log in again, or may have to."""
        return self._revoked | self._doubtful

    def picked(
        self,
        candidates: Sequence[Candidate],
        one: Candidate,
        now: float,
        conversation: str,
        besides: Collection[Candidate],
    ) -> None:
        self.picks += 1
        self.rests.looked_at(now)
        self._journal.note(f"{_named(one)} picked{f' for {conversation[:6]}' if conversation else ''}")
        credential = self._allowed(one, now)
        self._allowance.asked(credential, now)
        if one not in candidates or one in besides:
            self._journal.fail(f"{one} was picked, which is not to be asked")
        is_free = not conversation or self._homes.visited(
            candidates,
            one,
            conversation,
            self._policy,
            now,
            besides=besides,
            is_ready=lambda place: self.is_surely_ready(place, now),
        )
        if is_free and not besides:
            self._weigh(candidates, now)
        self._fairness.picked(one)
        self._in_flight[credential.id] = self._in_flight.get(credential.id, 0) + 1
        self._flying[one] = self._flying.get(one, 0) + 1
        self.rests.tested(credential, one.model, now)

    def nobody(self, candidates: Sequence[Candidate], now: float, besides: Collection[Candidate]) -> None:
        """Nobody was picked: then nobody must have been ready."""
        self.rests.looked_at(now)
        if len(candidates) > 300:
            candidates = candidates[self.picks % 50 :: 50]
        for one in candidates:
            if one not in besides and self.is_surely_ready(one, now):
                self._journal.fail(f"nobody was picked though {one} is ready")

    def answered(self, one: Candidate) -> None:
        self._talking[one] = self._talking.get(one, 0) + 1
        self._doubtful.discard(one.credential_id)
        if (credential := self.credentials.get(one.credential_id)) is not None:
            self.rests.answered(credential, one.model, self._clock())

    def succeeded(self, one: Candidate) -> None:
        was_talking = self._talking.get(one, 0)
        self._landed(one)
        if (credential := self.credentials.get(one.credential_id)) is None:
            return
        if was_talking:  # what its content said was said when it began to come
            self._talking[one] = was_talking - 1
            self.rests.completed(credential, one.model)
        else:
            self.rests.answered(credential, one.model, self._clock())

    def failed(self, one: Candidate, failure: Failure, now: float, used: Credential | None) -> None:
        self._landed(one)
        credential = self.credentials.get(one.credential_id)
        if credential is None:
            return
        self.rests.untested(credential, one.model)
        stale = used is not None and used.secret != credential.secret and failure.kind is FailureKind.UNAUTHORIZED
        self.rests.looked_at(now)
        if not stale:
            until = "" if failure.rests_until is None else f" until {failure.rests_until - now:+.0f} s"
            hint = "" if failure.retry_after is None else f", retry after {failure.retry_after:.0f} s"
            self._journal.note(f"{_named(one)} failed: {failure.kind.value}, {failure.scope}{until}{hint}")
            self._fairness.troubled(credential)
            self.rests.refused(credential, one.model, failure, now)

    def learned(self, credential_id: str, windows: Sequence[QuotaWindow]) -> None:
        credential = self.credentials.get(credential_id)
        if credential is not None and any(not window.is_spent(self._clock()) for window in windows):
            self.rests.reconsider(credential)

    def abandoned(self, one: Candidate) -> None:
        self._journal.note(f"{_named(one)} abandoned")
        self._landed(one)
        if (credential := self.credentials.get(one.credential_id)) is not None:
            self.rests.untested(credential, one.model)

    def is_surely_ready(self, one: Candidate, now: float) -> bool:
        """Tell whether somebody must be ready, whatever the pool may decide where it is free to."""
        credential = self.credentials.get(one.credential_id)
        if credential is None or credential.disabled or credential.quota is not None:
            return False
        if credential.id in self._revoked or credential.id in self._doubtful:
            return False
        if self._is_full(credential) or now - self._landed_at.get(credential.id, 0.0) < SETTLED:
            return False
        return all(rest.is_surely_over(now - SETTLED) for rest in self.rests.of(credential, one.model))

    def in_flight(self) -> dict[str, int]:
        return {id_: count for id_, count in self._in_flight.items() if count}

    def _allowed(self, one: Candidate, now: float) -> Credential:
        credential = self.credentials.get(one.credential_id)
        if credential is None:
            self._journal.fail(f"{one} was picked, which is gone")
        assert credential is not None
        if credential.disabled or credential.id in self._revoked:
            self._journal.fail(f"{one} was picked, which is {'disabled' if credential.disabled else 'revoked'}")
        if self._is_full(credential):
            self._journal.fail(f"{one} was picked, which has {self._in_flight[credential.id]} requests already")
        for rest in self.rests.of(credential, one.model):
            if reason := rest.forbids(now):
                self._journal.fail(f"{one} was picked, which {reason}")
        return credential

    def _may_be_ready(self, credential: Credential, one: Candidate, now: float) -> bool:
        is_away = credential.disabled or credential.id in self._revoked
        return not is_away and not any(rest.forbids(now) for rest in self.rests.of(credential, one.model))

    def _is_full(self, credential: Credential) -> bool:
        bound = self._policy.concurrent if credential.concurrent is None else credential.concurrent
        return bool(bound) and self._in_flight.get(credential.id, 0) >= bound

    def _landed(self, one: Candidate) -> None:
        count = self._in_flight.get(one.credential_id, 0) - 1
        if count < 0 and one.credential_id not in self._gone:
            self._journal.fail(f"{one} was given back more often than it was picked")
        self._in_flight[one.credential_id] = max(0, count)
        self._flying[one] -= 1
        self._talking[one] = min(self._talking.get(one, 0), self._flying[one])
        self._landed_at[one.credential_id] = self._clock()

    def _weigh(self, candidates: Sequence[Candidate], now: float) -> None:
        """A free choice: see that everybody gets a turn, where that can be told."""
        if self._policy.strategy == "fill-first" or len(candidates) > MOST_LOOKED_AT:
            return
        known = [(one, of) for one in candidates if (of := self.credentials.get(one.credential_id)) is not None]

        def look() -> list[Standing]:
            return [
                Standing(
                    one,
                    credential,
                    is_ready=self.is_surely_ready(one, now),
                    may_be_ready=self._may_be_ready(credential, one, now),
                    is_busy=bool(self._in_flight.get(credential.id)),
                )
                for one, credential in known
            ]

        self._fairness.chosen(candidates, sum(credential.weight for _, credential in known), look)

    def _noticed(self, before: Credential | None, now: Credential) -> None:
        """Whoever is new here, or has new tokens, begins anew; but for those that a new process finds there."""
        if self.has_begun and (before is None or _identity(before) != _identity(now)):
            self._revoked.discard(now.id)
            self.rests.forgive(now)


def _identity(credential: Credential) -> tuple[object, ...]:
    return credential.account, credential.secret, credential.refresh_token
