"""What Google says when it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.diagnosis.reading import CLOUD_CODE, GEMINI, VERTEX
from cliproxy.providers.diagnosis.signals import Signals
from tests.unit.providers.diagnosis.observing import NOW, observed, windows_of

MINUTE = "GenerateRequestsPerMinutePerProjectPerModel"
DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"


def error(message: str = "m", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": list(details)}}


def quotas(*ids: str) -> dict[str, Any]:
    violations = [{"quotaId": id_, "quotaMetric": "x/generate_requests", "quotaValue": "10"} for id_ in ids]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def reason(name: str, **metadata: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": name, "metadata": metadata}


def retry(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def diagnosed(body: Any, signals: Signals = GEMINI, status: int = 429) -> Failure:
    return signals.diagnose(observed(status, body))


def test_a_day_beside_a_minute_is_a_day() -> None:
    """Both quotas are named when both are over."""
    failure = diagnosed(error("m", quotas(MINUTE, DAY), retry("20s")))

    assert (failure.kind, failure.scope) == (FailureKind.QUOTA_SPENT, "project")
    assert set(windows_of(GEMINI, observed(429, error("m", quotas(MINUTE, DAY))))) == {"requests/min", "requests/day"}


def test_a_minute_s_quota_is_the_project_s() -> None:
    """Another key of the project would meet it too."""
    failure = diagnosed(error("m", quotas(MINUTE), retry("20s")))

    assert (failure.kind, failure.scope, failure.rests_until) == (FailureKind.RATE_LIMITED, "project", NOW + 20)


@pytest.mark.parametrize(("id_", "kind"), [(MINUTE, FailureKind.RATE_LIMITED), (DAY, FailureKind.QUOTA_SPENT)])
def test_cloud_code_s_quotas_are_the_user_s(id_: str, kind: FailureKind) -> None:
    """And its days roll, so midnight says nothing."""
    metric = "cloudcode-pa.googleapis.com/requests"
    detail = {"@type": "google.rpc.QuotaFailure", "violations": [{"quotaId": id_, "quotaMetric": metric}]}
    failure = diagnosed(error("m", detail), CLOUD_CODE)

    assert (failure.kind, failure.scope, failure.rests_until) == (kind, "model", None)


@pytest.mark.parametrize(
    ("body", "kind", "until"),
    [
        (error("m", reason("RATE_LIMIT_EXCEEDED", quotaResetDelay="2s")), FailureKind.RATE_LIMITED, NOW + 2),
        (error("m", reason("RATE_LIMIT_EXCEEDED", quotaResetDelay="2h")), FailureKind.QUOTA_SPENT, NOW + 7_200),
        (error("m", reason("RATE_LIMIT_EXCEEDED", quota_limit="XPerDayPerUser")), FailureKind.QUOTA_SPENT, None),
        (error("m", reason("QUOTA_EXHAUSTED", quotaResetDelay="2h", model="a")), FailureKind.QUOTA_SPENT, NOW + 7_200),
        (error("m", reason("QUOTA_EXHAUSTED")), FailureKind.QUOTA_SPENT, None),
        (
            error("m", reason("QUOTA_EXHAUSTED", quotaResetTimeStamp="2027-03-15T08:00:00Z")),
            FailureKind.QUOTA_SPENT,
            None,
        ),
        (error("m", reason("INSUFFICIENT_G1_CREDITS_BALANCE")), FailureKind.BILLING, None),
        (error("m", reason("MODEL_CAPACITY_EXHAUSTED")), FailureKind.OVERLOADED, None),
        (error("Resource has been exhausted (e.g. check quota)."), FailureKind.RATE_LIMITED, None),
        (error("Resource exhausted. Please try again later."), FailureKind.OVERLOADED, None),
        (error("Quota exceeded, limit: 0, model: m"), FailureKind.NOT_ENTITLED, None),
        (error("Quota exceeded, limit: 0.5, model: m"), FailureKind.RATE_LIMITED, None),
    ],
)
def test_what_a_reason_means(body: Any, kind: FailureKind, until: float | None) -> None:
    """The same sentence stands beside reasons that mean the opposite, so sentences come last."""
    failure = diagnosed(body, CLOUD_CODE)

    assert (failure.kind, failure.rests_until) == (kind, until)


@pytest.mark.parametrize("name", ["VALIDATION_REQUIRED", "UNSUPPORTED_CLIENT"])
def test_what_a_person_must_settle(name: str) -> None:
    """It hits all models, and no time ends it."""
    failure = diagnosed(error("m", reason(name)), CLOUD_CODE, 403)

    assert (failure.kind, failure.scope, failure.rests_until) == (FailureKind.FORBIDDEN, "account", None)


@pytest.mark.parametrize(
    ("metric", "window"),
    [
        ("generate_content_requests_per_minute_per_project_per_base_model", "requests/min"),
        ("online_prediction_requests_per_base_model", "requests/min"),
        ("online_prediction_output_tokens_per_minute_per_base_model", "output_tokens/min"),
        ("generate_content_tokens_per_day", "tokens/day"),
    ],
)
def test_vertex_names_only_a_metric(metric: str, window: str) -> None:
    body = [error(f"Quota exceeded for aiplatform.googleapis.com/{metric} with base model: x.")]

    assert list(windows_of(VERTEX, observed(429, body))) == [window]
    assert diagnosed(body, VERTEX).scope == "project"


def test_odd_details_are_passed_over() -> None:
    odd = [
        5,
        None,
        {"@type": 5},
        {"@type": "x.QuotaFailure", "violations": 5},
        {"reason": "QUOTA_EXHAUSTED", "metadata": 5},
    ]
    body = {"error": {"status": "RESOURCE_EXHAUSTED", "details": odd}}

    assert diagnosed(body).kind is FailureKind.QUOTA_SPENT
