"""Counters in `x-ratelimit-*`, by everybody who has them."""

from __future__ import annotations

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.reading import COMPATIBLE
from tests.unit.providers.diagnosis.observing import NOW, observed, refused, windows_of

Headers = dict[str, str]


def headers(**fields: str) -> Headers:
    return {f"x-ratelimit-{name.replace('_', '-')}": value for name, value in fields.items()}


@pytest.mark.parametrize(
    ("reset", "remaining", "name"),
    [
        ("12ms", "4999", "requests/min"),
        ("17.28s", "4999", "requests/day"),
        ("1s", "4999", "requests/?"),  # 5000 s: neither
        ("0s", "5000", "requests/?"),
        ("soon", "4999", "requests/?"),
    ],
)
def test_a_period_that_nobody_says_is_computed(reset: str, remaining: str, name: str) -> None:
    """Of 5000 one is taken: it comes back after a five thousandth of the period."""
    found = headers(limit_requests="5000", remaining_requests=remaining, reset_requests=reset)

    assert list(windows_of(COMPATIBLE, observed(headers=found))) == [name]


@pytest.mark.parametrize(
    ("reset", "renewal", "seconds"),
    [("500", "60", 0.5), ("1", "60", 1), ("0", "60", None), ("500", "", 500)],
)
def test_bare_resets_are_seconds_or_milliseconds(reset: str, renewal: str, seconds: float | None) -> None:
    """Azure has both; what was taken of the period tells which. Without a period they are seconds."""
    found = headers(limit_requests="60", remaining_requests="59", reset_requests=reset, renewalperiod_requests=renewal)
    (window,) = windows_of(COMPATIBLE, observed(headers=found)).values()

    assert window.resets_at == (None if seconds is None else NOW + seconds)


@pytest.mark.parametrize(
    ("id_", "name", "period"),
    [
        ("req-10-second", "requests/10s", 10),
        ("tokens-5-minute", "tokens/300s", 300),
        ("tokens-month", "tokens/month", 30 * 86_400),
        ("input-images", "input_images/min", 60),
        ("tokens_usage_based", "tokens/min@usage_based", 60),
        ("project-tokens", "tokens/min@project", 60),
        ("neurons-day", "neurons/day", 86_400),
        ("neurons", "neurons/?", None),
    ],
)
def test_what_is_counted_stands_in_the_name(id_: str, name: str, period: float | None) -> None:
    """The vocabulary is open: what nobody knows yet is kept under its own name."""
    found = {f"X-RateLimit-Limit-{id_}": "10", f"X-RateLimit-Remaining-{id_}": "4"}
    (window,) = windows_of(COMPATIBLE, observed(headers=found)).values()

    assert (window.name, window.period) == (name, period)
    assert window.used_fraction == pytest.approx(0.6)


def test_what_says_nothing_is_no_window() -> None:
    found = headers(key="k", abusepenalty_active="False", over_limit="no", reset_requests="5s", limit_tokens="many")

    assert windows_of(COMPATIBLE, observed(headers=found)) == {}


def test_limits_without_the_word() -> None:
    """Where Anthropic speaks as OpenAI does."""
    found = {"x-ratelimit-requests": "4000", "x-ratelimit-remaining-requests": "3999"}

    assert windows_of(COMPATIBLE, observed(headers=found))["requests/?"].limit == 4000


def test_a_unitless_reset_in_unix_milliseconds() -> None:
    found = {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + 30:.0f}000"}

    assert windows_of(COMPATIBLE, observed(headers=found))["requests/?"].resets_at == NOW + 30
    assert refused(429, b"", found).rests_until == NOW + 30


def test_a_day_at_zero_is_spent_unless_a_slot_comes_soon() -> None:
    """A bucket of a day gives its next request back long before it is full."""
    empty = headers(limit_requests="200", remaining_requests="0", reset_requests="24h0m0s")
    spent, soon = refused(429, b"", empty), refused(429, b"", {**empty, "retry-after": "8"})

    assert (spent.kind, spent.rests_until) == (FailureKind.QUOTA_SPENT, NOW + 86_400)
    assert (soon.kind, soon.rests_until) == (FailureKind.RATE_LIMITED, NOW + 8)


def test_a_window_of_a_model_knows_which() -> None:
    """Another model's counter has the same name."""
    found = headers(limit_tokens="10", remaining_tokens="4")
    (window,) = windows_of(COMPATIBLE, observed(headers=found, model="gpt-5")).values()

    assert (window.scope, window.model) == ("model", "gpt-5")
