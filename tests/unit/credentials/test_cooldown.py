"""How long to rest after which failure."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.cooldown import LONGEST_BRIEF_REST, LONGEST_REST, Rest, rest_after, rest_of
from cliproxy.errors import Failure, FailureKind

NOW = 1_000_000.0
CAP = 3600.0

RATE_LIMITED = FailureKind.RATE_LIMITED
BRIEF = (
    FailureKind.OVERLOADED,
    FailureKind.SERVER_ERROR,
    FailureKind.UNREACHABLE,
    FailureKind.NO_CONTENT,
    FailureKind.WRONG_ANSWER,
)
LONG = (
    FailureKind.UNAUTHORIZED,
    FailureKind.FORBIDDEN,
    FailureKind.QUOTA_SPENT,
    FailureKind.NOT_ENTITLED,
    FailureKind.NO_SUCH_MODEL,
)
BILLING = FailureKind.BILLING
NONE = (FailureKind.PROOF_REFUSED, FailureKind.BAD_REQUEST, FailureKind.CONTENT_REFUSED, FailureKind.TOO_LARGE)


def failure(kind: FailureKind, retry_after: float | None = None, rests_until: float | None = None) -> Failure:
    return Failure(kind, 0, "no", retry_after=retry_after, rests_until=rests_until)


def test_every_kind_is_in_one_of_these_tables() -> None:
    """A new kind must be thought about here."""
    assert sorted((RATE_LIMITED, BILLING, *BRIEF, *LONG, *NONE), key=str) == sorted(FailureKind, key=str)


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


def test_who_does_not_pay_is_asked_less_and_less() -> None:
    """Up to the cap: then somebody may have paid."""
    rests = [rest_of(failure(BILLING), failures, now=NOW, longest=3 * 3600) for failures in (1, 2, 3, 4)]

    assert [rest.until - NOW for rest in rests if rest] == [1800, 3600, 7200, 10_800]


@pytest.mark.parametrize("kind", NONE)
def test_a_bad_request_says_nothing_against_the_credential(kind: FailureKind) -> None:
    """Else one client with a broken request would take all credentials from the others."""
    assert rest_of(failure(kind, 10, NOW + 20), 1, now=NOW, longest=CAP) is None


@pytest.mark.parametrize("kind", [RATE_LIMITED, BILLING, *BRIEF, *LONG])
@pytest.mark.parametrize(("stated", "seconds"), [(0.2, 1), (17.8, 17.8), (3600, 3600), (18 * 86_400, 3600)])
def test_what_the_upstream_asks_for_counts_up_to_the_cap(kind: FailureKind, stated: float, seconds: float) -> None:
    """Upstreams have stated weeks that were over in minutes. What was stated is kept, to be shown."""
    rest = rest_of(failure(kind, stated), 9, now=NOW, longest=CAP)

    assert rest == Rest(NOW + seconds, NOW + max(stated, 1))


def test_a_stated_time_is_met_to_the_second() -> None:
    """Nothing is added to it, and it goes before a number of seconds."""
    rest = rest_of(failure(FailureKind.QUOTA_SPENT, 30, NOW + 1234.5), 3, now=NOW, longest=CAP)

    assert rest == Rest(NOW + 1234.5, NOW + 1234.5)


@pytest.mark.parametrize(
    ("retry_after", "rests_until"),
    [(0, None), (-5, None), (math.nan, None), (None, NOW), (None, NOW - 9), (0, math.nan)],
)
def test_what_is_no_time_ahead_is_no_statement(retry_after: float | None, rests_until: float | None) -> None:
    """Upstreams send zeros, and times that are over; then the ladder decides."""
    rest = rest_of(failure(RATE_LIMITED, retry_after, rests_until), 3, now=NOW, longest=CAP)

    assert rest == Rest(NOW + 4, None)


@pytest.mark.parametrize("kind", BRIEF)
def test_without_cooling_trouble_that_passes_makes_nobody_rest(kind: FailureKind) -> None:
    """Also where the upstream says how long: that is what the setting is for."""
    assert rest_of(failure(kind, 10), 1, now=NOW, longest=CAP, cools=False) is None


def test_without_cooling_a_stated_limit_still_counts() -> None:
    """Asking again before the time the upstream gave would only be refused again."""
    assert rest_of(failure(RATE_LIMITED), 1, now=NOW, longest=CAP, cools=False) is None
    assert rest_of(failure(RATE_LIMITED, 10), 1, now=NOW, longest=CAP, cools=False) == Rest(NOW + 10, NOW + 10)
    assert rest_of(failure(FailureKind.UNAUTHORIZED), 1, now=NOW, longest=CAP, cools=False) is not None


@given(
    kind=st.sampled_from(FailureKind),
    retry_after=st.none() | st.floats(),
    rests_until=st.none() | st.floats(),
    failures=st.integers(1, 10_000),
    longest=st.floats(1, 1e5),
)
def test_no_rest_is_longer_than_the_cap(
    kind: FailureKind, retry_after: float | None, rests_until: float | None, failures: int, longest: float
) -> None:
    """Whatever was stated, and however often it failed."""
    rest = rest_of(failure(kind, retry_after, rests_until), failures, now=NOW, longest=longest)

    assert (rest is None) is (kind in NONE)
    if rest is not None:
        assert NOW < rest.until <= NOW + longest
    if kind in BRIEF:
        assert rest_after(failure(kind), failures) <= LONGEST_BRIEF_REST
