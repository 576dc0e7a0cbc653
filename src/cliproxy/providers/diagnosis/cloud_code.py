"""
What the usage endpoints of Google's Cloud Code tell: Gemini CLI's by model, Antigravity's by group of models.

    {"buckets": [{"modelId", "remainingFraction", "remainingAmount", "resetTime"}]}
    {"groups": [{"displayName": "Gemini Models", "buckets": [{"window", "remainingFraction", "resetTime"}]}]}
    {"models": {"gemini-3-pro": {"quotaInfo": {"remainingFraction", "resetTime"}}}}

Source: `reference` sheet `quota`, sections 1.6 and 1.7 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cliproxy.credentials.quota import ENDPOINT, FULL, GUESS, STATED, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import HOUR, WEEK, instant, plan_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import (
    LONGEST_ID,
    MOST_ITEMS,
    as_id,
    count,
    first,
    objects,
    opened,
    share,
    text,
)

GEMINI_MODELS, OTHER_MODELS = "gemini-models", "claude-and-gpt-models"

_LENGTHS = {"5h": 5 * HOUR, "weekly": WEEK}


def antigravity_groups(model: str) -> tuple[str, ...]:
    """Return the group of models whose quota this one shares."""
    return (GEMINI_MODELS if model.startswith("gemini") else OTHER_MODELS,)


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the body of a usage endpoint."""
    if not observation.polled or told.is_error:
        return
    body = opened(told.whole.get("response")) or told.whole
    yield from _of_buckets(body, observation)
    for group in objects(body.get("groups")):
        id_ = as_id(text(group.get("displayName")))
        for bucket in objects(group.get("buckets")):
            if bucket.get("disabled") is not True and id_:
                yield _of_group(id_, bucket, observation)
    for model, entry in list(opened(body.get("models")).items())[:MOST_ITEMS]:
        info = opened(opened(entry).get("quotaInfo"))
        if info:
            yield _of_model(model[:LONGEST_ID], info, observation)


def _of_buckets(body: Mapping[str, Any], observation: Observation) -> Iterable[QuotaWindow]:
    """Return one window a model: of its several buckets the emptiest counts."""
    found: dict[str, QuotaWindow] = {}
    for bucket in objects(body.get("buckets")):
        model = text(bucket.get("modelId"))
        if not model:
            continue
        left, amount = share(bucket.get("remainingFraction")), count(bucket.get("remainingAmount"))
        window = QuotaWindow(
            f"plan@{model}",
            scope=f"model:{model}",
            limit=amount / left if amount is not None and left else None,
            remaining=amount,
            used_fraction=None if left is None else max(0.0, 1 - left),
            resets_at=instant(bucket.get("resetTime"), observation),
            reset_kind=FULL,
            observed_at=observation.now,
            source=ENDPOINT,
            confidence=GUESS if left is None else STATED,
        )
        known = found.get(model)
        if known is None or (window.used_fraction or 0.0) > (known.used_fraction or 0.0):
            found[model] = window
    yield from found.values()


def _of_group(group: str, bucket: Mapping[str, Any], observation: Observation) -> QuotaWindow:
    kind = text(bucket.get("window")) or text(bucket.get("bucketId")).rpartition("-")[2]
    length = _LENGTHS.get(kind.lower())
    nested = opened(bucket.get("remaining"))
    left = share(first(bucket, "remainingFraction"))
    if left is None:
        left = share(first(nested, "remainingFraction", "value"))
    return QuotaWindow(
        f"{plan_name(length)}@{group}",
        scope=f"group:{group}",
        period=length,
        used_fraction=None if left is None else max(0.0, 1 - left),
        resets_at=instant(bucket.get("resetTime"), observation),
        reset_kind=FULL,
        observed_at=observation.now,
        source=ENDPOINT,
        confidence=GUESS if left is None else STATED,
    )


def _of_model(model: str, info: Mapping[str, Any], observation: Observation) -> QuotaWindow:
    """Return a model's window. Its share is left out when it is spent, but also where there is no quota at all."""
    left = share(info.get("remainingFraction"))
    resets_at = instant(info.get("resetTime"), observation)
    confidence = STATED
    if left is None:
        confidence = GUESS
        left = 0.0 if resets_at is not None and resets_at > observation.now else None
    return QuotaWindow(
        f"5h@{model}",
        scope=f"model:{model}",
        period=5 * HOUR,
        used_fraction=None if left is None else max(0.0, 1 - left),
        resets_at=resets_at,
        reset_kind=FULL,
        observed_at=observation.now,
        source=ENDPOINT,
        confidence=confidence,
    )
