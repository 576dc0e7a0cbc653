"""
How long to rest after which failure.

Source: `reference` sheet `config` section 7.3; the cap and the doubling: product, "resilience".
"""

from __future__ import annotations

from cliproxy.errors import Failure, FailureKind

FIRST_REST = 1.0  # seconds
LONGEST_REST = 30 * 60.0
LONGEST_BRIEF_REST = 60.0

_LONG = {FailureKind.UNAUTHORIZED, FailureKind.FORBIDDEN, FailureKind.QUOTA_SPENT, FailureKind.NO_SUCH_MODEL}
_BRIEF = {
    FailureKind.OVERLOADED,
    FailureKind.SERVER_ERROR,
    FailureKind.UNREACHABLE,
    FailureKind.NO_CONTENT,
    FailureKind.WRONG_ANSWER,
}


def rest_after(failure: Failure, failures: int) -> float:
    """
    Return how long to rest, in seconds; 0: the failure says nothing against the credential.

    What the upstream asked for counts, up to half an hour; else 1, 2, 4 ... up to half an hour after a rate limit, up
    to a minute after trouble that tends to pass; half an hour where only a person or a new period can help.
    """
    doubling = FIRST_REST * 2.0 ** min(failures - 1, 30)
    if failure.kind is FailureKind.RATE_LIMITED or failure.kind in _BRIEF:
        if failure.retry_after is not None:
            return min(max(failure.retry_after, FIRST_REST), LONGEST_REST)
        longest = LONGEST_REST if failure.kind is FailureKind.RATE_LIMITED else LONGEST_BRIEF_REST
        return min(doubling, longest)
    if failure.kind in _LONG:
        return LONGEST_REST if failure.retry_after is None else min(max(failure.retry_after, FIRST_REST), LONGEST_REST)
    return 0.0
