"""The usage endpoint of a Claude account."""

from __future__ import annotations

import pytest

from cliproxy.credentials.quota import rests
from cliproxy.providers.diagnosis.reading import ANTHROPIC
from tests.unit.providers.diagnosis.observing import NOW, observed, polled, windows_of

SOON = "2027-01-15T09:00:00Z"


def test_every_week_by_its_family() -> None:
    """One is called by a name that is no model's; of unknown ones the key is the name."""
    body = {
        key: {"utilization": 50, "resets_at": SOON}
        for key in ("seven_day", "seven_day_opus", "iguana_necktie", "seven_day_oauth_apps", "fortnight")
    }
    found = polled(ANTHROPIC, body | {"seven_day_sonnet": None, "other": {"x": 1}, "text": "x"})

    assert set(found) == {"week", "week@opus", "week@fable", "week@oauth_apps", "plan@fortnight"}
    assert found["week@opus"].used_fraction == 0.5
    assert found["week@opus"].scope == "group:opus"


def test_the_list_goes_before_the_keys() -> None:
    """Both tell the same window; one that names no model is nobody's."""
    limits = [
        {"kind": "session", "percent": 12, "resets_at": SOON},
        {"kind": "weekly_scoped", "percent": 64, "scope": {"model": {"display_name": "Fable"}}},
        {"kind": "weekly_scoped", "percent": 99, "scope": None},
        {"kind": "hourly", "percent": 5},
        "x",
    ]
    found = polled(ANTHROPIC, {"five_hour": {"utilization": 11, "resets_at": SOON}, "limits": limits})

    assert {name: window.used_fraction for name, window in found.items()} == {
        "5h": 0.12,
        "week@fable": 0.64,
        "plan@hourly": 0.05,
    }


@pytest.mark.parametrize(("utilization", "at_rest"), [(25.0, {}), (100.0, {"account": NOW + 3_600})])
def test_a_window_over_rests_nobody_who_can_buy_more(utilization: float, at_rest: dict[str, float]) -> None:
    extra = {"is_enabled": True, "monthly_limit": 5000, "used_credits": 1250, "utilization": utilization}
    body = {"five_hour": {"utilization": 100.0, "resets_at": SOON}, "extra_usage": extra}
    found = polled(ANTHROPIC, body)

    assert found["overage"].used == 1250
    assert rests(list(found.values()), now=NOW) == at_rest


def test_only_the_endpoint_s_own_answer_is_read() -> None:
    """A reply can say anything."""
    body = {"five_hour": {"utilization": 100.0, "resets_at": SOON}}

    assert windows_of(ANTHROPIC, observed(200, body)) == {}
    assert windows_of(ANTHROPIC, observed(429, {"error": {"type": "rate_limit_error"}}, polled=True)) == {}
