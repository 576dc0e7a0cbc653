"""Codex: headers, events, refusals, usage."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.credentials.quota import merged
from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.codex import groups
from cliproxy.providers.diagnosis.reading import CODEX
from tests.unit.providers.diagnosis.observing import NOW, observed, polled, windows_of

SPENT: dict[str, Any] = {"error": {"type": "usage_limit_reached", "resets_in_seconds": 600}}


def test_a_meter_of_its_own_counts_one_model() -> None:
    assert groups("gpt-5.3-codex-spark") == ("codex_bengalfox",)
    assert groups("gpt-5.4") == ()


def test_a_refusal_by_one_meter_leaves_the_account() -> None:
    """The account's other models go on."""
    headers = {
        "x-codex-active-limit": "codex-bengalfox",
        "x-codex-bengalfox-primary-used-percent": "99",
        "x-codex-bengalfox-primary-window-minutes": "300",
        "x-codex-bengalfox-primary-reset-after-seconds": "590",
        "x-codex-primary-used-percent": "10",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-after-seconds": "590",
    }
    failure = CODEX.diagnose(observed(429, SPENT, headers))
    found = windows_of(CODEX, observed(429, SPENT, headers))

    assert (failure.kind, failure.scope) == (FailureKind.QUOTA_SPENT, "group:codex_bengalfox")
    assert found["5h@codex_bengalfox"].used_fraction == 1
    assert found["5h"].used_fraction == pytest.approx(0.1)


def test_a_slot_without_anything_is_no_window() -> None:
    """Zero percent of nothing is what an account shows that has no second window."""
    assert windows_of(CODEX, observed(headers={"x-codex-secondary-used-percent": "0"})) == {}


@pytest.mark.parametrize("limits", [[], {"allowed": True}, None, "x", {"primary": []}, {"primary": {"reset_at": 5}}])
def test_an_event_may_say_nothing(limits: Any) -> None:
    event = {"type": "codex.rate_limits", "rate_limits": limits}

    assert windows_of(CODEX, observed(200, event, inside=True)) == {}


def test_an_event_of_a_further_meter() -> None:
    event = {
        "type": "codex.rate_limits",
        "metered_limit_name": "codex_bengalfox",
        "rate_limits": {"primary": {"used_percent": 50, "window_minutes": 10_080, "reset_at": NOW + 9}},
        "additional_rate_limits": {
            "x": {"limit_name": "Other", "primary": {"used_percent": 1, "window_minutes": 1440}}
        },
    }

    assert set(windows_of(CODEX, observed(200, event, inside=True))) == {"week@codex_bengalfox", "day@other"}


def test_an_error_on_a_websocket_brings_its_own_headers() -> None:
    headers = {"X-Codex-Primary-Used-Percent": 100, "x-codex-primary-window-minutes": "300"}
    event = {"type": "error", "status": 429, "headers": headers, **SPENT}

    assert set(windows_of(CODEX, observed(429, event, inside=True))) == {"5h", "plan"}


@pytest.mark.parametrize(
    ("error", "headers", "kind"),
    [
        ({}, {"x-codex-rate-limit-reached-type": "workspace_owner_credits_depleted"}, FailureKind.BILLING),
        ({"rate_limit_reached_type": {"type": "workspace_member_credits_depleted"}}, {}, FailureKind.BILLING),
        ({"rate_limit_reached_type": "workspace_member_usage_limit_reached"}, {}, FailureKind.QUOTA_SPENT),
        ({}, {"x-codex-rate-limit-reached-type": "primary"}, FailureKind.QUOTA_SPENT),
    ],
)
def test_credits_can_be_gone_while_windows_are_half_full(
    error: dict[str, Any], headers: dict[str, str], kind: FailureKind
) -> None:
    """Nobody comes back from that by waiting."""
    failure = CODEX.diagnose(observed(429, {"error": {"type": "usage_limit_reached", **error}}, headers))

    assert (failure.kind, failure.scope) == (kind, "account")


def test_the_usage_endpoint_in_all_its_spellings() -> None:
    body = {
        "rateLimit": {
            "limitReached": True,
            "primaryWindow": {"limitWindowSeconds": 18_000, "resetAfterSeconds": 60},
            "individual_limit": {"limit": "100", "used": "40", "remaining_percent": "60", "reset_at": NOW + 9},
        },
        "code_review_rate_limit": {"primary_window": {"used_percent": 5, "limit_window_seconds": 604_800}},
        "credits": {"has_credits": True, "unlimited": False, "balance": "$5.00"},
    }
    found = polled(CODEX, body)

    assert set(found) == {"5h", "week@code_review", "credits", "spend/month"}
    assert found["5h"].used_fraction == 1  # it is reached, and that is all it says
    assert found["credits"].remaining == 5
    assert found["spend/month"].used_fraction == pytest.approx(0.4)


@pytest.mark.parametrize(("balance", "left"), [("", 0), (None, 0), ([], 0), ("14.5", 14.5)])
def test_balances(balance: Any, left: float) -> None:
    body = {"credits": {"has_credits": False, "balance": balance}}

    assert polled(CODEX, body)["credits"].remaining == left
    assert polled(CODEX, {"credits": {"has_credits": True, "unlimited": True, "balance": balance}}) == {}


def test_a_refusal_s_nameless_window_ends_when_the_real_ones_are_seen() -> None:
    """Else an account whose reset was bought would stay spent by a window that nobody ever hears of again."""
    refused = CODEX.quota(observed(429, SPENT))
    later = observed(
        200, {"rate_limit": {"primary_window": {"used_percent": 0, "limit_window_seconds": 18_000}}}, polled=True
    )
    seen = tuple(CODEX.quota(later))

    assert [window.name for window in refused] == ["plan"]
    assert [window.name for window in merged(refused, later_by(seen, 60), now=NOW + 60)] == ["5h"]


def later_by(windows: Any, seconds: float) -> Any:
    from msgspec.structs import replace  # noqa: PLC0415

    return tuple(replace(window, observed_at=window.observed_at + seconds) for window in windows)
