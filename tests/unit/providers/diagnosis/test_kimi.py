"""Kimi and Moonshot."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.reading import ANTHROPIC, COMPATIBLE, KIMI
from cliproxy.providers.diagnosis.signals import Signals
from tests.unit.providers.diagnosis.observing import NOW, observed, polled, refused, windows_of


@pytest.mark.parametrize("signals", [KIMI, COMPATIBLE, ANTHROPIC])
def test_a_used_up_week_is_no_ban(signals: Signals) -> None:
    """Whoever takes this 403 for a revoked key throws away a paid account. It is asked in three dialects."""
    body = {"error": {"type": "access_terminated_error", "message": "You've reached your weekly usage limit."}}
    failure = signals.diagnose(observed(403, body))

    assert (failure.kind, failure.scope, failure.rests_until) == (FailureKind.QUOTA_SPENT, "account", None)


def test_other_refusals_of_the_kind_stay_what_they_are() -> None:
    assert refused(403, {"error": {"type": "permission_denied", "message": "no"}}).kind is FailureKind.FORBIDDEN
    assert refused(400, {"error": {"message": "what is a usage limit?"}}).kind is FailureKind.BAD_REQUEST


@pytest.mark.parametrize(
    ("words", "name"), [("weekly", "week"), ("7-day", "week"), ("billing cycle", "month"), ("current", "plan")]
)
def test_the_window_by_its_words(words: str, name: str) -> None:
    body = {"error": {"message": f"You've reached your {words} usage limit."}}

    assert list(windows_of(KIMI, observed(429, body))) == [name]


@pytest.mark.parametrize(
    ("message", "kind", "until"),
    [
        ("max RPM: 20, please try again after 1 seconds", FailureKind.RATE_LIMITED, NOW + 1),
        ("TPD rate limit, current: 1500000, limit: 1500000", FailureKind.QUOTA_SPENT, None),
        ("We're receiving too many requests at the moment", FailureKind.OVERLOADED, None),
        ("The engine is currently overloaded", FailureKind.OVERLOADED, None),
    ],
)
def test_moonshot_s_limits(message: str, kind: FailureKind, until: float | None) -> None:
    failure = KIMI.diagnose(observed(429, {"error": {"type": "rate_limit_reached_error", "message": message}}))

    assert (failure.kind, failure.rests_until) == (kind, until)


def test_usages_in_all_spellings() -> None:
    body: dict[str, Any] = {
        "usage": {"limit": "100", "remaining": "40", "reset_at": "2027-01-15T09:00:00Z"},
        "limits": [
            {"window": {"duration": 1, "timeUnit": "TIME_UNIT_DAY"}, "detail": {"limit": 10, "used": 5, "resetIn": 60}},
            {"window": {"duration": 5, "timeUnit": "TIME_UNIT_AGE"}, "detail": {"limit": 10}},
            5,
        ],
    }
    found = polled(KIMI, body)

    assert set(found) == {"week", "day", "plan"}
    assert found["week"].used == 60
    assert found["day"].resets_at == NOW + 60
    assert found["plan"].used_fraction is None
