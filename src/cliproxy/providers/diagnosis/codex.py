"""
What a Codex account tells: headers, `codex.rate_limits` events, refusals, the usage endpoint.

    x-codex-primary-used-percent: 12.5        x-codex-primary-window-minutes: 10080      x-codex-primary-reset-at: 18...
    {"rate_limits": {"primary": {"used_percent", "window_minutes", "reset_at"}, "secondary": ...}, "credits": ...}
    {"rate_limit": {"primary_window": {"used_percent", "limit_window_seconds", "reset_at"}, ...}, ...}

Primary and secondary are slots that say nothing of a window's length. A further meter has an id and its own slots.

Source: `reference` sheet `quota`, section 1.4 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from cliproxy.credentials.quota import BODY, DERIVED, ENDPOINT, EVENT, HEADER, REJECTED, STATED, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import MINUTE, instant, plan_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import (
    LONGEST_ID,
    MOST_ITEMS,
    as_id,
    count,
    first,
    number,
    objects,
    opened,
    percent,
    text,
)
from cliproxy.providers.diagnosis.verdict import Claim, Kind

_SPENT = ("usage_limit_reached", "usage_limit_exceeded", "subscription_sharing_usage_limit_exceeded")
_ACTIVE_LIMIT, _REACHED = "x-codex-active-limit", "x-codex-rate-limit-reached-type"
_ACCOUNT = "codex"  # the meter that all models share
_SPARK = "codex_bengalfox"
_NEAR = 120.0  # seconds by which a refusal's reset may miss its window's
_SLOTS = ("primary", "secondary")
_FIELDS = {  # of headers
    "used-percent": "used_percent",
    "window-minutes": "window_minutes",
    "reset-at": "reset_at",
    "reset-after-seconds": "reset_after_seconds",
}


def groups(model: str) -> tuple[str, ...]:
    """Return the meters that count this model besides the account's own."""
    return (_SPARK,) if "codex-spark" in model else ()


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read headers, an event, a refusal, or the usage endpoint's body."""
    found = list(_of_headers(_headers(observation, told), observation))
    if told.whole.get("type") == "codex.rate_limits":
        found += _of_event(told.whole, observation)
    elif observation.polled and not told.is_error:
        found += _of_usage(told.whole, observation)
    if any(code in _SPENT for code in told.codes) and not _is_out_of_credits(observation, told):
        found = _refused(found, observation, told)
    return found


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal claims to be."""
    if _is_out_of_credits(observation, told):
        yield Claim(Kind.BILLING, "account")
    elif _reached(observation, told).endswith("usage_limit_reached"):
        yield Claim(Kind.SPENT, "account", _reset(told.error, observation)[0])
    elif "rate_limit_error" in told.codes:
        yield Claim(Kind.THROTTLE, weak=True)


def _is_out_of_credits(observation: Observation, told: Told) -> bool:
    """Tell whether a workspace has nothing left to pay with; its windows may be half full."""
    return _reached(observation, told).endswith("credits_depleted") and _reset(told.error, observation)[0] is None


def _reached(observation: Observation, told: Told) -> str:
    named = first(told.error, "rate_limit_reached_type", "reached_type")
    kind = named.get("type") if isinstance(named, dict) else named
    return text(kind) or _headers(observation, told).get(_REACHED, "")


def _headers(observation: Observation, told: Told) -> Mapping[str, str]:
    """Return the headers, by names in lower case; on a websocket an error brings its own."""
    named = {name.lower(): value for name, value in observation.headers.items() if name[:2] in ("x-", "X-")}
    for name, value in list(opened(told.whole.get("headers")).items())[:MOST_ITEMS]:
        named[name.lower()] = value if isinstance(value, str) else str(value)[:LONGEST_ID]
    return named


def _of_headers(headers: Mapping[str, str], observation: Observation) -> Iterable[QuotaWindow]:
    slots: dict[tuple[str, str], dict[str, Any]] = {}
    for name, value in headers.items():
        for slot in _SLOTS:
            meter, found, field = name.removeprefix("x-").partition(f"-{slot}-")
            if found and field in _FIELDS and ((meter, slot) in slots or len(slots) < MOST_ITEMS):
                slots.setdefault((meter, slot), {})[_FIELDS[field]] = value
    for (meter, _), stated in slots.items():
        yield from _window(stated, meter, HEADER, observation)
    yield from _credits(
        {
            name: headers.get(f"x-codex-credits-{name.replace('_', '-')}")
            for name in ("has_credits", "unlimited", "balance")
        },
        HEADER,
        observation,
    )


def _of_event(event: Mapping[str, Any], observation: Observation) -> Iterable[QuotaWindow]:
    meter = text(first(event, "metered_limit_name", "limit_name")) or _ACCOUNT
    yield from _slots(opened(event.get("rate_limits")), meter, EVENT, observation)
    yield from _further(event, EVENT, observation)
    yield from _credits(opened(event.get("credits")), EVENT, observation)


def _of_usage(body: Mapping[str, Any], observation: Observation) -> Iterable[QuotaWindow]:
    limits = opened(first(body, "rate_limit", "rateLimit"))
    yield from _slots(limits, _ACCOUNT, ENDPOINT, observation)
    reviews = opened(first(body, "code_review_rate_limit", "codeReviewRateLimit"))
    yield from _slots(reviews, "code_review", ENDPOINT, observation)
    yield from _further(body, ENDPOINT, observation)
    yield from _credits(opened(body.get("credits")), ENDPOINT, observation)
    for holder in (opened(body.get("spend_control")), body, limits):
        limit = opened(holder.get("individual_limit"))
        if limit:
            yield _spend(limit, observation)
            return


def _further(holder: Mapping[str, Any], source: str, observation: Observation) -> Iterable[QuotaWindow]:
    for limit in objects(first(holder, "additional_rate_limits", "additionalRateLimits")):
        meter = text(first(limit, "metered_feature", "meteredFeature", "metered_limit_name", "limit_name"))
        inner = opened(first(limit, "rate_limit", "rateLimit", "rate_limits")) or limit
        if meter:
            yield from _slots(inner, meter, source, observation)


def _slots(limits: Mapping[str, Any], meter: str, source: str, observation: Observation) -> Iterable[QuotaWindow]:
    is_reached = first(limits, "limit_reached", "limitReached") is True
    for slot in _SLOTS:
        stated = dict(opened(first(limits, slot, f"{slot}_window", f"{slot}Window")))
        if stated and is_reached and first(stated, "used_percent", "usedPercent") is None:
            stated["used_percent"] = 100
        yield from _window(stated, meter, source, observation)


def _window(stated: Mapping[str, Any], meter: str, source: str, observation: Observation) -> Iterable[QuotaWindow]:
    used = percent(first(stated, "used_percent", "usedPercent"))
    minutes = count(first(stated, "window_minutes", "windowMinutes"))
    period = minutes * MINUTE if minutes else count(first(stated, "limit_window_seconds", "limitWindowSeconds")) or None
    resets_at, confidence = _reset(stated, observation)
    if used is None or (used == 0 and period is None and resets_at is None):
        return
    id_ = _meter_id(meter)
    name = plan_name(period)
    yield QuotaWindow(
        f"{name}@{id_}" if id_ else name,
        scope=f"group:{id_}" if id_ else "account",
        period=period,
        used_fraction=used,
        resets_at=resets_at,
        observed_at=observation.now,
        source=source,
        confidence=confidence,
    )


def _reset(stated: Mapping[str, Any], observation: Observation) -> tuple[float | None, str]:
    at = instant(first(stated, "reset_at", "resets_at", "resetAt"), observation)
    if at is not None and at > observation.now:
        return at, STATED
    after = number(first(stated, "reset_after_seconds", "resets_in_seconds", "resetAfterSeconds"))
    if after is not None and after > 0:
        return observation.now + after, DERIVED
    return at, STATED


def _refused(found: list[QuotaWindow], observation: Observation, told: Told) -> list[QuotaWindow]:
    """Return the windows as a refusal corrects them: it counts more than the percentages beside it."""
    resets_at, confidence = _reset(told.error, observation)
    id_ = _meter_id(_headers(observation, told).get(_ACTIVE_LIMIT, _ACCOUNT))
    scope = f"group:{id_}" if id_ else "account"
    for place, window in enumerate(found):
        near = resets_at is not None and window.resets_at is not None and abs(window.resets_at - resets_at) <= _NEAR
        if near and window.scope == scope:
            used = max(1.0, window.used_fraction or 0.0)
            return [*found[:place], replace(window, used_fraction=used, status=REJECTED), *found[place + 1 :]]
    refused = QuotaWindow(
        f"plan@{id_}" if id_ else "plan",
        scope=scope,
        used_fraction=1.0,
        status=REJECTED,
        resets_at=resets_at,
        observed_at=observation.now,
        source=BODY,
        confidence=confidence,
    )
    return [*found, refused]


def _meter_id(meter: str) -> str:
    """Return a meter's id, or nothing for the one that all models share."""
    id_ = as_id(meter, "_")
    return "" if id_ == _ACCOUNT else id_


def _credits(stated: Mapping[str, Any], source: str, observation: Observation) -> Iterable[QuotaWindow]:
    has_credits = stated.get("has_credits")
    if has_credits is None or str(stated.get("unlimited")).lower() in ("true", "1"):
        return
    balance = number(stated.get("balance"))
    if balance is None and str(has_credits).lower() in ("false", "0"):
        balance = 0.0
    yield QuotaWindow("credits", unit="credits", remaining=balance, observed_at=observation.now, source=source)


def _spend(limit: Mapping[str, Any], observation: Observation) -> QuotaWindow:
    used = percent(limit.get("used_percent"))
    left = percent(limit.get("remaining_percent"))
    return QuotaWindow(
        "spend/month",
        unit="spend",
        limit=count(limit.get("limit")),
        used=count(limit.get("used")),
        remaining=count(limit.get("remaining")),
        used_fraction=1 - left if used is None and left is not None else used,
        resets_at=instant(limit.get("reset_at"), observation),
        observed_at=observation.now,
        source=ENDPOINT,
    )
