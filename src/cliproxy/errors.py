"""
The error tree, and `Failure`: an upstream's refusal as data.

A `GatewayError` ends an exchange and is written in the client's dialect. A `Failure` ends an attempt; the verdict
table in `dispatch` decides what comes next. A `SetupError` speaks to the operator before anything is served.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec


class FailureKind(enum.Enum):
    """Why an attempt failed, in words every provider shares."""

    BAD_REQUEST = "bad_request"
    PROOF_REFUSED = "proof refused"  # reasoning that another account or model signed, or too long ago
    CONTENT_REFUSED = "content_refused"
    TOO_LARGE = "too_large"
    NO_SUCH_MODEL = "no_such_model"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    QUOTA_SPENT = "quota_spent"  # comes back at a stated time
    BILLING = "billing"  # comes back when somebody pays
    NOT_ENTITLED = "not_entitled"  # the account's plan does not cover this request, or this model
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    NO_CONTENT = "no_content"
    WRONG_ANSWER = "wrong_answer"


class Failure(msgspec.Struct, frozen=True, gc=False):
    """
    One attempt's refusal.

    Its scope is `request` (nobody is to blame), `model` (of this account), `account`, `group:<id>` (models of this
    account that share a quota), `project` (this model in a cloud's project, whichever of its accounts asks), or
    `upstream` (this model there, whoever asks).
    """

    kind: FailureKind
    status: int  # as the upstream sent it; 0: it sent none
    message: str  # the upstream's own words where it had any; never a secret
    code: str = ""  # the upstream's own code, e.g. `insufficient_quota`
    retry_after: float | None = None  # seconds the upstream asked to wait
    rests_until: float | None = None  # unix time that the upstream stated, where it can be believed
    scope: str = "model"  # what it hits; see below
    body: bytes = b""  # as it came, for a client of the same dialect; bounded


class GatewayError(Exception):
    """Ends an exchange. `status` and `code` reach the client in its dialect, with `message` for a person."""

    status = 500
    code = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = self.status if status is None else status
        self.code = self.code if code is None else code
        self.retry_after = retry_after  # seconds


class RequestError(GatewayError):
    """The client's fault: a body that cannot be read 400, an unknown model 404, too large 413."""

    status = 400
    code = "invalid_request"


class AccessDenied(GatewayError):  # noqa: N818 (an error by its base; "denied" is the word clients know)
    """No key or a wrong one 401; not from here 403."""

    status = 401
    code = "invalid_api_key"


class NotTranslated(GatewayError):  # noqa: N818 (the name says what is missing)
    """Client and upstream speak dialects, or an operation, that this version does not translate: 501."""

    status = 501
    code = "not_translated"


class NoCredentialReady(GatewayError):  # noqa: N818 (a state of the pool, not a fault of the code)
    """Every credential that could serve is resting: 429 when all were rate limited, else 503."""

    status = 503
    code = "no_credential_ready"


class UpstreamError(GatewayError):
    """The upstream's refusal, after everyone who could serve was asked."""

    status = 502
    code = "upstream_error"

    def __init__(self, failure: Failure, *, status: int, message: str, body: bytes = b"") -> None:
        super().__init__(message, status=status, code=failure.kind.value, retry_after=failure.retry_after)
        self.failure = failure
        self.body = body  # the upstream's own, where the client speaks its dialect


class SetupError(Exception):
    """The operator's to mend; the command ends with exit code 2."""


class ConfigError(SetupError):
    """
    A configuration that cannot be used.

    `problems` holds one sentence per fault, each beginning with `file:line: `; `warnings` what was seen beside them.
    """

    def __init__(self, problems: Sequence[str], warnings: Sequence[str] = ()) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


class LoginError(SetupError):
    """A login that came to nothing. The message names provider and account, says what to do, and holds no secret."""
