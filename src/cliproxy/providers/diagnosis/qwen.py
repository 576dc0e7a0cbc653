"""
Qwen's accounts, whose day of free requests has a name that is money elsewhere; iFlow's, who are asked too fast.

Source: `reference` sheets `quota` section 1.9, `providers/qwen` section c (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cliproxy.credentials.quota import BODY, GUESS, QuotaWindow
from cliproxy.providers.diagnosis.calendars import midnight_in_china
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.verdict import Claim, Kind

_LIMITED = (403, 429)
_CODES = {"insufficient_quota", "quota_exceeded"}
_USED_UP = re.compile(r"insufficient_quota|quota exceeded|free allocated quota", re.IGNORECASE)
_TOO_FAST = re.compile(r"concurren|(?:rate|speed) limit|并发|限速|流控|频率", re.IGNORECASE)


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read a refusal: the day is over at midnight in China, as far as anybody knows."""
    if _is_used_up(observation, told):
        yield QuotaWindow(
            "requests/day",
            unit="requests",
            period=DAY,
            remaining=0.0,
            used_fraction=1.0,
            resets_at=midnight_in_china(observation.now),
            observed_at=observation.now,
            source=BODY,
            confidence=GUESS,
        )


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal of Qwen's claims to be."""
    if _is_used_up(observation, told):
        yield Claim(Kind.SPENT, "account", midnight_in_china(observation.now))


def iflow_claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal of iFlow's claims to be: who calls more than once a second, waits a moment."""
    if observation.status in _LIMITED and _TOO_FAST.search(told.searched):
        yield Claim(Kind.THROTTLE)


def _is_used_up(observation: Observation, told: Told) -> bool:
    if observation.status not in _LIMITED:
        return False
    return not _CODES.isdisjoint(told.codes) or _USED_UP.search(told.searched) is not None
