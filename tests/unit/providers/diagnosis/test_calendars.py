"""When somebody's day ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from cliproxy.providers.diagnosis.calendars import (
    day_ends,
    midnight_in_california,
    midnight_in_china,
    month_ends,
    week_ends,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_midnight_in_california_by_the_system_s_own_table() -> None:
    """Every three hours of four years, through both changes of each."""
    try:
        zone = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:
        pytest.skip("this system has no table of time zones")
    for step in range(4 * 366 * 8):
        now = START + timedelta(hours=3 * step)
        there = now.astimezone(zone)
        midnight = datetime(there.year, there.month, there.day, tzinfo=zone) + timedelta(days=1)

        assert midnight_in_california(now.timestamp()) == midnight.timestamp(), now


@pytest.mark.parametrize(
    ("now", "then"),
    [("2026-02-06T19:08:04", "2026-02-07T16:00:00"), ("2026-02-06T16:00:00", "2026-02-07T16:00:00")],
)
def test_midnight_in_china(now: str, then: str) -> None:
    assert midnight_in_china(unix(now)) == unix(then)


def test_the_calendar_s_ends() -> None:
    """Months of any length, and the year's end."""
    assert day_ends(unix("2026-04-28T15:00:00")) == unix("2026-04-29T00:00:00")
    assert week_ends(unix("2026-04-28T15:00:00")) == unix("2026-05-04T00:00:00")  # a Monday
    assert month_ends(unix("2026-04-30T23:59:59")) == unix("2026-05-01T00:00:00")
    assert month_ends(unix("2026-12-31T12:00:00")) == unix("2027-01-01T00:00:00")


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
