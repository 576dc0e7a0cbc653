"""What failures leave behind in one scope."""

from __future__ import annotations

from cliproxy.credentials.cooldown import Rest
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.health import LONGEST_TEST, Health
from cliproxy.errors import Failure
from tests.unit.credentials.pools import limited, spent

A, B = Candidate("a", "m"), Candidate("b", "m")


def failed(*, at: float, until: float, failure: Failure | None = None) -> Health:
    health = Health(failure or limited())
    health.failed(A, health.failure, Rest(until, None), at)
    return health


def test_it_rests_and_then_it_is_open_for_a_test() -> None:
    """At the very second it was for, and on its own."""
    health = failed(at=100, until=110)

    assert (health.is_shut(109.9), health.opens_at(105)) == (True, 110)
    assert (health.is_shut(110), health.opens_at(110)) == (False, 110)


def test_one_tests_and_the_others_wait() -> None:
    """A crowd that comes back at once is what the rest was to prevent."""
    health = failed(at=100, until=110)
    health.claim(A, 110)

    assert health.is_shut(110)
    assert health.opens_at(110) == 110 + LONGEST_TEST


def test_a_test_that_neither_answers_nor_ends_is_not_waited_for_for_ever() -> None:
    """It may think for minutes; another may try meanwhile."""
    health = failed(at=100, until=110)
    health.claim(A, 110)

    assert health.is_shut(139.9)
    assert not health.is_shut(140)


def test_only_the_tester_frees_the_test() -> None:
    """Others may have begun long before."""
    health = failed(at=100, until=110)
    health.claim(A, 110)
    health.free(B)
    assert health.is_shut(111)

    health.free(A)
    assert not health.is_shut(111)


def test_failures_side_by_side_count_as_one() -> None:
    """Ten requests in flight when a limit strikes are one strike, not ten; also where some come late."""
    health = failed(at=100, until=101)
    for at in (100.0, 100.5, 103.0):
        assert health.failures_with(A) == 1
        health.failed(A, limited(), Rest(at + 1, None), at)

    assert (health.failures, health.rests_until) == (1, 104)


def test_a_failed_test_counts() -> None:
    """It was asked again when its rest was over, and refused again."""
    health = failed(at=100, until=101)
    health.claim(B, 101)
    assert (health.failures_with(B), health.failures_with(A)) == (2, 1)
    health.failed(B, limited(), Rest(103, None), 101)

    assert (health.failures, health.is_shut(102.9), health.is_shut(103)) == (2, True, False)


def test_a_later_failure_shortens_no_rest() -> None:
    """A short limit does not lift the half hour of a spent quota, nor hide it."""
    health = failed(at=100, until=1900, failure=spent())
    health.failed(A, limited(), Rest(102, None), 101)

    assert (health.rests_until, health.failure) == (1900, spent())


def test_an_earlier_end_that_the_upstream_states_counts() -> None:
    """It knows best: the quota was reset early, or the first time was a guess."""
    health = failed(at=100, until=1900, failure=spent())
    health.failed(A, spent(300), Rest(300, 300), 101)

    assert (health.rests_until, health.stated_until) == (300, 300)


def test_a_clock_that_is_set_back_ends_the_rest() -> None:
    """Else it would last hours longer than the cap. A few seconds are what clocks do."""
    health = failed(at=10_000, until=10_100)

    assert health.is_resting(9_990)
    assert not health.is_resting(6_000)
    health.claim(A, 10_100)
    assert not health.is_tested(6_000)


def test_a_rest_can_be_ended_from_outside() -> None:
    """One request will tell whether that was right: what is known of failures stays."""
    health = failed(at=100, until=1900)
    health.end_rest()

    assert (health.is_shut(101), health.failures) == (False, 1)
