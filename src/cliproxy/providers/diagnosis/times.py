"""
Durations and times in every form met, and how long a refusal asks to wait.

    48s  0.479417207s  172ms  2m7.93s  161h39m41.300432511s      Go's, and protobuf's
    17.81   1704069000   1777420800000                           seconds from now, unix seconds, unix milliseconds
    2026-07-03T00:30:00.282668+00:00   Sun, 01 Mar 2026 12:00:20 GMT

Source: `reference` sheet `quota`, sections 1.0 and 2.4 (read 2026-11-21).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from cliproxy.providers.diagnosis.observation import Observation, http_date
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.values import number, opened

LONGEST_THROTTLE = 300.0  # seconds; who must wait longer has spent something
MINUTE, HOUR, DAY, WEEK = 60.0, 3_600.0, 86_400.0, 604_800.0
MONTH = 30 * DAY

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": HOUR, "m": MINUTE, "s": 1.0, "ms": 0.001}
_LONGEST_DURATION = 40  # characters
_LONGEST_TIME = 64  # characters
_MILLISECONDS, _UNIX = 1e11, 1e9  # above these a bare number is no duration
_LAST_TIME = 253_402_300_799.0  # the end of the year 9999
_WAIT = re.compile(
    r"(?:try again|retry|resets?) (?:in|after) ([0-9][0-9.hms]{0,39})(?![\w.]) ?(seconds?|minutes?|hours?)?",
    re.IGNORECASE,
)
_SPELLED = {"s": 1.0, "m": MINUTE, "h": HOUR}
_MONTHS = (28 * DAY, 31 * DAY)
_PERIODS = {MINUTE: "min", HOUR: "hour", DAY: "day"}
_PLANS = {5 * HOUR: "5h", DAY: "day", WEEK: "week"}


def duration(text: str) -> float | None:
    """Return a Go or protobuf duration such as `1h0m57.015s` in seconds, or None where it is none."""
    parts = _DURATION.findall(text[: _LONGEST_DURATION + 1])
    if not parts or "".join(value + unit for value, unit in parts) != text:
        return None
    return sum(float(value) * _SECONDS[unit] for value, unit in parts)


def instant(value: Any, observation: Observation) -> float | None:
    """Return a time that was stated absolutely, as unix time by our clock: a number, its text, or an RFC 3339 text."""
    if isinstance(value, str) and "-" in value[1:]:
        try:
            then = datetime.fromisoformat(value[:_LONGEST_TIME])
            stamp = then.replace(tzinfo=then.tzinfo or UTC).timestamp()
        except (ValueError, OverflowError):
            return None
        return stamp - observation.clock_offset
    found = number(value)
    if found is None or found < _UNIX:
        return None
    if found > _MILLISECONDS:
        found /= 1000
    return found - observation.clock_offset if found <= _LAST_TIME else None


def moment(value: Any, observation: Observation) -> float | None:
    """Return a time that was stated in any way, as unix time by our clock: also a duration, which counts from now."""
    if isinstance(value, str) and (seconds := duration(value)) is not None:
        return observation.now + seconds if seconds else None
    absolute = instant(value, observation)
    if absolute is not None:
        return absolute
    seconds = number(value)
    return observation.now + seconds if seconds is not None and 0 < seconds < _UNIX else None


def asked(observation: Observation, told: Told) -> float | None:
    """
    Return how many seconds a refusal asks to wait, as far as it is believed.

    What its body's fields say, or its message where that is longer, as they are cut differently; else its headers,
    if short, as they were seen to name the end of a month; else its message.
    """
    fields, message = _in_fields(told), _in_words(told)
    if fields:
        return max([*fields, *message])
    stated = asked_in_headers(observation)
    if stated is not None and stated <= LONGEST_THROTTLE:
        return stated
    return max(message, default=None)


def asked_in_body(told: Told) -> float | None:
    """Return how many seconds a refusal's body asks to wait."""
    return max([*_in_fields(told), *_in_words(told)], default=None)


def asked_in_headers(observation: Observation) -> float | None:
    """
    Return how many seconds the headers ask to wait; zero, and what cannot be read, is nothing.

    Neither is what came with a success: some vendors send it there too.
    """
    if observation.inside:
        return None
    headers = observation.headers
    milliseconds = number(headers.get("retry-after-ms", ""))
    if milliseconds and milliseconds > 0:
        return milliseconds / 1000
    stated = headers.get("retry-after", "")
    seconds = number(stated)
    if seconds is not None:
        return seconds if seconds > 0 else None
    then, sent = http_date(stated), http_date(headers.get("date", "")) or observation.now
    return then - sent if then is not None and then > sent else None


def stated_wait(observation: Observation, told: Told) -> float | None:
    """Return what a client is told to wait, in seconds: as the body's fields say it, else the headers, else words."""
    return next(iter(_in_fields(told)), None) or asked_in_headers(observation) or next(iter(_in_words(told)), None)


def period_name(seconds: float | None) -> str:
    """Return the period of a counted window as its name says it."""
    return "?" if seconds is None else _PERIODS.get(seconds) or _month_or_seconds(seconds)


def plan_name(seconds: float | None) -> str:
    """Return the name of a plan's window by its length: what a vendor calls the first may be the longest."""
    return "plan" if seconds is None else _PLANS.get(seconds) or _month_or_seconds(seconds)


def _month_or_seconds(seconds: float) -> str:
    shortest, longest = _MONTHS
    return "month" if shortest <= seconds <= longest else f"{seconds:g}s"


def _in_fields(told: Told) -> list[float]:
    delays = [told.resets_in]
    for detail in told.details:
        named = opened(detail.get("metadata")).get("quotaResetDelay")
        delays += [duration(delay) for delay in (detail.get("retryDelay"), named) if isinstance(delay, str)]
    return [delay for delay in delays if delay]


def _in_words(told: Told) -> list[float]:
    delays: list[float | None] = []
    for found in _WAIT.finditer(told.searched):
        stated = found[1].rstrip(".")
        bare = number(stated)
        delays.append(duration(stated) if bare is None else bare * _SPELLED[found[2][0].lower()] if found[2] else None)
    return [delay for delay in delays if delay]
