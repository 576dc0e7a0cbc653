"""Errors, and what they say."""

from __future__ import annotations

import pytest

from cliproxy.errors import (
    AccessDenied,
    ConfigError,
    Failure,
    FailureKind,
    GatewayError,
    NoCredentialReady,
    NotTranslated,
    RequestError,
    SetupError,
    UpstreamError,
)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (GatewayError, 500, "internal_error"),
        (RequestError, 400, "invalid_request"),
        (AccessDenied, 401, "invalid_api_key"),
        (NotTranslated, 501, "not_translated"),
        (NoCredentialReady, 503, "no_credential_ready"),
    ],
)
def test_each_has_a_status_and_a_code_of_its_own(kind: type[GatewayError], status: int, code: str) -> None:
    """Both can be said otherwise, for one error and not for all."""
    plain, other = kind("why"), kind("why", status=418, code="teapot", retry_after=1.5)

    assert (plain.status, plain.code, plain.retry_after, plain.message, str(plain)) == (
        status,
        code,
        None,
        "why",
        "why",
    )
    assert (other.status, other.code, other.retry_after) == (418, "teapot", 1.5)
    assert kind("again").status == status


def test_an_upstream_s_refusal_keeps_what_is_known_of_it() -> None:
    """The time to wait goes on to the client."""
    failure = Failure(FailureKind.RATE_LIMITED, 429, "slow down", retry_after=7)
    error = UpstreamError(failure, status=429, message="slow down", body=b"{}")

    assert (error.status, error.code, error.retry_after, error.body) == (429, "rate_limited", 7, b"{}")
    assert error.failure is failure


def test_a_configuration_s_faults_are_told_all_at_once() -> None:
    """One line each."""
    error = ConfigError(["a.yaml:1: this", "a.yaml:2: that"])

    assert isinstance(error, SetupError)
    assert error.problems == ("a.yaml:1: this", "a.yaml:2: that")
    assert str(error) == "a.yaml:1: this\na.yaml:2: that"


def test_a_setup_error_is_not_a_client_s() -> None:
    """It speaks to the operator, and names files."""
    assert not issubclass(SetupError, GatewayError)
