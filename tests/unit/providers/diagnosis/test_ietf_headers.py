"""The standard's counters."""

from __future__ import annotations

import pytest

from cliproxy.providers.diagnosis.reading import COMPATIBLE
from tests.unit.providers.diagnosis.observing import NOW, observed, windows_of


def test_several_policies_are_joined_by_name() -> None:
    """A comma in quotes is part of a name."""
    headers = {
        "RateLimit-Policy": '"burst";q=100;w=60, "a, b";q=5000;w=86400;qu="content-bytes"',
        "RateLimit": '"burst";r=40;t=12, "a, b";r=5000, unknown;r=1',
    }
    found = windows_of(COMPATIBLE, observed(headers=headers))

    assert set(found) == {"requests/min@burst", "content-bytes/day@a-b", "requests/?@unknown"}
    assert found["requests/min@burst"].used_fraction == pytest.approx(0.6)
    assert found["requests/min@burst"].resets_at == NOW + 12


@pytest.mark.parametrize(
    ("limit", "name", "most"),
    [("100", "requests/?", 100), ("100, 100;w=60", "requests/min", 100), ("", "requests/?", None)],
)
def test_the_three_headers_of_the_drafts(limit: str, name: str, most: float | None) -> None:
    """Their reset counts from now."""
    headers = {"RateLimit-Limit": limit, "RateLimit-Remaining": "9", "RateLimit-Reset": "30"}
    (window,) = windows_of(COMPATIBLE, observed(headers=headers)).values()

    assert (window.name, window.limit, window.resets_at) == (name, most, NOW + 30)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "value", ['"' * 100_000, ";" * 100_000, "a;" * 50_000, " " * 100_000, ',"' * 50_000, ';a="' * 30_000]
)
def test_a_long_header_is_read_in_no_time(value: str) -> None:
    """And gives no more windows than anybody can look at."""
    found = windows_of(COMPATIBLE, observed(headers={"RateLimit": value, "RateLimit-Policy": value}))

    assert len(found) <= 64
