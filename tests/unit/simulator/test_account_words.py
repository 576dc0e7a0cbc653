"""What vendors say of an account: names and spellings as they were recorded."""

from typing import Any

import pytest

from cliproxy.simulator import Account, Accounts, Answer, Upstream, Window
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.asking import json_of, saying

NOW = 1_800_000_000
FIVE_HOURS, WEEK = Window(10, 18000), Window(100, 604800)


def answers(dialect: str, account: Account, times: int, model: str = "simulated") -> list[Answer]:
    """Return what an account is answered, asked so many times within a second."""
    upstream = Upstream(accounts=Accounts({"sk-1": account}, HandClock(NOW)))
    return [upstream.answer(saying(dialect, "hello", model)) for _ in range(times)]


def told(answer: Answer, prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in answer.headers.items() if name.startswith(prefix)}


def detail(answer: Answer, kind: str) -> Any:
    return next(found for found in json_of(answer)["error"]["details"] if found["@type"].endswith(kind))


def test_a_claude_plan_tells_its_windows_on_every_answer() -> None:
    """A fraction that is used, the unix time of the reset, and which window binds."""
    *_, ninth = answers("anthropic_messages", Account((FIVE_HOURS, WEEK), is_plan=True), 9)
    unified = told(ninth, "anthropic-ratelimit-unified-")

    assert unified == {
        "5h-status": "allowed_warning",
        "5h-utilization": "0.90",
        "5h-reset": str(NOW + 18000),
        "7d-status": "allowed",
        "7d-utilization": "0.09",
        "7d-reset": str(NOW + 604800),
        "status": "allowed_warning",
        "reset": str(NOW + 18000),
        "representative-claim": "five_hour",
    }


def test_a_claude_plan_refuses_with_the_window_that_is_spent() -> None:
    """The answer that used up the window was a success still, and not called rejected."""
    *_, last, refused = answers("anthropic_messages", Account((FIVE_HOURS, WEEK), is_plan=True), 11)

    assert last.headers["anthropic-ratelimit-unified-5h-status"] == "allowed_warning"
    assert (refused.status, refused.headers["retry-after"]) == (429, "18000")
    assert refused.headers["anthropic-ratelimit-unified-5h-status"] == "rejected"
    assert refused.headers["anthropic-ratelimit-unified-7d-status"] == "allowed"
    assert json_of(refused)["error"]["type"] == "rate_limit_error"


def test_a_familys_week_is_told_to_that_family_only() -> None:
    """So that a gateway which rests the whole account for it is found out."""
    plan = Account((FIVE_HOURS, Window(1, 604800, models=("opus",))), is_plan=True)
    *_, refused = answers("anthropic_messages", plan, 2, "opus")
    (other,) = answers("anthropic_messages", plan, 1, "haiku")

    assert refused.headers["anthropic-ratelimit-unified-7d_oi-status"] == "rejected"
    assert refused.headers["anthropic-ratelimit-unified-5h-status"] == "allowed"
    assert refused.headers["anthropic-ratelimit-unified-representative-claim"] == "seven_day_overage_included"
    assert other.status == 200
    assert told(other, "anthropic-ratelimit-unified-7d") == {}


def test_an_anthropic_key_tells_a_bucket() -> None:
    """The reset is a date."""
    first, refused = answers("anthropic_messages", Account((Window(1, 60),)), 2)

    assert told(first, "anthropic-ratelimit-requests-") == {
        "limit": "1",
        "remaining": "0",
        "reset": "2027-01-15T08:01:00Z",
    }
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses"])
def test_an_openai_key_tells_requests_and_a_go_duration(dialect: str) -> None:
    """And its refusal says how long to wait three times: in two headers and in words."""
    first, refused = answers(dialect, Account((Window(1, 90),)), 2)

    assert told(first, "x-ratelimit-") == {"limit-requests": "1", "remaining-requests": "0", "reset-requests": "1m30s"}
    assert (refused.headers["retry-after"], refused.headers["retry-after-ms"]) == ("90", "90000")
    assert json_of(refused)["error"]["code"] == "rate_limit_exceeded"
    assert "Please try again in 1m30s." in json_of(refused)["error"]["message"]


def test_a_codex_plan_tells_percent_and_the_length_of_its_windows() -> None:
    """Its refusal states the reset, absolute and relative."""
    first, *_, refused = answers("openai_responses", Account((FIVE_HOURS, WEEK), is_plan=True), 11)

    assert told(first, "x-codex-primary-") == {
        "used-percent": "10",
        "window-minutes": "300",
        "reset-at": str(NOW + 18000),
    }
    assert told(first, "x-codex-secondary-")["window-minutes"] == "10080"
    assert refused.headers["x-codex-active-limit"] == "codex"
    assert json_of(refused)["error"] == {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "plus",
        "resets_at": NOW + 18000,
        "resets_in_seconds": 18000,
    }


def test_a_family_at_codex_has_a_meter_of_its_own() -> None:
    """Its headers have the meter's name in front, and the refusal says which one it was."""
    plan = Account((FIVE_HOURS, Window(1, 600, models=("spark",), name="bengalfox")), is_plan=True)
    first, refused = answers("openai_responses", plan, 2, "spark")

    assert told(first, "x-codex-bengalfox-") == {
        "primary-used-percent": "100",
        "primary-window-minutes": "10",
        "primary-reset-at": str(NOW + 600),
        "limit-name": "spark",
    }
    assert refused.headers["x-codex-active-limit"] == "codex_bengalfox"


def test_a_free_plan_at_a_compatible_server_says_nothing_of_time() -> None:
    """There the gateway has to guess."""
    first, refused = answers("openai_chat", Account((Window(1, 86400),), is_plan=True), 2)

    assert told(first, "x-ratelimit-") == told(refused, "retry-after") == {}
    assert json_of(refused)["error"]["code"] == "insufficient_quota"


def test_a_gemini_key_names_the_quota_and_cuts_the_wait() -> None:
    """Nothing is told before the refusal; a minute's wait is right, a day's is not."""
    first, refused = answers("gemini", Account((Window(1, 59.5),)), 2)
    *_, day = answers("gemini", Account((Window(1, 86400),)), 2)

    assert told(first, "x-") == {}
    assert (refused.status, detail(refused, "RetryInfo")["retryDelay"]) == (429, "60s")
    assert detail(refused, "QuotaFailure")["violations"][0]["quotaId"].startswith("GenerateRequestsPerMinute")
    assert detail(day, "QuotaFailure")["violations"][0]["quotaId"].startswith("GenerateRequestsPerDay")
    assert detail(day, "RetryInfo")["retryDelay"] == "10s"


def test_a_cloud_code_account_says_when_its_model_is_back() -> None:
    """In three spellings."""
    *_, refused = answers("gemini", Account((Window(1, 18000),), is_plan=True), 2)
    info = detail(refused, "ErrorInfo")

    assert info["reason"] == "QUOTA_EXHAUSTED"
    assert info["metadata"]["quotaResetDelay"] == "5h0m0s"
    assert info["metadata"]["quotaResetTimeStamp"] == "2027-01-15T13:00:00Z"
    assert detail(refused, "RetryInfo")["retryDelay"] == "18000s"


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
@pytest.mark.parametrize("is_plan", [False, True])
def test_a_hint_may_be_wrong_by_days(dialect: str, is_plan: bool) -> None:
    """Vendors do tell the end of the month where the end of the hour is meant."""
    *_, refused = answers(dialect, Account((Window(1, 60),), is_plan=is_plan, hint=18 * 86400), 2)

    assert refused.headers["retry-after"] == "1555200"
