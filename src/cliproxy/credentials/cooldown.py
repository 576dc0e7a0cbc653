"""
How long to rest after which failure.

What the upstream states counts, up to a cap that the operator sets. Where it states nothing there is a ladder for each
kind of failure.

Source: `reference` sheets `config` section 7.3, `quota` section 2.2; the cap and the doubling: product, "resilience".
"""

from __future__ import annotations

from typing import NamedTuple

from cliproxy.errors import Failure, FailureKind

FIRST_REST = 1.0  # seconds
LONGEST_REST = 30 * 60.0  # of a ladder, but for billing
LONGEST_BRIEF_REST = 60.0

PASSING = frozenset(  # trouble that tends to be over soon
    {
        FailureKind.OVERLOADED,
        FailureKind.SERVER_ERROR,
        FailureKind.UNREACHABLE,
        FailureKind.NO_CONTENT,
        FailureKind.WRONG_ANSWER,
    }
)
_LONG = frozenset(  # a person or a new period must help
    {
        FailureKind.UNAUTHORIZED,
        FailureKind.FORBIDDEN,
        FailureKind.QUOTA_SPENT,
        FailureKind.NOT_ENTITLED,
        FailureKind.NO_SUCH_MODEL,
    }
)


class Rest(NamedTuple):
    """Until when, as unix times."""

    until: float
    stated_until: float | None  # what the upstream said, where it said something


def rest_of(failure: Failure, failures: int, *, now: float, longest: float, cools: bool = True) -> Rest | None:
    """
    Return the rest after a failure, or None where it says nothing against anybody.

    Args:
        failure: What the upstream answered.
        failures: How many there were in a row, this one included.
        now: Unix time.
        longest: Seconds; no rest is longer, whoever asks for it.
        cools: False: none for trouble that passes, nor for a rate limit of which nobody said how long it lasts.
    """
    seconds = rest_after(failure, failures)
    if not seconds:
        return None
    stated = _stated_until(failure, now)
    if not cools and (failure.kind in PASSING or (failure.kind is FailureKind.RATE_LIMITED and stated is None)):
        return None
    return Rest(min(now + seconds if stated is None else stated, now + longest), stated)


def rest_after(failure: Failure, failures: int) -> float:
    """
    Return how long to rest where the upstream states nothing, in seconds; 0: the failure is nobody's but the request's.

    1, 2, 4 ... up to half an hour after a rate limit, up to a minute after trouble that tends to pass; half an hour
    where only a person or a new period can help, and doubling for as long as nobody pays.
    """
    doublings = 2.0 ** min(failures - 1, 30)
    if failure.kind in PASSING:
        return min(FIRST_REST * doublings, LONGEST_BRIEF_REST)
    if failure.kind is FailureKind.RATE_LIMITED:
        return min(FIRST_REST * doublings, LONGEST_REST)
    if failure.kind is FailureKind.BILLING:
        return LONGEST_REST * doublings
    return LONGEST_REST if failure.kind in _LONG else 0.0


def _stated_until(failure: Failure, now: float) -> float | None:
    """Return the unix time that the upstream asks to wait for. What is over, or no number, is no statement."""
    if failure.rests_until is not None and failure.rests_until > now:
        return failure.rests_until
    if failure.retry_after is not None and failure.retry_after > 0:
        return now + max(failure.retry_after, FIRST_REST)
    return None
