"""What failures and successes leave behind."""

from __future__ import annotations

from cliproxy.credentials.health import Health
from cliproxy.errors import Failure, FailureKind

LIMITED = Failure(FailureKind.RATE_LIMITED, 429, "slow down")
BAD_REQUEST = Failure(FailureKind.BAD_REQUEST, 400, "what?")


def test_the_rest_ends_on_its_own() -> None:
    """At the very second it was for."""
    health = Health()
    health.failed(LIMITED, 100)

    assert health.is_resting(100.9)
    assert not health.is_resting(101)


def test_failures_side_by_side_count_as_one() -> None:
    """Ten requests in flight when a limit strikes are one strike, not ten."""
    health = Health()
    for _ in range(10):
        health.failed(LIMITED, 100)

    assert (health.failures, health.rests_until) == (1, 101)


def test_failures_one_after_another_rest_longer_each_time() -> None:
    """It was asked again when its rest was over, and refused again."""
    health = Health()
    ends = []
    now = 100.0
    for _ in range(4):
        health.failed(LIMITED, now)
        now = health.rests_until
        ends.append(now)

    assert ends == [101, 103, 107, 115]


def test_a_later_failure_never_shortens_a_rest() -> None:
    """A short limit does not lift the half hour of a spent quota."""
    health = Health()
    health.failed(Failure(FailureKind.QUOTA_SPENT, 429, "spent"), 100)
    health.failed(LIMITED, 101)

    assert health.rests_until == 1900
    assert health.last == LIMITED


def test_a_success_forgets_everything() -> None:
    """The next failure is a first one again."""
    health = Health()
    health.failed(LIMITED, 100)
    health.failed(LIMITED, 101)
    health.succeeded()

    assert health == Health()


def test_a_bad_request_does_not_make_it_rest() -> None:
    """The upstream answered."""
    health = Health()
    health.failed(BAD_REQUEST, 100)

    assert not health.is_resting(100)
