"""
What the billing endpoint of an xAI account tells. Its week and its month come in two answers and have two clocks.

    {"config": {"currentPeriod": {"type", "start", "end"}, "creditUsagePercent": 12.5, "onDemandCap": {"val"}, ...}}
    {"config": {"monthlyLimit": {"val"}, "used": {"val"}, "billingPeriodEnd": ...}}

Source: `reference` sheet `quota`, section 1.9 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import ALLOWED, ENDPOINT, FULL, GUESS, STATED, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import MONTH, WEEK, instant
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import count, opened, percent


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the body of the billing endpoint."""
    if not observation.polled or told.is_error:
        return
    config = opened(told.whole.get("config"))
    period = opened(config.get("currentPeriod"))
    if period:
        used = percent(config.get("creditUsagePercent"))
        yield QuotaWindow(
            "week",
            period=WEEK,
            used_fraction=used,
            resets_at=instant(period.get("end"), observation),
            reset_kind=FULL,
            observed_at=observation.now,
            source=ENDPOINT,
            confidence=GUESS if used is None else STATED,
        )
    monthly = _amounts("month", config, "monthlyLimit", "used", observation)
    if monthly:
        yield monthly
    bought = _amounts("overage", config, "onDemandCap", "onDemandUsed", observation)
    if bought:
        yield bought


def _amounts(
    name: str, config: Mapping[str, Any], of_limit: str, of_used: str, observation: Observation
) -> QuotaWindow | None:
    """Return a window of cents, or None where there is no limit to use up."""
    limit, used = (count(opened(config.get(key)).get("val")) for key in (of_limit, of_used))
    if not limit:
        return None
    taken = None if used is None else used / limit
    is_overage = name == "overage"
    return QuotaWindow(
        name,
        unit="usd cents",
        period=None if is_overage else MONTH,
        limit=limit,
        used=used,
        used_fraction=taken,
        status=ALLOWED if is_overage and (taken is None or taken < 1) else "",
        resets_at=instant(config.get("billingPeriodEnd"), observation),
        reset_kind=FULL,
        observed_at=observation.now,
        source=ENDPOINT,
    )
