"""Failure -> what next. The one table; how long to rest is `credentials.cooldown`'s."""

from __future__ import annotations

import enum

from cliproxy.errors import Failure, FailureKind


class Next(enum.Enum):
    """What follows a failed attempt."""

    STOP = "stop"  # another account would refuse too
    WITHOUT_PROOFS = "without proofs"  # the same account again, once
    OTHER_CREDENTIAL = "other credential"


VERDICTS = {
    FailureKind.BAD_REQUEST: Next.STOP,
    FailureKind.PROOF_REFUSED: Next.WITHOUT_PROOFS,
    FailureKind.CONTENT_REFUSED: Next.STOP,
    FailureKind.TOO_LARGE: Next.STOP,
    FailureKind.NO_SUCH_MODEL: Next.OTHER_CREDENTIAL,
    FailureKind.UNAUTHORIZED: Next.OTHER_CREDENTIAL,
    FailureKind.FORBIDDEN: Next.OTHER_CREDENTIAL,
    FailureKind.QUOTA_SPENT: Next.OTHER_CREDENTIAL,
    FailureKind.BILLING: Next.OTHER_CREDENTIAL,
    FailureKind.NOT_ENTITLED: Next.OTHER_CREDENTIAL,
    FailureKind.RATE_LIMITED: Next.OTHER_CREDENTIAL,
    FailureKind.OVERLOADED: Next.OTHER_CREDENTIAL,
    FailureKind.SERVER_ERROR: Next.OTHER_CREDENTIAL,
    FailureKind.UNREACHABLE: Next.OTHER_CREDENTIAL,
    FailureKind.NO_CONTENT: Next.OTHER_CREDENTIAL,
    FailureKind.WRONG_ANSWER: Next.OTHER_CREDENTIAL,
}

PROXY_LOGIN_WANTED = 407  # of our proxy; the client has nothing to do with it

_STATUSES = {  # where the upstream gave none that fits
    FailureKind.UNREACHABLE: 502,
    FailureKind.NO_CONTENT: 502,
    FailureKind.WRONG_ANSWER: 502,
    FailureKind.SERVER_ERROR: 502,
    FailureKind.OVERLOADED: 503,
    FailureKind.RATE_LIMITED: 429,
    FailureKind.QUOTA_SPENT: 429,
    FailureKind.BILLING: 402,
    FailureKind.NOT_ENTITLED: 403,
    FailureKind.UNAUTHORIZED: 401,
    FailureKind.FORBIDDEN: 403,
    FailureKind.NO_SUCH_MODEL: 404,
    FailureKind.BAD_REQUEST: 400,
    FailureKind.PROOF_REFUSED: 400,
    FailureKind.CONTENT_REFUSED: 400,
    FailureKind.TOO_LARGE: 413,
}


def status_of(failure: Failure) -> int:
    """Return the HTTP status a client is told: the upstream's, where it sent one."""
    ours_to_mend = failure.status == PROXY_LOGIN_WANTED and failure.kind is FailureKind.UNREACHABLE
    return _STATUSES[failure.kind] if failure.status < 400 or ours_to_mend else failure.status
