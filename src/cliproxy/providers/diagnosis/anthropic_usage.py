"""
What the usage endpoint of a Claude account tells.

    {"five_hour": {"utilization": 11.0, "resets_at": ...}, "seven_day": ..., "limits": [{"kind", "percent", ...}],
     "extra_usage": {"is_enabled", "monthly_limit", "used_credits", "utilization", "currency"}}

Percent here, where the headers have fractions. `limits` says the same windows once more, and newer ones.

Source: `reference` sheet `quota`, section 1.2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import ALLOWED, ENDPOINT, QuotaWindow
from cliproxy.providers.diagnosis.anthropic import EXTRA_FAMILY
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import HOUR, WEEK, instant, plan_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import MOST_ITEMS, as_id, count, objects, opened, percent, text

_LENGTHS = {"five_hour": 5 * HOUR, "seven_day": WEEK}
_FAMILIES = {"iguana_necktie": EXTRA_FAMILY}  # a week that is called by no model's name
_KINDS = {"session": 5 * HOUR, "weekly_all": WEEK, "weekly_scoped": WEEK}


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the body of the usage endpoint."""
    if not observation.polled or told.is_error:
        return
    found: dict[str, QuotaWindow] = {}
    for key, value in list(told.whole.items())[:MOST_ITEMS]:
        if key != "extra_usage" and isinstance(value, dict) and "utilization" in value:
            length, group = _of_key(key)
            window = _window(length, group, value.get("utilization"), value.get("resets_at"), observation)
            found[window.name] = window
    for limit in objects(told.whole.get("limits")):
        kind = text(limit.get("kind"))
        model = opened(opened(limit.get("scope")).get("model"))
        group = as_id(text(model.get("display_name")))
        if kind == "weekly_scoped" and not group:
            continue
        length = _KINDS.get(kind)
        if length is None:
            group = group or as_id(kind)
        window = _window(length, group, limit.get("percent"), limit.get("resets_at"), observation)
        found[window.name] = window
    yield from found.values()
    extra = opened(told.whole.get("extra_usage"))
    if extra.get("is_enabled") is True:
        yield _extra_usage(extra, observation)


def _of_key(key: str) -> tuple[float | None, str]:
    """Return the length of a window and the group it is of, by its key."""
    if key in _FAMILIES:
        return WEEK, _FAMILIES[key]
    for name, length in _LENGTHS.items():
        if key == name:
            return length, ""
        if key.startswith(f"{name}_"):
            return length, as_id(key.removeprefix(f"{name}_"))
    return None, as_id(key)


def _window(length: float | None, group: str, used: Any, resets_at: Any, observation: Observation) -> QuotaWindow:
    name = plan_name(length)
    return QuotaWindow(
        f"{name}@{group}" if group else name,
        scope=f"group:{group}" if group else "account",
        period=length,
        used_fraction=percent(used),
        resets_at=instant(resets_at, observation),
        observed_at=observation.now,
        source=ENDPOINT,
    )


def _extra_usage(extra: Mapping[str, Any], observation: Observation) -> QuotaWindow:
    used = percent(extra.get("utilization"))
    return QuotaWindow(
        "overage",
        unit=as_id(text(extra.get("currency"))),
        limit=count(extra.get("monthly_limit")),
        used=count(extra.get("used_credits")),
        used_fraction=used,
        status=ALLOWED if used is None or used < 1 else "",
        observed_at=observation.now,
        source=ENDPOINT,
    )
