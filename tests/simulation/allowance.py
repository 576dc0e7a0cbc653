"""Sees to it that no credential is asked more often in a period than its operator allows."""

from __future__ import annotations

from cliproxy.credentials.credential import Credential, Quota
from tests.simulation.journal import Journal


class Allowance:
    """Counts the requests of credentials that have a quota in requests, by periods of so many seconds."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._now = 0.0
        self._used: dict[str, tuple[Quota, float, int]] = {}  # by credential: its quota, the period, its requests

    def asked(self, credential: Credential, now: float) -> None:
        """Note a request."""
        quota = credential.quota
        if now < self._now:
            self._used.clear()  # the clock was put back; nobody knows which period that is
        self._now = now
        if quota is None or quota.unit != "requests" or not quota.period.isdecimal():
            self._used.pop(credential.id, None)
            return
        period = now // int(quota.period)
        before = self._used.get(credential.id)
        used = before[2] if before is not None and before[:2] == (quota, period) else 0
        if used >= quota.amount:
            self._journal.fail(f"{credential.id} was picked, which has made its {quota.amount} requests")
        self._used[credential.id] = quota, period, used + 1
