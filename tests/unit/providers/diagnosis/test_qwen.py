"""Qwen and iFlow."""

from __future__ import annotations

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.calendars import midnight_in_china
from cliproxy.providers.diagnosis.reading import COMPATIBLE, IFLOW, QWEN
from tests.unit.providers.diagnosis.observing import NOW, observed


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    "error",
    [{"code": "insufficient_quota"}, {"type": "quota_exceeded"}, {"message": "Free allocated quota exceeded."}],
)
def test_a_spent_day_has_the_name_of_money(status: int, error: dict[str, str]) -> None:
    """Here it comes back by itself, at midnight in China."""
    failure = QWEN.diagnose(observed(status, {"error": error}))

    assert (failure.kind, failure.scope) == (FailureKind.QUOTA_SPENT, "account")
    assert failure.rests_until == midnight_in_china(NOW)


def test_elsewhere_it_is_money() -> None:
    body = {"error": {"code": "insufficient_quota"}}

    assert COMPATIBLE.diagnose(observed(429, body)).kind is FailureKind.BILLING
    assert QWEN.diagnose(observed(429, {"error": {"message": "slow down"}})).kind is FailureKind.RATE_LIMITED


def test_too_many_at_once_is_short() -> None:
    """Nothing is spent, so no per-day word may be read into it."""
    failure = IFLOW.diagnose(observed(429, {"error": {"message": "platform concurrency limit of the account"}}))

    assert (failure.kind, failure.rests_until) == (FailureKind.RATE_LIMITED, None)


@pytest.mark.parametrize(
    ("status", "code", "words", "kind", "scope"),
    [
        (401, "434", "Invalid apiKey", FailureKind.UNAUTHORIZED, "account"),
        (400, "435", "Model not support", FailureKind.NO_SUCH_MODEL, "model"),
        (429, "429", "platform concurrency limit of the account", FailureKind.RATE_LIMITED, "model"),
    ],
)
def test_iflow_refuses_in_a_shape_of_its_own(status: int, code: str, words: str, kind: FailureKind, scope: str) -> None:
    failure = IFLOW.diagnose(observed(status, {"status": code, "msg": words, "body": None}))

    assert (failure.kind, failure.scope, failure.message) == (kind, scope, words)
