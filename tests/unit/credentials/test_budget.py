"""Quotas that the operator sets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.budget import Budget, period_at
from cliproxy.credentials.credential import Quota


def unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "period", "begins", "ends"),
    [
        ("2026-11-21T18:30", "month", "2026-11-01", "2026-12-01"),
        ("2026-12-31T23:59", "month", "2026-12-01", "2027-01-01"),
        ("2028-02-29T00:00", "month", "2028-02-01", "2028-03-01"),
        ("2026-11-21T18:30", "day", "2026-11-21", "2026-11-22"),
        ("2026-11-21T18:30", "hour", "2026-11-21T18:00", "2026-11-21T19:00"),
        ("2026-11-21T18:30", "7200", "2026-11-21T18:00", "2026-11-21T20:00"),
    ],
)
def test_periods_are_the_calendar_s(now: str, period: str, begins: str, ends: str) -> None:
    """In UTC, whatever the machine's time zone; other lengths follow each other without a gap."""
    assert period_at(unix(now), period) == (unix(begins), unix(ends))


@given(now=st.floats(0, 4e9), period=st.sampled_from(["month", "day", "hour", "1", "86399"]))
def test_now_is_in_the_present_period(now: float, period: str) -> None:
    """And the next begins where it ends."""
    begins, ends = period_at(now, period)

    assert begins <= now < ends
    assert period_at(ends, period)[0] == ends


def test_what_is_used_up_comes_back_with_the_next_period() -> None:
    """Not before, and not by more than was counted."""
    now, ends = unix("2026-11-21T18:30"), unix("2026-12-01")
    budget = Budget(Quota(100))

    assert budget.count("tokens", 99, now)
    assert budget.opens_at(now) == now
    budget.count("tokens", 1, now)
    assert budget.opens_at(now) == ends
    assert budget.opens_at(ends) == ends
    budget.count("tokens", 100, ends)
    assert budget.opens_at(ends) == unix("2027-01-01")


def test_only_its_unit_is_counted() -> None:
    """Requests are no tokens."""
    budget = Budget(Quota(1, "requests", "hour"))

    assert not budget.count("tokens", 1000, 0)
    assert not budget.count("requests", 0, 0)
    assert budget.count("requests", 1, 0)
    assert budget.opens_at(0) == 3600


def test_another_amount_keeps_what_was_used() -> None:
    """Raising it must not give everything back; another period begins anew."""
    budget, larger, other = Budget(Quota(10)), Budget(Quota(20)), Budget(Quota(10, period="day"))
    budget.count("tokens", 12, 0)
    larger.follow(budget)
    other.follow(budget)

    assert (larger.used, other.used) == (12, 0)
    assert larger.opens_at(0) == 0


def test_a_clock_that_goes_back_a_little_forgets_nothing() -> None:
    """Over the end of a period, as clocks do when they are set."""
    budget = Budget(Quota(1, "requests", "hour"))
    budget.count("requests", 1, 3600)

    assert budget.opens_at(3599) > 3599
