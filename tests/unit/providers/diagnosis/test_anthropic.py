"""Headers of a key, and of an account."""

from __future__ import annotations

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.anthropic import family, groups
from cliproxy.providers.diagnosis.reading import ANTHROPIC
from tests.unit.providers.diagnosis.observing import NOW, observed, windows_of

UNIFIED = "anthropic-ratelimit-unified-"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-4-6-thinking", "opus"),
        ("claude-3-5-sonnet-20241022", "sonnet"),
        ("claude-3.7-sonnet", "sonnet"),
        ("Claude-Fable-5", "fable"),
        ("gpt-5", ""),
    ],
)
def test_families(model: str, name: str) -> None:
    """Old names have the number first."""
    assert family(model) == name
    assert groups(model) == ((name,) if name else ())


@pytest.mark.parametrize(
    ("model", "name"),
    [("claude-fable-5", "week@fable"), ("claude-opus-5", "week@fable"), ("claude-mythos-1", "week@mythos")],
)
def test_whose_extra_week_it_is(model: str, name: str) -> None:
    """Today it is one family's. A new one that brings the headers has a week of its own."""
    headers = {f"{UNIFIED}7d_oi-utilization": "0.5"}

    assert list(windows_of(ANTHROPIC, observed(headers=headers, model=model))) == [name]


def test_a_window_that_nobody_knows_is_kept() -> None:
    """So that it shows up before anybody writes code for it."""
    headers = {
        f"{UNIFIED}30d-utilization": "0.5",
        f"{UNIFIED}lunar-status": "rejected",
        f"{UNIFIED}2h-status": "allowed",
    }
    found = windows_of(ANTHROPIC, observed(headers=headers))

    assert set(found) == {"month", "plan@lunar", "7200s"}
    assert found["plan@lunar"].scope == "group:lunar"


def test_what_cannot_be_read_is_not_there() -> None:
    headers = {
        f"{UNIFIED}5h-utilization": "much",
        f"{UNIFIED}7d-status": "fine",
        f"{UNIFIED}reset": "1800000100",
        f"{UNIFIED}fallback-percentage": "0.5",
        "anthropic-ratelimit-requests-limit": "many",
    }

    assert windows_of(ANTHROPIC, observed(headers=headers)) == {}


def test_priority_has_buckets_of_its_own() -> None:
    headers = {"anthropic-priority-input-tokens-limit": "100", "anthropic-priority-input-tokens-remaining": "40"}
    found = windows_of(ANTHROPIC, observed(headers=headers))

    assert found["input_tokens/min@priority"].used_fraction == pytest.approx(0.6)


def test_a_relay_s_text_where_the_vendor_has_a_number() -> None:
    headers = {f"{UNIFIED}5h-status": "allowed", f"{UNIFIED}5h-reset": "2027-01-15T09:00:00Z"}

    assert windows_of(ANTHROPIC, observed(headers=headers))["5h"].resets_at == NOW + 3600


def test_both_windows_over_is_the_later_one() -> None:
    """To come back at the first would be in vain."""
    headers = {
        f"{UNIFIED}5h-status": "rejected",
        f"{UNIFIED}5h-reset": str(NOW + 3_600),
        f"{UNIFIED}7d-status": "rejected",
        f"{UNIFIED}7d-reset": str(NOW + 100_000),
    }
    failure = ANTHROPIC.diagnose(observed(429, headers=headers))

    assert (failure.kind, failure.scope, failure.rests_until) == (FailureKind.QUOTA_SPENT, "account", NOW + 100_000)


def test_an_account_of_nothing_but_credit() -> None:
    """It has no windows to wait for."""
    headers = {f"{UNIFIED}overage-status": "rejected", f"{UNIFIED}overage-reset": str(NOW + 900_000)}
    failure = ANTHROPIC.diagnose(observed(429, headers=headers))

    assert (failure.kind, failure.scope, failure.rests_until) == (FailureKind.BILLING, "account", None)


@pytest.mark.parametrize(("status", "inside"), [(529, False), (529, True)])
def test_who_pays_for_more_is_not_refused_by_a_window(status: int, inside: bool) -> None:
    """An overload meets paying accounts too; their windows are all over, and it is not for that."""
    headers = {
        f"{UNIFIED}5h-status": "rejected",
        f"{UNIFIED}5h-reset": str(NOW + 3_600),
        f"{UNIFIED}overage-status": "allowed",
    }
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failure = ANTHROPIC.diagnose(observed(status, body, headers, inside=inside))

    assert (failure.kind, failure.scope) == (FailureKind.OVERLOADED, "upstream")
