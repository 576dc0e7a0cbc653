"""What codes and words claim."""

from __future__ import annotations

import pytest

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.claims import BY_CODE, LIMITS, OTHERWISE
from tests.unit.providers.diagnosis.observing import NOW, refused


def test_a_code_means_one_thing() -> None:
    """Else the order of three tables would decide."""
    assert not set(BY_CODE) & set(OTHERWISE)
    assert not set(BY_CODE) & LIMITS
    assert not set(OTHERWISE) & LIMITS


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 503])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_quota", FailureKind.BILLING),
        ("overloaded_error", FailureKind.OVERLOADED),
        ("usage_not_included", FailureKind.NOT_ENTITLED),
        ("QUOTA_EXHAUSTED", FailureKind.QUOTA_SPENT),
        ("rate_limit_error", FailureKind.RATE_LIMITED),
        ("invalid_api_key", FailureKind.UNAUTHORIZED),
    ],
)
def test_a_code_holds_under_any_status(status: int, code: str, kind: FailureKind) -> None:
    assert refused(status, {"error": {"code": code}}).kind is kind


@pytest.mark.parametrize(
    ("message", "kind", "until"),
    [
        (
            "on requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s.",
            FailureKind.QUOTA_SPENT,
            NOW + 432,
        ),
        ("on requests per day (RPD): Limit 200. Please try again in 8.64s.", FailureKind.QUOTA_SPENT, None),
        ("daily limit reached", FailureKind.QUOTA_SPENT, None),
        ("on tokens per min (TPM): Limit 30000", FailureKind.RATE_LIMITED, None),
        ("The model is temporarily overloaded.", FailureKind.OVERLOADED, None),
        ("Too many requests", FailureKind.RATE_LIMITED, None),
    ],
)
def test_words_of_a_limit(message: str, kind: FailureKind, until: float | None) -> None:
    """Where a code says no more than that there is one."""
    failure = refused(429, {"error": {"message": message, "code": "rate_limit_exceeded"}})

    assert (failure.kind, failure.rests_until) == (kind, until)
