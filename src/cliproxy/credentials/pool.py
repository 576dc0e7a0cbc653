"""All credentials and their health: who goes next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.health import Health
from cliproxy.credentials.selection import Ready, Strategy, round_robin
from cliproxy.errors import Failure


class Reason(Struct, frozen=True):
    """Why a candidate is not asked now."""

    candidate: Candidate
    failure: Failure | None
    rests_until: float  # unix time


class CredentialPool:
    """Holds credentials and their health; `pick` counts one as in flight until it succeeded, failed or was left."""

    def __init__(self, credentials: Iterable[Credential] = (), strategy: Strategy = round_robin) -> None:
        self._credentials: dict[str, Credential] = {}
        self._models: dict[Candidate, Health] = {}
        self._accounts: dict[str, Health] = {}
        self._turns: dict[Candidate, int] = {}
        self._turn = 0
        self._in_flight: dict[str, int] = {}
        self._strategy = strategy
        self.replace(credentials, strategy)

    def get(self, credential_id: str) -> Credential | None:
        """Return a credential as it is now, or None where it is gone."""
        return self._credentials.get(credential_id)

    def pick(
        self, candidates: Sequence[Candidate], *, now: float, besides: Collection[Candidate] = ()
    ) -> Candidate | None:
        """
        Return who to ask next, or None when all are resting or excluded.

        Args:
            candidates: Who may serve this request, in the order of the configuration.
            now: Unix time in seconds.
            besides: Candidates this request has tried already.

        Higher priority wins; the strategy decides among equals. The one picked is in flight until it succeeded,
        failed or was abandoned.
        """
        ready: list[Ready] = []
        highest = 0
        for candidate in candidates:
            credential = self._credentials.get(candidate.credential_id)
            if credential is None or candidate in besides or self._rests_until(candidate) > now:
                continue
            if not ready or credential.priority > highest:
                highest = credential.priority
                ready = []
            if credential.priority == highest:
                ready.append(Ready(candidate, self._turns.get(candidate, 0)))
        if not ready:
            return None
        picked = self._strategy(ready)
        self._turn += 1
        self._turns[picked] = self._turn
        self._in_flight[picked.credential_id] = self._in_flight.get(picked.credential_id, 0) + 1
        return picked

    def succeeded(self, candidate: Candidate) -> None:
        """The upstream answered."""
        self._landed(candidate)
        self._models.pop(candidate, None)
        self._accounts.pop(candidate.credential_id, None)

    def failed(self, candidate: Candidate, failure: Failure, *, now: float, used: Credential | None = None) -> None:
        """The upstream refused. A verdict on a secret that was replaced meanwhile is dropped."""
        self._landed(candidate)
        credential = self._credentials.get(candidate.credential_id)
        if credential is None or (used is not None and used.secret != credential.secret):
            return
        if failure.scope == "account":
            health = self._accounts.setdefault(candidate.credential_id, Health())
        else:
            health = self._models.setdefault(candidate, Health())
        health.failed(failure, now)

    def abandoned(self, candidate: Candidate) -> None:
        """The client left: no verdict."""
        self._landed(candidate)

    def why(self, candidates: Sequence[Candidate], *, now: float) -> tuple[Reason, ...]:
        """Return who rests, until when, and for which failure."""
        return tuple(
            Reason(candidate, health.last, health.rests_until)
            for candidate in candidates
            for health in (self._accounts.get(candidate.credential_id), self._models.get(candidate))
            if health is not None and health.is_resting(now)
        )

    def ready_at(self, candidates: Sequence[Candidate], *, now: float) -> float | None:
        """Return the unix time at which the first of them may be asked again, or None where there is none."""
        times = [
            max(now, self._rests_until(candidate))
            for candidate in candidates
            if candidate.credential_id in self._credentials
        ]
        return min(times, default=None)

    def in_flight(self, credential_id: str) -> int:
        """Return how many requests a credential is serving."""
        return self._in_flight.get(credential_id, 0)

    def replace(self, credentials: Iterable[Credential], strategy: Strategy) -> None:
        """Take the credentials of a new configuration; the health of those that stay the same is kept."""
        fresh = {credential.id: credential for credential in credentials}
        kept = {
            id_
            for id_, credential in fresh.items()
            if id_ in self._credentials and self._credentials[id_] == credential
        }
        self._models = {one: health for one, health in self._models.items() if one.credential_id in kept}
        self._accounts = {id_: health for id_, health in self._accounts.items() if id_ in kept}
        self._turns = {one: turn for one, turn in self._turns.items() if one.credential_id in fresh}
        self._credentials = fresh
        self._strategy = strategy

    def _landed(self, candidate: Candidate) -> None:
        count = self._in_flight.get(candidate.credential_id, 0) - 1
        if count > 0:
            self._in_flight[candidate.credential_id] = count
        else:
            self._in_flight.pop(candidate.credential_id, None)

    def _rests_until(self, candidate: Candidate) -> float:
        model, account = self._models.get(candidate), self._accounts.get(candidate.credential_id)
        return max(model.rests_until if model else 0.0, account.rests_until if account else 0.0)
