"""
A refusal and the verdict on it -> `Failure`: what quotas do not explain is told by codes, words, and the status.

Source: `reference` sheets `dialects/*` (errors), `quota` section 2.2, wire oddities (read 2026-11-21); recordings with
feature `error`.
"""

from __future__ import annotations

import re

from cliproxy.errors import Failure, FailureKind
from cliproxy.providers.diagnosis.claims import OTHERWISE
from cliproxy.providers.diagnosis.observation import Observation
from cliproxy.providers.diagnosis.times import LONGEST_THROTTLE, stated_wait
from cliproxy.providers.diagnosis.told import LONGEST_BODY, Told
from cliproxy.providers.diagnosis.verdict import Kind, Verdict

LONGEST_MESSAGE = 2000  # characters
SHORTEST_CHALLENGE = 10.0  # seconds; a page that asks for a browser does not go away at once

_KINDS = {
    Kind.THROTTLE: FailureKind.RATE_LIMITED,
    Kind.UNKNOWN: FailureKind.RATE_LIMITED,
    Kind.SPENT: FailureKind.QUOTA_SPENT,
    Kind.BILLING: FailureKind.BILLING,
    Kind.OVERLOADED: FailureKind.OVERLOADED,
    Kind.ENTITLEMENT: FailureKind.NOT_ENTITLED,
}
_PASSING = (Kind.THROTTLE, Kind.UNKNOWN, Kind.OVERLOADED)
_BY_STATUS = {
    401: FailureKind.UNAUTHORIZED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NO_SUCH_MODEL,
    405: FailureKind.NO_SUCH_MODEL,  # nothing is asked that way there
    407: FailureKind.UNREACHABLE,  # a proxy on the way wants a login
    408: FailureKind.UNREACHABLE,
    413: FailureKind.TOO_LARGE,
    504: FailureKind.UNREACHABLE,
}
_NOBODY_S = (
    FailureKind.BAD_REQUEST,
    FailureKind.CONTENT_REFUSED,
    FailureKind.TOO_LARGE,
    FailureKind.PROOF_REFUSED,
)
_OF_THE_ACCOUNT = ("VALIDATION_REQUIRED", "UNSUPPORTED_CLIENT")
_KEY = re.compile(r"API key not valid", re.IGNORECASE)
_PROOF = re.compile(  # the vendors have no code of their own for it
    r"signature\W+(?:in|field)\W+thinking|thinking\W+blocks?\W.{0,80}cannot be modified"
    r"|expected\W+thinking\W+or\W+redacted_thinking|thought.?signature"
    r"|encrypted content.{0,80}could not be (?:verified|decrypted)",
    re.IGNORECASE | re.DOTALL,
)
_NO_SUCH_PATH = re.compile(r"^not found\.?$|invalid url|cannot (?:post|get) /|page not found|no route", re.IGNORECASE)
_NOT_FOR_THIS = re.compile(r"no endpoints found that support|not supported in (?:this model|the v1/)", re.IGNORECASE)
_CHALLENGE = re.compile(r"^(?:just a moment|attention required)", re.IGNORECASE)
_MASKED_KEY = re.compile(r"(?<![\w-])[\w-]*+\*{3,}[\w*-]*")  # begun at a word's start only: messages can be long


def failure_of(observation: Observation, told: Told, verdict: Verdict) -> Failure:
    """Return what a refusal means. It keeps no key, not even a masked one."""
    status, message = observation.status, told.message[:LONGEST_BODY]
    is_challenge = _is_challenge(observation, told)
    kind = None if is_challenge else _KINDS.get(verdict.kind)
    if kind is not None:
        scope, until, wait = verdict.scope, verdict.rests_until, _wait_told(observation, told, verdict)
    else:
        kind = FailureKind.UNREACHABLE if is_challenge else _kind(status, told)
        scope = "account" if is_challenge else _scope(kind, status, told)
        until, wait = None, stated_wait(observation, told)
    if is_challenge:
        wait = max(wait or 0.0, SHORTEST_CHALLENGE)
    masked = _MASKED_KEY.search(message) is not None
    return Failure(
        kind=kind,
        status=status,
        message=_MASKED_KEY.sub("***", message)[:LONGEST_MESSAGE] or f"the upstream answered {status} without a reason",
        code=next(iter(told.codes), ""),
        retry_after=wait,
        rests_until=until,
        scope=scope,
        body=observation.body[:LONGEST_BODY] if told.is_json and not masked else b"",
    )


def _wait_told(observation: Observation, told: Told, verdict: Verdict) -> float | None:
    """Return the seconds a client should wait: no more than is believed, and of what is spent not a minute's hint."""
    rest = None if verdict.rests_until is None else verdict.rests_until - observation.now
    if verdict.kind not in _PASSING:
        return rest
    stated = stated_wait(observation, told)
    return stated if stated is not None and stated <= LONGEST_THROTTLE else rest


def _kind(status: int, told: Told) -> FailureKind:
    found = next((OTHERWISE[code] for code in told.codes if code in OTHERWISE), None)
    if found is not None:
        return found
    if _KEY.search(told.searched):
        return FailureKind.UNAUTHORIZED
    if _PROOF.search(told.message[:LONGEST_BODY]):
        return FailureKind.PROOF_REFUSED
    return _BY_STATUS.get(status) or _of_class(status)


def _of_class(status: int) -> FailureKind:
    if status >= 500 or status == 0:
        return FailureKind.SERVER_ERROR
    return FailureKind.BAD_REQUEST if status >= 400 else FailureKind.WRONG_ANSWER  # a redirect is no reply


def _scope(kind: FailureKind, status: int, told: Told) -> str:
    if kind in _NOBODY_S:
        return "request"
    if kind is FailureKind.UNAUTHORIZED or status == 407 or any(code in _OF_THE_ACCOUNT for code in told.codes):
        return "account"
    if kind is FailureKind.NO_SUCH_MODEL:
        return _what_is_missing(status, told)
    return "model"


def _what_is_missing(status: int, told: Told) -> str:
    """Return the scope of a 404: the model, what a request wants of it, or the path, so that the address is wrong."""
    message = told.searched.strip()
    if _NOT_FOR_THIS.search(message):
        return "request"
    return "account" if status == 405 or told.is_page or _NO_SUCH_PATH.search(message) else "model"


def _is_challenge(observation: Observation, told: Told) -> bool:
    """Tell whether something in between asks for a browser."""
    if observation.headers.get("cf-mitigated", "") == "challenge":
        return True
    return told.is_page and observation.status in (403, 429, 503) and _CHALLENGE.search(told.message) is not None
