"""How long to rest after which failure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.cooldown import LONGEST_BRIEF_REST, LONGEST_REST, rest_after
from cliproxy.errors import Failure, FailureKind

RATE_LIMITED = FailureKind.RATE_LIMITED
BRIEF = (
    FailureKind.OVERLOADED,
    FailureKind.SERVER_ERROR,
    FailureKind.UNREACHABLE,
    FailureKind.NO_CONTENT,
    FailureKind.WRONG_ANSWER,
)
LONG = (FailureKind.UNAUTHORIZED, FailureKind.FORBIDDEN, FailureKind.QUOTA_SPENT, FailureKind.NO_SUCH_MODEL)
NONE = (FailureKind.PROOF_REFUSED, FailureKind.BAD_REQUEST, FailureKind.CONTENT_REFUSED, FailureKind.TOO_LARGE)

a_wait = st.none() | st.floats(0, 1e9)
failure_counts = st.integers(1, 10_000)


def failure(kind: FailureKind, retry_after: float | None = None) -> Failure:
    return Failure(kind, 0, "no", retry_after=retry_after)


def test_every_kind_is_in_one_of_these_tables() -> None:
    """A new kind must be thought about here."""
    assert sorted((RATE_LIMITED, *BRIEF, *LONG, *NONE), key=str) == sorted(FailureKind, key=str)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (11, 1024), (12, 1800), (13, 1800), (10_000, 1800)]
)
def test_rate_limits_double_up_to_half_an_hour(failures: int, seconds: float) -> None:
    """Where the upstream does not say how long."""
    assert rest_after(failure(RATE_LIMITED), failures) == seconds


@pytest.mark.parametrize("kind", BRIEF)
@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (6, 32), (7, 60), (10_000, 60)])
def test_trouble_that_passes_doubles_up_to_a_minute(kind: FailureKind, failures: int, seconds: float) -> None:
    """An upstream that is back must not be waited for long."""
    assert rest_after(failure(kind), failures) == seconds


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("failures", [1, 5])
def test_what_only_a_person_can_mend_rests_half_an_hour_at_once(kind: FailureKind, failures: int) -> None:
    """Asking again in a second would only be refused again."""
    assert rest_after(failure(kind), failures) == LONGEST_REST


@pytest.mark.parametrize("kind", NONE)
@given(retry_after=a_wait, failures=failure_counts)
def test_a_bad_request_says_nothing_against_the_credential(
    kind: FailureKind, retry_after: float | None, failures: int
) -> None:
    """Else one client with a broken request would take all credentials from the others."""
    assert rest_after(failure(kind, retry_after), failures) == 0


@pytest.mark.parametrize("kind", [RATE_LIMITED, *BRIEF, *LONG])
@pytest.mark.parametrize(("stated", "seconds"), [(0.2, 1), (1, 1), (17.8, 17.8), (1800, 1800), (604800, 1800)])
def test_what_the_upstream_asks_for_counts(kind: FailureKind, stated: float, seconds: float) -> None:
    """Between a second and half an hour: upstreams have stated weeks that were over in minutes."""
    assert rest_after(failure(kind, stated), failures=9) == seconds


@given(kind=st.sampled_from(FailureKind), retry_after=a_wait, failures=failure_counts)
def test_no_rest_is_longer_than_half_an_hour(kind: FailureKind, retry_after: float | None, failures: int) -> None:
    """And one that fails for the tenth time does not rest shorter than at the first."""
    rest = rest_after(failure(kind, retry_after), failures)

    assert 0 <= rest <= LONGEST_REST
    assert rest >= rest_after(failure(kind, retry_after), 1)
    if kind in BRIEF and retry_after is None:
        assert rest <= LONGEST_BRIEF_REST
