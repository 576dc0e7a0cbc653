"""
What Google says when it refuses: quotas by name, a reason, a delay, or only words.

    QuotaFailure  violations[{quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue: "20"}]
    ErrorInfo     reason: "QUOTA_EXHAUSTED", metadata{model, quotaResetDelay, quotaResetTimeStamp}
    RetryInfo     retryDelay: "48s"                    true of minutes, wrong of days
    message       "Quota exceeded for aiplatform.googleapis.com/..._requests_per_minute_..." (Vertex)

A Gemini key's and Vertex' quotas are the project's; Cloud Code's are the user's. Cloud Code counts days from use, so
nobody knows when they end; the others' end at midnight in California.

Source: `reference` sheet `quota`, sections 1.5 to 1.8 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import BODY, GUESS, REJECTED, STATED, QuotaWindow, is_plausible
from cliproxy.providers.diagnosis.calendars import midnight_in_california
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, MINUTE, asked_in_body, instant
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import LONGEST_ID, MOST_ITEMS, count, objects, text
from cliproxy.providers.diagnosis.verdict import Claim, Kind

_PER_DAY = re.compile(r"per[ _-]?day|\bdaily", re.IGNORECASE)
_NONE_AT_ALL = re.compile(r"\blimit: 0(?![\d.])")
_SHARED_CAPACITY = "resource exhausted. please try again later"
_METRIC = re.compile(r"aiplatform\.googleapis\.com/(\w{1,200})")
_UNITS = (("input_token", "input_tokens"), ("output_token", "output_tokens"), ("token", "tokens"))
_OF_A_USER = "cloudcode-pa"  # in a metric's name


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the windows that a refusal names."""
    if observation.polled or not told.is_error:
        return
    for violation in _violations(told):
        yield _violated(violation, observation, told)
    if "QUOTA_EXHAUSTED" in told.codes:
        yield _exhausted(observation, told)
    elif not any(_violations(told)):
        metric = _METRIC.search(told.searched)
        if metric:
            yield _named(metric[1], observation)
        elif "RATE_LIMIT_EXCEEDED" in told.codes and _is_of_a_day(told):
            yield _day_of_model(observation, told)


def claims(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what a refusal claims to be."""
    message = told.searched
    if _NONE_AT_ALL.search(message):
        yield Claim(Kind.ENTITLEMENT)  # of this tier; waiting helps nobody
    violations = list(_violations(told))
    if daily := [violation for violation in violations if _is_daily(violation)]:
        users = any(_is_a_user_s(violation) for violation in daily)
        yield Claim(Kind.SPENT) if users else Claim(Kind.SPENT, "project", midnight_in_california(observation.now))
    elif violations and all(_is_a_user_s(violation) for violation in violations):
        yield Claim(Kind.THROTTLE)
    elif violations or _METRIC.search(message):
        yield Claim(Kind.SPENT if _PER_DAY.search(message) else Kind.THROTTLE, "project")
    elif _is_of_a_day(told):
        yield Claim(Kind.SPENT)
    if message.strip().lower().startswith(_SHARED_CAPACITY):
        yield Claim(Kind.OVERLOADED, "upstream")


def _violations(told: Told) -> Iterable[Mapping[str, Any]]:
    for detail in told.details:
        if text(detail.get("@type")).endswith("QuotaFailure"):
            yield from (
                one for one in objects(detail.get("violations")) if one.get("quotaId") or one.get("quotaMetric")
            )


def _is_daily(violation: Mapping[str, Any]) -> bool:
    return _PER_DAY.search(text(violation.get("quotaId"))) is not None


def _is_a_user_s(violation: Mapping[str, Any]) -> bool:
    return _OF_A_USER in text(violation.get("quotaMetric"))


def _is_of_a_day(told: Told) -> bool:
    """Tell whether a reason's own words, or the message, speak of a day: they know better than the reason."""
    said = [told.searched, *(text(value) for value in list(told.metadata.values())[:MOST_ITEMS])]
    return "RATE_LIMIT_EXCEEDED" in told.codes and any(_PER_DAY.search(one) for one in said)


def _violated(violation: Mapping[str, Any], observation: Observation, told: Told) -> QuotaWindow:
    is_daily, is_a_user_s = _is_daily(violation), _is_a_user_s(violation)
    wait = asked_in_body(told)
    ends = observation.now + wait if wait else None
    if is_daily:
        ends = None if is_a_user_s else midnight_in_california(observation.now)
    unit = _unit(text(violation.get("quotaId")).lower() + text(violation.get("quotaMetric")))
    return QuotaWindow(
        f"{unit}/day" if is_daily else f"{unit}/min",
        scope="model" if is_a_user_s else "project+model",
        model=observation.model,
        unit=unit,
        period=DAY if is_daily else MINUTE,
        limit=count(violation.get("quotaValue")),
        remaining=0.0,
        used_fraction=1.0,
        resets_at=ends,
        observed_at=observation.now,
        source=BODY,
        confidence=GUESS if is_daily else STATED,
    )


def _exhausted(observation: Observation, told: Told) -> QuotaWindow:
    """Return a plan's window. Timestamp, delay and retry can differ by minutes: the timestamp is the truest."""
    model = text(told.metadata.get("model")) or observation.model[:LONGEST_ID]
    at = instant(told.metadata.get("quotaResetTimeStamp"), observation)
    if not is_plausible(at, observation.now, None):
        wait = asked_in_body(told)
        at = observation.now + wait if wait else at
    return QuotaWindow(
        f"plan@{model}",
        scope=f"model:{model}",
        used_fraction=1.0,
        status=REJECTED,
        resets_at=at,
        observed_at=observation.now,
        source=BODY,
    )


def _named(metric: str, observation: Observation) -> QuotaWindow:
    unit, is_daily = _unit(metric), _PER_DAY.search(metric) is not None
    return QuotaWindow(
        f"{unit}/day" if is_daily else f"{unit}/min",
        scope="project+model",
        model=observation.model,
        unit=unit,
        period=DAY if is_daily else MINUTE,
        remaining=0.0,
        used_fraction=1.0,
        observed_at=observation.now,
        source=BODY,
    )


def _day_of_model(observation: Observation, told: Told) -> QuotaWindow:
    model = text(told.metadata.get("model")) or observation.model[:LONGEST_ID]
    return QuotaWindow(
        "requests/day",
        scope=f"model:{model}",
        unit="requests",
        period=DAY,
        remaining=0.0,
        used_fraction=1.0,
        observed_at=observation.now,
        source=BODY,
    )


def _unit(name: str) -> str:
    words = name.lower().replace("inputtoken", "input_token").replace("outputtoken", "output_token")
    return next((unit for part, unit in _UNITS if part in words), "requests")
