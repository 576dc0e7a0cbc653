"""
The standard's counters: `RateLimit` and `RateLimit-Policy`, and the three headers of its drafts before.

    RateLimit-Policy: "default";q=100;w=60        RateLimit-Limit: 1000, 1000;w=3600
    RateLimit: "default";r=0;t=30                 RateLimit-Remaining: 0        RateLimit-Reset: 1800

Source: `reference` sheet `quota`, section 1.11, draft-ietf-httpapi-ratelimit-headers (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cliproxy.credentials.quota import FULL, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import period_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import MOST_ITEMS, as_id, count

_LONGEST = 4000  # characters of a header that are read
_ITEM = re.compile(r'(?:"([^"]*)"|([^\s",;]+))((?:\s*;[^",;]*(?:"[^"]*")?)*)')
_PARAMETER = re.compile(r'([a-z]+)\s*=\s*"?([^\s";]+)')

Item = tuple[str, dict[str, str]]  # a name or number, and its parameters


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the headers of any answer."""
    headers = observation.headers
    policies, state = headers.get("ratelimit-policy", ""), headers.get("ratelimit", "")
    if state:
        yield from _named(_items(state), dict(_items(policies)), observation)
    elif "ratelimit-remaining" in headers:
        yield _of_three(_items(headers.get("ratelimit-limit", "")), observation)


def _named(state: list[Item], policies: dict[str, dict[str, str]], observation: Observation) -> Iterable[QuotaWindow]:
    for name, parameters in state:
        policy = policies.get(name, {})
        yield _window(
            as_id(name),
            as_id(policy.get("qu", "")) or "requests",
            count(policy.get("q")),
            count(parameters.get("r")),
            count(policy.get("w")),
            count(parameters.get("t")),
            observation,
        )


def _of_three(limits: list[Item], observation: Observation) -> QuotaWindow:
    windowed = next((item for item in limits if "w" in item[1]), ("", {}))
    limit = count(windowed[0]) if windowed[0] else count(limits[0][0]) if limits else None
    headers = observation.headers
    return _window(
        "",
        "requests",
        limit,
        count(headers.get("ratelimit-remaining")),
        count(windowed[1].get("w")),
        count(headers.get("ratelimit-reset")),
        observation,
    )


def _window(
    name: str,
    unit: str,
    limit: float | None,
    remaining: float | None,
    period: float | None,
    resets_in: float | None,
    observation: Observation,
) -> QuotaWindow:
    named = f"{unit}/{period_name(period or None)}"
    return QuotaWindow(
        f"{named}@{name}" if name else named,
        scope="key",
        unit=unit,
        period=period or None,
        limit=limit,
        remaining=remaining,
        used_fraction=1 - remaining / limit if limit and remaining is not None and remaining <= limit else None,
        resets_at=observation.now + resets_in if resets_in else None,
        reset_kind=FULL,
        observed_at=observation.now,
    )


def _items(header: str) -> list[Item]:
    """Cut a list of names with parameters. Commas and semicolons in quotes are part of what they stand in."""
    items: list[Item] = []
    for found in _ITEM.finditer(header[:_LONGEST]):
        items.append((found[1] if found[1] is not None else found[2], dict(_PARAMETER.findall(found[3].lower()))))
        if len(items) == MOST_ITEMS:
            break
    return items
