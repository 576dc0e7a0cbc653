"""A pool whose every move is seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.credentials.quota import QuotaWindow
from cliproxy.errors import Failure
from tests.simulation.rests import Groups
from tests.simulation.watch import Watch


class WatchedPool(CredentialPool):
    """Tells a watch of all that the pool is told, and of what it chose."""

    def __init__(self, watch: Watch, credentials: Iterable[Credential], policy: Policy, groups: Groups) -> None:
        self._watch = watch
        known = tuple(credentials)
        watch.replaced(known, policy)
        super().__init__(known, policy, groups=groups)

    def pick(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        conversation: str = "",
        besides: Collection[Candidate] = (),
    ) -> Candidate | None:
        picked = super().pick(candidates, now=now, conversation=conversation, besides=besides)
        if self._watch.is_over:
            return picked
        if picked is None:
            self._watch.nobody(candidates, now, besides)
        else:
            self._watch.picked(candidates, picked, now, conversation, besides)
        return picked

    def answered(self, candidate: Candidate, **more: Any) -> None:
        super().answered(candidate, **more)
        if not self._watch.is_over:
            self._watch.answered(candidate)

    def succeeded(self, candidate: Candidate, **more: Any) -> None:
        super().succeeded(candidate, **more)
        if not self._watch.is_over:
            self._watch.succeeded(candidate)

    def failed(self, candidate: Candidate, failure: Failure, **more: Any) -> None:
        super().failed(candidate, failure, **more)
        if not self._watch.is_over:
            self._watch.failed(candidate, failure, more["now"], more.get("used"))

    def abandoned(self, candidate: Candidate, **more: Any) -> None:
        super().abandoned(candidate, **more)
        if not self._watch.is_over:
            self._watch.abandoned(candidate)

    def learned(self, credential_id: str, windows: Sequence[QuotaWindow], *, now: float) -> None:
        super().learned(credential_id, windows, now=now)
        if not self._watch.is_over:
            self._watch.learned(credential_id, windows)

    def revoked(self, credential_id: str, reason: str, **more: Any) -> None:
        super().revoked(credential_id, reason, **more)
        self._watch.revoked(credential_id)

    def update(self, credential: Credential) -> None:
        super().update(credential)
        self._watch.updated(credential)

    def replace(self, credentials: Iterable[Credential], policy: Policy) -> None:
        known = tuple(credentials)
        super().replace(known, policy)
        self._watch.replaced(known, policy)
