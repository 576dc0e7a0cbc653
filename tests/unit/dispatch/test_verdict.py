"""What follows a failure, and what a client is told of it."""

from __future__ import annotations

import pytest

from cliproxy.credentials.cooldown import rest_after
from cliproxy.dispatch.verdict import VERDICTS, Next, status_of
from cliproxy.errors import Failure, FailureKind

STOPS = {FailureKind.BAD_REQUEST, FailureKind.CONTENT_REFUSED, FailureKind.TOO_LARGE}


def failure(kind: FailureKind, status: int = 0) -> Failure:
    return Failure(kind, status, "no")


@pytest.mark.parametrize("kind", set(FailureKind) - {FailureKind.PROOF_REFUSED})
def test_only_the_request_s_own_faults_end_the_search(kind: FailureKind) -> None:
    """Everything else may go better with another account."""
    assert VERDICTS[kind] is (Next.STOP if kind in STOPS else Next.OTHER_CREDENTIAL)


def test_a_refused_proof_costs_the_proofs() -> None:
    assert VERDICTS[FailureKind.PROOF_REFUSED] is Next.WITHOUT_PROOFS


@pytest.mark.parametrize("kind", FailureKind)
def test_whoever_is_passed_over_rests(kind: FailureKind) -> None:
    """Else the next request would go to it again; and a client's own fault must not cost anybody a rest."""
    rests = rest_after(failure(kind), 1) > 0

    assert rests is (VERDICTS[kind] is Next.OTHER_CREDENTIAL)


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("status", [400, 404, 429, 500, 529, 599])
def test_a_client_is_told_the_upstream_s_status(kind: FailureKind, status: int) -> None:
    """It knows what to make of it."""
    assert status_of(failure(kind, status)) == status


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("status", [0, 200, 302])
def test_what_is_no_error_s_status_is_replaced(kind: FailureKind, status: int) -> None:
    """A refusal inside a 200 must not reach the client as one."""
    assert 400 <= status_of(failure(kind, status)) <= 599


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.RATE_LIMITED, 429),
        (FailureKind.QUOTA_SPENT, 429),
        (FailureKind.OVERLOADED, 503),
        (FailureKind.UNREACHABLE, 502),
        (FailureKind.UNAUTHORIZED, 401),
        (FailureKind.NO_SUCH_MODEL, 404),
        (FailureKind.TOO_LARGE, 413),
    ],
)
def test_a_kind_has_the_status_that_clients_know(kind: FailureKind, status: int) -> None:
    """They decide by it whether to try again."""
    assert status_of(failure(kind)) == status
