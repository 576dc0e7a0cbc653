"""Durations and times in every form met."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.diagnosis.times import (
    asked,
    asked_in_body,
    asked_in_headers,
    duration,
    instant,
    moment,
    period_name,
    plan_name,
    stated_wait,
)
from cliproxy.providers.diagnosis.told import told
from tests.unit.providers.diagnosis.observing import NOW, observed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("48s", 48),
        ("172ms", 0.172),
        ("2m7.93s", 127.93),
        ("161h39m41.300432511s", 581981.300432511),
        ("1m", 60),
        ("", None),
        ("5", None),
        ("s", None),
        ("1d", None),
        ("5s ago", None),
        ("-5s", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    """`m` against `ms`; the fraction may follow any unit."""
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1_800_000_060, NOW + 60),
        ("1800000060", NOW + 60),
        ("1800000060000", NOW + 60),
        ("2027-01-15T08:01:00Z", NOW + 60),
        ("2027-01-15T09:01:00+01:00", NOW + 60),
        ("2027-01-15T08:01:00.716839300Z", NOW + 60.716839),
        ("2027-01-15T08:01:00", NOW + 60),
        ("60", None),
        ("0", None),
        ("9" * 30, None),
        ("9999-99-99T00:00:00Z", None),
        (None, None),
        ([], None),
    ],
)
def test_times_that_are_absolute(value: Any, time: float | None) -> None:
    """Some relays write a text where the vendor writes a number."""
    found = instant(value, observed())

    assert found == (None if time is None else pytest.approx(time, abs=1e-4))


def test_a_time_by_a_wrong_clock_is_put_right() -> None:
    """The `Date` beside tells how wrong."""
    ahead = observed(headers={"date": "Fri, 15 Jan 2027 08:10:00 GMT"})

    assert instant("2027-01-15T08:11:00Z", ahead) == NOW + 60
    assert moment("60", ahead) == NOW + 60


@pytest.mark.parametrize(("value", "time"), [("12ms", NOW + 0.012), ("1", NOW + 1), ("0s", None), ("0", None)])
def test_times_from_now(value: str, time: float | None) -> None:
    """Nothing to wait for is no time."""
    assert moment(value, observed()) == time


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 17.81s.", 17.81),
        ("please try again after 1 seconds", 1),
        ("try again in 2 minutes", 120),
        ("Please retry in 48.939935699s.", 48.939935699),
        ("Your quota will reset after 161h39m41s.", 581981),
        ("Individual quota reached. Resets in 71h15m27s", 256527),
        ("Your quota will reset after 0s.", None),
        ("retry in 5", None),
        ("retry in " + "9" * 100, None),
        ("try again later", None),
    ],
)
def test_waits_in_words(message: str, seconds: float | None) -> None:
    body = told(b'{"error":{"message":"' + message.encode() + b'"}}')

    assert asked_in_body(body) == (None if seconds is None else pytest.approx(seconds))


def test_of_several_hints_in_a_body_the_longest_counts() -> None:
    """Whole seconds are cut, so the shorter one comes too early; clients are told what the field says."""
    body = told(b'{"error":{"message":"retry in 48.9s","details":[{"retryDelay":"48s"}]}}')

    assert asked(observed(429), body) == 48.9
    assert stated_wait(observed(429), body) == 48


def test_a_header_is_believed_up_to_five_minutes() -> None:
    nothing = told(b"")

    assert asked(observed(429, headers={"retry-after": "300"}), nothing) == 300
    assert asked(observed(429, headers={"retry-after": "301"}), nothing) is None
    assert stated_wait(observed(429, headers={"retry-after": "301"}), nothing) == 301


def test_a_wait_beside_a_success_is_not_an_error_s() -> None:
    """The headers of a stream were sent when all was well."""
    assert asked_in_headers(observed(429, headers={"retry-after": "58"}, inside=True)) is None


def test_windows_are_named_by_their_length() -> None:
    assert [plan_name(length) for length in (18_000, 86_400, 604_800, 30 * 86_400, 7_200, None)] == [
        "5h",
        "day",
        "week",
        "month",
        "7200s",
        "plan",
    ]
    assert [period_name(length) for length in (60, 3_600, 86_400, 28 * 86_400, 300, None)] == [
        "min",
        "hour",
        "day",
        "month",
        "300s",
        "?",
    ]
