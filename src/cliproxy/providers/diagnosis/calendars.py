"""
When a day, a week or a month of somebody's calendar ends.

A vendor's day is a day at its own place. The rule of California's clock is written out, so that no system needs a
table of time zones: one hour ahead from the second Sunday of March to the first of November, at two in the morning.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cliproxy.providers.diagnosis.times import DAY, HOUR, WEEK

_CALIFORNIA, _CHINA = -8 * HOUR, 8 * HOUR  # seconds ahead of UTC, in winter
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MONDAY = 4 * DAY  # unix time


def midnight_in_california(now: float) -> float:
    """Return the next midnight in Los Angeles, as unix time."""
    ends = _midnight(now, _ahead_in_california(now))
    return ends + _ahead_in_california(now) - _ahead_in_california(ends)


def midnight_in_china(now: float) -> float:
    """Return the next midnight in Shanghai, as unix time."""
    return _midnight(now, _CHINA)


def day_ends(now: float) -> float:
    """Return the next midnight, UTC, as unix time."""
    return _midnight(now, 0.0)


def week_ends(now: float) -> float:
    """Return the next Monday's beginning, UTC, as unix time."""
    return _FIRST_MONDAY + ((now - _FIRST_MONDAY) // WEEK + 1) * WEEK


def month_ends(now: float) -> float:
    """Return the next month's beginning, UTC, as unix time."""
    then = _at(now)
    later = datetime(then.year + then.month // 12, then.month % 12 + 1, 1, tzinfo=UTC)
    return later.timestamp()


def _midnight(now: float, ahead: float) -> float:
    return ((now + ahead) // DAY + 1) * DAY - ahead


def _ahead_in_california(now: float) -> float:
    year = _at(now).year
    spring = _sunday(year, 3, 8).timestamp() + 2 * HOUR - _CALIFORNIA
    autumn = _sunday(year, 11, 1).timestamp() + 1 * HOUR - _CALIFORNIA
    return _CALIFORNIA + HOUR if spring <= now < autumn else _CALIFORNIA


def _sunday(year: int, month: int, day: int) -> datetime:
    """Return the first Sunday that is no earlier than a date."""
    date = datetime(year, month, day, tzinfo=UTC)
    return date + timedelta(days=(6 - date.weekday()) % 7)


def _at(now: float) -> datetime:
    return _EPOCH + timedelta(seconds=now)
