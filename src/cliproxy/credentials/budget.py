"""What the operator lets an account use in a period, and how much of it is used."""

from __future__ import annotations

from datetime import UTC, datetime

from cliproxy.credentials.credential import Quota
from cliproxy.credentials.gate import SLACK

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class Budget:
    """Counts what was used in the present period."""

    __slots__ = ("begins", "ends", "quota", "used")

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.used = 0
        self.begins = self.ends = 0.0  # unix time

    def opens_at(self, now: float) -> float:
        """Return when there is something left; `now`: there is."""
        used = self.used if self._lasts(now) else 0
        return now if used < self.quota.amount else period_at(now, self.quota.period)[1]

    def count(self, unit: str, amount: int, now: float) -> bool:
        """Count what was used, if it is this that is counted."""
        if unit != self.quota.unit or amount <= 0:
            return False
        if not self._lasts(now):
            self.begins, self.ends = period_at(now, self.quota.period)
            self.used = 0
        self.used += amount
        return True

    def follow(self, before: Budget | None) -> None:
        """Go on from another: the operator changed the amount."""
        if before is not None and (before.quota.unit, before.quota.period) == (self.quota.unit, self.quota.period):
            self.used, self.begins, self.ends = before.used, before.begins, before.ends

    def _lasts(self, now: float) -> bool:
        return self.begins - SLACK <= now < self.ends


def period_at(now: float, period: str) -> tuple[float, float]:
    """Return when the period began that we are in, and when it ends: a month of the calendar, or so many seconds."""
    if period == "month":
        today = datetime.fromtimestamp(now, UTC)
        begins = datetime(today.year, today.month, 1, tzinfo=UTC)
        ends = datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC)
        return begins.timestamp(), ends.timestamp()
    seconds = _SECONDS.get(period) or max(1, int(float(period)))
    started = now // seconds * seconds
    return started, started + seconds
