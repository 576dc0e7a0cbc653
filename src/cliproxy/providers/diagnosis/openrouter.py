"""
OpenRouter: its own limits on free models, those of the providers behind it, and what a key may spend.

    429 "Rate limit exceeded: free-models-per-day", metadata.headers {X-RateLimit-Limit, -Remaining, -Reset (ms)}
    429 "Provider returned error", metadata {provider_name, raw}
    {"data": {"limit", "limit_remaining", "limit_reset": "monthly", "free_model_daily_requests": {...}}}

Source: `reference` sheet `quota`, section 1.10 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import BODY, DERIVED, ENDPOINT, FULL, REJECTED, QuotaWindow
from cliproxy.providers.diagnosis.calendars import day_ends, month_ends, week_ends
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, MINUTE, MONTH, WEEK, instant
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import MOST_ITEMS, count, opened, text
from cliproxy.providers.diagnosis.verdict import Claim, Kind

FREE = "free"  # the group of models that cost nothing

_FREE_LIMIT = re.compile(r"free-models-per-(day|min)")
_BEHIND = (429, 502, 503, 529)
_ENDS = {"daily": ("day", DAY, day_ends), "weekly": ("week", WEEK, week_ends), "monthly": ("month", MONTH, month_ends)}


def groups(model: str) -> tuple[str, ...]:
    """Return the groups of models that share a window with this one."""
    return (FREE,) if model.endswith(":free") else ()


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read a refusal, or the body of the endpoint of a key."""
    if observation.polled and not told.is_error:
        yield from _of_key(opened(told.whole.get("data")), observation)
        return
    limit = _FREE_LIMIT.search(told.searched)
    if limit:
        headers = _headers(observation, told)
        yield QuotaWindow(
            f"requests/{limit[1]}",
            scope=f"group:{FREE}",
            unit="requests",
            period=DAY if limit[1] == "day" else MINUTE,
            limit=count(headers.get("x-ratelimit-limit")),
            remaining=count(headers.get("x-ratelimit-remaining")),
            used_fraction=1.0,
            status=REJECTED if limit[1] == "day" else "",
            resets_at=instant(headers.get("x-ratelimit-reset"), observation),
            reset_kind=FULL,
            observed_at=observation.now,
            source=BODY,
        )


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal claims to be."""
    metadata = opened(told.error.get("metadata"))
    if metadata.get("provider_name") and observation.status in _BEHIND:
        yield Claim(Kind.OVERLOADED, "upstream")  # the provider behind; this key did nothing
    source = text(metadata.get("limit_source")) or text(told.error.get("limit_source"))
    if source == "openrouter_in_flight_budget":
        yield Claim(Kind.THROTTLE, "account")  # comes back as requests end
    limit = _FREE_LIMIT.search(told.searched)
    if limit:
        yield Claim(Kind.SPENT if limit[1] == "day" else Kind.THROTTLE, f"group:{FREE}")


def _headers(observation: Observation, told: Told) -> dict[str, Any]:
    stated = opened(opened(told.error.get("metadata")).get("headers"))
    held = {name.lower(): value for name, value in list(stated.items())[:MOST_ITEMS]}
    return held or {name.lower(): value for name, value in observation.headers.items()}


def _of_key(data: Mapping[str, Any], observation: Observation) -> Iterable[QuotaWindow]:
    now = observation.now
    limit, left = count(data.get("limit")), count(data.get("limit_remaining"))
    if limit is not None:
        period, length, ends = _ENDS.get(text(data.get("limit_reset"))) or ("?", None, None)
        yield QuotaWindow(
            f"spend/{period}",
            scope="key",
            unit="usd",
            period=length,
            limit=limit,
            remaining=left,
            used_fraction=1 - left / limit if limit and left is not None and left <= limit else None,
            resets_at=ends(now) if ends else None,
            reset_kind=FULL,
            observed_at=now,
            source=ENDPOINT,
            confidence=DERIVED,
        )
    free = opened(data.get("free_model_daily_requests"))
    limit, left = count(free.get("limit")), count(free.get("remaining"))
    if limit is not None:
        yield QuotaWindow(
            "requests/day",
            scope=f"group:{FREE}",
            unit="requests",
            period=DAY,
            limit=limit,
            used=count(free.get("used")),
            remaining=left,
            used_fraction=1 - left / limit if limit and left is not None and left <= limit else None,
            resets_at=day_ends(now),
            reset_kind=FULL,
            observed_at=now,
            source=ENDPOINT,
            confidence=DERIVED,
        )
