"""
Kimi's accounts and Moonshot's keys.

    403 access_terminated_error "You've reached your weekly (7-day) usage limit."     spent, though it looks like a ban
    429 rate_limit_reached_error "... max RPM: 20, please try again after 1 seconds"
    {"usage": {"limit": "2048", "remaining", "resetTime"}, "limits": [{"window": {"duration", "timeUnit"}, "detail"}]}

Source: `reference` sheet `quota`, section 1.9 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import BODY, ENDPOINT, FULL, REJECTED, QuotaWindow
from cliproxy.providers.diagnosis.claims import BY_CODE
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, HOUR, MINUTE, MONTH, WEEK, instant, plan_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import count, first, objects, opened, text
from cliproxy.providers.diagnosis.verdict import Claim, Kind

_LIMITED = (402, 403, 429)
_TERMINATED = "access_terminated_error"
_USED_UP = re.compile(r"\busage limit\b", re.IGNORECASE)
_LENGTHS = (
    (re.compile(r"weekly|\b7-day\b", re.IGNORECASE), WEEK),
    (re.compile(r"\bbilling[ -]cycle\b|\bmonthly\b", re.IGNORECASE), MONTH),
)
_UNITS = {"SECOND": 1.0, "MINUTE": MINUTE, "HOUR": HOUR, "DAY": DAY, "WEEK": WEEK, "MONTH": MONTH}


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read a refusal."""
    if not observation.polled and _is_used_up(observation, told):
        message = told.searched
        length = next((length for words, length in _LENGTHS if words.search(message)), None)
        yield QuotaWindow(
            plan_name(length),
            period=length,
            used_fraction=1.0,
            status=REJECTED,
            observed_at=observation.now,
            source=BODY,
        )


def usage_windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the body of the usage endpoint."""
    usage = opened(told.whole.get("usage"))
    if not observation.polled or told.is_error:
        return
    if usage:
        yield _window(usage, WEEK, observation)
    for limit in objects(told.whole.get("limits")):
        stated = opened(limit.get("window"))
        unit = text(first(stated, "timeUnit", "time_unit")).removeprefix("TIME_UNIT_").upper()
        duration = count(stated.get("duration"))
        length = duration * _UNITS[unit] if duration and unit in _UNITS else None
        yield _window(opened(limit.get("detail")) or limit, length, observation)


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal claims to be. Whoever has used up a week is not locked out."""
    if _is_used_up(observation, told):
        yield Claim(Kind.SPENT, "account")


def _is_used_up(observation: Observation, told: Told) -> bool:
    if observation.status not in _LIMITED or any(code in BY_CODE for code in told.codes):
        return False
    return _TERMINATED in told.codes or _USED_UP.search(told.searched) is not None


def _window(stated: Mapping[str, Any], length: float | None, observation: Observation) -> QuotaWindow:
    limit, used, remaining = (count(stated.get(name)) for name in ("limit", "used", "remaining"))
    if used is None and limit is not None and remaining is not None:
        used = max(0.0, limit - remaining)
    resets_at = instant(first(stated, "resetTime", "resetAt", "reset_at", "reset_time"), observation)
    after = count(first(stated, "resetIn", "reset_in", "ttl"))
    if resets_at is None and after:
        resets_at = observation.now + after
    return QuotaWindow(
        plan_name(length),
        unit="requests",
        period=length,
        limit=limit,
        used=used,
        remaining=remaining,
        used_fraction=used / limit if limit and used is not None else None,
        resets_at=resets_at,
        reset_kind=FULL,
        observed_at=observation.now,
        source=ENDPOINT,
    )
