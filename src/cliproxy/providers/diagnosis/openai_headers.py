"""
The counters in `x-ratelimit-*`: OpenAI's, and those of the many who took them over, each in its own way.

    x-ratelimit-remaining-requests: 9985         whether of a minute or a day is not said, but can be computed
    x-ratelimit-reset-requests: 2m7.93s, 500     a duration; or a bare number of seconds, or of milliseconds (Azure)
    x-ratelimit-remaining-tokens-day: 12         the period in the name (Cerebras, Mistral)
    x-ratelimit-remaining: 197                   of no unit, perhaps above the limit (Together, Hugging Face)

Source: `reference` sheet `quota`, sections 1.3 and 1.11 (read 2026-11-21).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cliproxy.credentials.quota import DERIVED, FULL, GUESS, REFILL, STATED, QuotaWindow
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import DAY, HOUR, MINUTE, MONTH, duration, moment, period_name
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import MOST_ITEMS, as_id, count, number

_PREFIX = "x-ratelimit-"
_FIELDS = ("limit", "remaining", "reset", "renewalperiod")
_LONGEST_NAME = 60  # characters
_BARE_LIMITS = ("requests", "tokens")  # `x-ratelimit-requests` is a limit, where Anthropic speaks as OpenAI does
_COUNTED = re.compile(r"(\w[\w-]{0,30}?)(?:-(\d{1,5}))?-(second|minute|hour|day|month)")
_PERIODS = {"second": 1.0, "minute": MINUTE, "hour": HOUR, "day": DAY, "month": MONTH}
_UNITS = {
    "req": ("requests", ""),
    "requests": ("requests", ""),
    "tokens": ("tokens", ""),
    "input-tokens": ("input_tokens", ""),
    "output-tokens": ("output_tokens", ""),
    "input-images": ("input_images", ""),
    "tokens_usage_based": ("tokens", "usage_based"),
    "project-tokens": ("tokens", "project"),
    "project-requests": ("requests", "project"),
}
_A_MINUTE, _A_DAY = (40.0, 90.0), (70_000.0, 100_000.0)  # seconds that a computed period may come to
_OF_THE_KEY = ("x-ratelimit-limit", "x-ratelimit-tokens-query-cost")  # whose counters are not one model's


class _Period(NamedTuple):
    seconds: float | None
    confidence: str


def windows(observation: Observation, told: Told) -> Iterable[QuotaWindow]:
    """Read the headers of any answer."""
    fields: dict[str, dict[str, str]] = {}
    scope = "model"
    for header, value in observation.headers.items():
        name = header.lower()
        if not name.startswith(_PREFIX):
            continue
        if name in _OF_THE_KEY:
            scope = "key"
        rest = name[len(_PREFIX) : len(_PREFIX) + _LONGEST_NAME]
        field, id_ = ("limit", rest) if rest in _BARE_LIMITS else rest.partition("-")[::2]
        if field in _FIELDS and (id_ in fields or len(fields) < MOST_ITEMS):
            fields.setdefault(id_, {})[field] = value
    for id_, stated in fields.items():
        window = counted(id_, stated, scope, observation)
        if window is not None:
            yield window


def counted(id_: str, stated: Mapping[str, str], scope: str, observation: Observation) -> QuotaWindow | None:
    """
    Return the window of one counter, or None where nobody has set it.

    Args:
        id_: What is counted, perhaps with its period: `requests`, `tokens-5-minute`; "": nobody says.
        stated: `limit`, `remaining`, `reset` and `renewalperiod` as texts.
        scope: Whose counter it is.
        observation: What it came with.
    """
    limit, remaining = count(stated.get("limit")), count(stated.get("remaining"))
    if limit is None and remaining is None:
        return None
    timed = _COUNTED.fullmatch(id_)
    named = timed[1] if timed else id_
    unit, qualifier = _UNITS.get(named) or (as_id(named, "_") or "requests", "")
    renewal = count(stated.get("renewalperiod"))
    if timed:
        period = _Period(float(timed[2] or 1) * _PERIODS[timed[3]], STATED)
    elif renewal:
        period = _Period(renewal, STATED)
    else:
        period = _period_of(unit, limit, remaining, duration(stated.get("reset", "")))
    taken = 1 - remaining / limit if limit and remaining is not None and remaining <= limit else None
    bursts = limit is not None and remaining is not None and remaining > limit
    name = f"{unit}/{period_name(period.seconds)}"
    return QuotaWindow(
        f"{name}@{qualifier}" if qualifier else name,
        scope=scope,
        model=observation.model if scope == "model" else "",
        unit=unit,
        period=period.seconds,
        limit=limit,
        remaining=remaining,
        used_fraction=taken,
        resets_at=_reset(stated.get("reset", ""), taken, None if timed else period.seconds, observation),
        reset_kind=FULL if timed else REFILL if id_ else "",
        observed_at=observation.now,
        confidence=GUESS if bursts else period.confidence,
    )


def _period_of(unit: str, limit: float | None, remaining: float | None, reset: float | None) -> _Period:
    """Return how long a bucket takes to fill: a minute for tokens; for requests it follows from what was taken."""
    if "tokens" in unit or "images" in unit:
        return _Period(MINUTE, DERIVED)
    if limit and remaining is not None and reset and remaining < limit:
        seconds = reset * limit / (limit - remaining)
        for period, (shortest, longest) in ((MINUTE, _A_MINUTE), (DAY, _A_DAY)):
            if shortest <= seconds <= longest:
                return _Period(period, DERIVED)
    return _Period(None, GUESS)


def _reset(stated: str, taken: float | None, period: float | None, observation: Observation) -> float | None:
    bare = number(stated)
    if bare is None or not taken or period is None or not 0 < bare < period * 1000:
        return moment(stated, observation)
    due = taken * period  # seconds; whether these or milliseconds were meant shows in what is nearer
    in_seconds, in_milliseconds = abs(math.log(bare / due)), abs(math.log(bare / 1000 / due))
    return observation.now + (bare if in_seconds <= in_milliseconds else bare / 1000)
