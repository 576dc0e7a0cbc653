"""
What the codes and words of a refusal claim, whoever's they are.

Codes hold under any status: vendors use one status for several things. Words hold only where a limit may be: other
refusals repeat what a client sent.

Source: `reference` sheets `quota` sections 1 and 2.4, `dialects/*` (errors) (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from cliproxy.errors import FailureKind
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import LONGEST_THROTTLE, asked_in_body
from cliproxy.providers.diagnosis.told import Told
from cliproxy.providers.diagnosis.verdict import Claim, Kind

_MONEY = Claim(Kind.BILLING, "account")
_FULL = Claim(Kind.OVERLOADED, "upstream")
_SHORT = Claim(Kind.THROTTLE)
_SOME_LIMIT = Claim(Kind.THROTTLE, weak=True)

BY_CODE = {
    "insufficient_quota": _MONEY,
    "insufficient_balance": _MONEY,
    "billing_error": _MONEY,
    "billing_hard_limit_reached": _MONEY,
    "billing_not_active": _MONEY,
    "exceeded_current_quota_error": _MONEY,
    "INSUFFICIENT_G1_CREDITS_BALANCE": _MONEY,
    "usage_limit_reached": Claim(Kind.SPENT, "account"),
    "usage_limit_exceeded": Claim(Kind.SPENT, "account"),
    "subscription_sharing_usage_limit_exceeded": Claim(Kind.SPENT, "account"),
    "QUOTA_EXHAUSTED": Claim(Kind.SPENT),
    "overloaded_error": _FULL,
    "engine_overloaded_error": _FULL,
    "server_is_overloaded": _FULL,
    "slow_down": _FULL,
    "MODEL_CAPACITY_EXHAUSTED": _FULL,  # under a 429, though no account is to blame
    "MODEL_CAPACITY_EXCEEDED": _FULL,
    "UNAVAILABLE": _FULL,
    "credits_required": Claim(Kind.ENTITLEMENT, "request"),
    "usage_not_included": Claim(Kind.ENTITLEMENT),
    "rate_limit_exceeded": _SOME_LIMIT,
    "RATE_LIMIT_EXCEEDED": _SOME_LIMIT,
    "rate_limit_reached_error": _SOME_LIMIT,
}
LIMITS = {"rate_limit_error", "RESOURCE_EXHAUSTED", "too_many_requests"}  # which limit, they do not say
BY_STATUS = {402: _MONEY, 503: _FULL, 529: _FULL}
OTHERWISE = {  # codes of refusals that have nothing to do with quotas
    "invalid_api_key": FailureKind.UNAUTHORIZED,
    "authentication_error": FailureKind.UNAUTHORIZED,
    "API_KEY_INVALID": FailureKind.UNAUTHORIZED,
    "UNAUTHENTICATED": FailureKind.UNAUTHORIZED,
    "VALIDATION_REQUIRED": FailureKind.FORBIDDEN,  # a person must prove to be one
    "UNSUPPORTED_CLIENT": FailureKind.FORBIDDEN,  # the account's kind was moved elsewhere
    "434": FailureKind.UNAUTHORIZED,  # these two are iFlow's
    "435": FailureKind.NO_SUCH_MODEL,
    "model_not_found": FailureKind.NO_SUCH_MODEL,
    "previous_response_not_found": FailureKind.BAD_REQUEST,
    "content_policy_violation": FailureKind.CONTENT_REFUSED,
    "invalid_encrypted_content": FailureKind.PROOF_REFUSED,
}

_BALANCE = re.compile(r"credit balance is too low", re.IGNORECASE)
_BEYOND_THE_PLAN = re.compile(  # a request that no wait makes smaller, or that only extra usage pays for
    r"(?:extra usage|usage credits?) (?:is|are) required|required for (?:long context|fast mode)"
    r"|out of extra usage|draw from your extra usage|^request too large for ",
    re.IGNORECASE,
)
_OVERLOADED = re.compile(
    r"\b(?:is|are) (?:currently |temporarily )?overloaded\b|\breceiving too many requests", re.IGNORECASE
)
_A_DAY = re.compile(r"per[ _-]?day|\bdaily\b|\b[rt]pd\b", re.IGNORECASE)
_A_MINUTE = re.compile(r"per[ _-]?(?:minute|second)|\bper min\b|\b[rt]p[ms]\b", re.IGNORECASE)


def of_codes(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what the codes claim."""
    for code in told.codes:
        claim = BY_CODE.get(code)
        if claim is not None and claim.kind is Kind.SPENT and told.resets_in:
            yield replace(claim, until=observation.now + told.resets_in)
        elif claim is not None:
            yield claim


def of_words(observation: Observation, told: Told) -> Iterable[Claim]:
    """Return what the message claims."""
    message = told.searched
    if _A_DAY.search(message):
        wait = asked_in_body(told)
        lasts = wait is not None and wait > LONGEST_THROTTLE
        yield Claim(Kind.SPENT, until=observation.now + wait if wait and lasts else None)
    if _OVERLOADED.search(message):
        yield _FULL
    if _A_MINUTE.search(message):
        yield _SHORT


def of_plan(told: Told) -> Iterable[Claim]:
    """Return what words claim that also stand in a plain bad request: about money, or what a plan covers."""
    message = told.searched
    if _BEYOND_THE_PLAN.search(message):
        yield Claim(Kind.ENTITLEMENT, "request")
    if _BALANCE.search(message):
        yield _MONEY
