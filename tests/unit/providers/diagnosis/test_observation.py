"""One answer, and the clock of who sent it."""

from __future__ import annotations

import pytest

from cliproxy.providers.diagnosis.observation import Observation, http_date
from tests.unit.providers.diagnosis.observing import NOW, observed


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        ("Fri, 15 Jan 2027 08:00:10 GMT", 10),
        ("Fri, 15 Jan 2027 07:59:00 GMT", -60),
        ("Fri, 15 Jan 2027 08:00:04 GMT", 0),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_the_offset_of_a_clock(date: str, offset: float) -> None:
    """A few seconds are the way's; more than a day is a page that somebody kept."""
    assert observed(headers={"Date": date}).clock_offset == offset


def test_nothing_that_was_said_is_shown() -> None:
    """Answers end up in tracebacks."""
    shown = repr(Observation(429, {"x": "secret"}, b"secret", NOW, "m"))

    assert "secret" not in shown
    assert "429" in shown


def test_a_date_that_is_none() -> None:
    assert http_date("Sat, 31 Feb 2026 25:00:00 GMT") is None
    assert http_date("Fri, 15 Jan 2027 08:00:00 GMT") == NOW
