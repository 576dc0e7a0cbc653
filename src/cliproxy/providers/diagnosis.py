"""
Status, headers, body -> Failure: the rules that hold for every upstream until its own provider knows better.

Source: `reference` sheets `quota` (sections 1.0 to 1.3), `dialects/*` (errors), wire oddities (read 2026-11-21);
recordings with feature `error`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from cliproxy.errors import Failure, FailureKind
from cliproxy.wire.http import Headers

LONGEST_MESSAGE = 2000  # characters
LONGEST_BODY = 64 * 1024  # bytes kept of a refusal

_BY_STATUS = {
    401: FailureKind.UNAUTHORIZED,
    402: FailureKind.QUOTA_SPENT,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NO_SUCH_MODEL,
    407: FailureKind.UNREACHABLE,  # a proxy on the way wants a login
    408: FailureKind.UNREACHABLE,
    413: FailureKind.TOO_LARGE,
    429: FailureKind.RATE_LIMITED,
    503: FailureKind.OVERLOADED,
    504: FailureKind.UNREACHABLE,
    529: FailureKind.OVERLOADED,
}
_BY_CODE = {  # vendors use one status for several things; their code tells which
    "insufficient_quota": FailureKind.QUOTA_SPENT,
    "billing_error": FailureKind.QUOTA_SPENT,
    "billing_hard_limit_reached": FailureKind.QUOTA_SPENT,
    "usage_limit_reached": FailureKind.QUOTA_SPENT,  # of a Codex account
    "invalid_api_key": FailureKind.UNAUTHORIZED,
    "authentication_error": FailureKind.UNAUTHORIZED,
    "API_KEY_INVALID": FailureKind.UNAUTHORIZED,
    "UNAUTHENTICATED": FailureKind.UNAUTHORIZED,
    "model_not_found": FailureKind.NO_SUCH_MODEL,
    "rate_limit_error": FailureKind.RATE_LIMITED,
    "rate_limit_exceeded": FailureKind.RATE_LIMITED,
    "RESOURCE_EXHAUSTED": FailureKind.RATE_LIMITED,
    "overloaded_error": FailureKind.OVERLOADED,
    "server_is_overloaded": FailureKind.OVERLOADED,
    "MODEL_CAPACITY_EXHAUSTED": FailureKind.OVERLOADED,  # under a 429, though no account is to blame
    "UNAVAILABLE": FailureKind.OVERLOADED,
    "content_policy_violation": FailureKind.CONTENT_REFUSED,
    "invalid_encrypted_content": FailureKind.PROOF_REFUSED,
}
_BY_WORDS = (  # where a vendor gives no code of its own
    (re.compile(r"credit balance is too low", re.IGNORECASE), FailureKind.QUOTA_SPENT),
    (re.compile(r"API key not valid", re.IGNORECASE), FailureKind.UNAUTHORIZED),
    (
        re.compile(
            r"signature\W+(?:in|field)\W+thinking|thinking\W+blocks?\W.{0,80}cannot be modified"
            r"|expected\W+thinking\W+or\W+redacted_thinking|thought.?signature"
            r"|encrypted content.{0,80}could not be (?:verified|decrypted)",
            re.IGNORECASE | re.DOTALL,
        ),
        FailureKind.PROOF_REFUSED,
    ),
)
_ACCOUNT_WIDE = (FailureKind.UNAUTHORIZED, FailureKind.QUOTA_SPENT)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_MASKED_KEY = re.compile(r"(?<![\w-])[\w-]*+\*{3,}[\w*-]*")  # begun at a word's start only: messages can be long
_TRY_AGAIN = re.compile(r"try again in ([0-9.hms]{2,40})(?![\w.])", re.IGNORECASE)
_LONGEST_DURATION = 40  # characters


def by_status(status: int, headers: Headers, body: bytes) -> Failure:
    """Return what a refusal means. `status` is 0 where it came inside a reply that did not say one."""
    told = _told(body)
    message, codes = told.message, told.codes
    kind = next((_BY_CODE[code] for code in codes if code in _BY_CODE), None)
    if kind is None:
        kind = next((kind for words, kind in _BY_WORDS if words.search(message)), None)
    if kind is None:
        kind = _BY_STATUS.get(status) or _of_class(status)
    return Failure(
        kind=kind,
        status=status,
        message=_MASKED_KEY.sub("***", message)[:LONGEST_MESSAGE] or f"the upstream answered {status} without a reason",
        code=next(iter(codes), ""),
        retry_after=_retry_after(headers, told),
        scope="account" if kind in _ACCOUNT_WIDE else "model",
        body=body[:LONGEST_BODY] if told.is_json and not _MASKED_KEY.search(message) else b"",
    )


def _of_class(status: int) -> FailureKind:
    if status >= 500 or status == 0:
        return FailureKind.SERVER_ERROR
    return FailureKind.BAD_REQUEST if status >= 400 else FailureKind.WRONG_ANSWER  # a redirect is no reply


class _Told(msgspec.Struct):
    message: str = ""
    codes: tuple[str, ...] = ()
    details: tuple[Mapping[str, Any], ...] = ()
    resets_in: float | None = None  # seconds, as Codex says it
    is_json: bool = False


def _told(body: bytes) -> _Told:
    """Read an error body of any shape: nested, flat, a bare string, in a list, HTML."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _Told(_words_of_page(body))
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return _Told(value if isinstance(value, str) else "", is_json=True)
    inner = value.get("response")
    error = value.get("error")
    if error is None and isinstance(inner, dict):
        error = inner.get("error")  # `response.failed` keeps it there
    if error is None or error == {}:
        error = value
    if not isinstance(error, dict):
        return _Told(str(error), is_json=True)
    listed = error.get("details")
    details = tuple(detail for detail in listed if isinstance(detail, dict)) if isinstance(listed, list) else ()
    reasons = [detail.get("reason") for detail in details]
    codes = [*reasons, error.get("code"), error.get("type"), error.get("status")]
    message = error.get("message") or error.get("detail") or value.get("detail") or value.get("message") or ""
    return _Told(
        message if isinstance(message, str) else msgspec.json.encode(message).decode(),
        tuple(code for code in codes if isinstance(code, str) and code and code != "error"),
        details,
        _positive(str(error.get("resets_in_seconds", ""))),
        is_json=True,
    )


def _words_of_page(body: bytes) -> str:
    text = body[:LONGEST_BODY].decode("utf-8", "replace")
    title = re.search(r"<title>([^<]*)</title>", text, re.IGNORECASE)
    if title:
        return " ".join(title[1].split())
    return "" if "<" in text[:200] else " ".join(text.split())


def _retry_after(headers: Headers, told: _Told) -> float | None:
    """
    Return what the upstream asked to wait, in seconds: as the body's fields say it, else the headers, else its words.

    What is zero or cannot be read says nothing.
    """
    if told.resets_in:
        return told.resets_in
    for detail in told.details:
        metadata = detail.get("metadata")
        delay = detail.get("retryDelay") or (metadata.get("quotaResetDelay") if isinstance(metadata, dict) else None)
        if isinstance(delay, str) and (seconds := duration(delay)):
            return seconds
    if milliseconds := _positive(headers.get("retry-after-ms", "")):
        return milliseconds / 1000
    stated = headers.get("retry-after", "")
    if seconds := _positive(stated):
        return seconds
    try:
        then, sent = parsedate_to_datetime(stated), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (then - sent).total_seconds()) or None
    except (TypeError, ValueError):
        words = _TRY_AGAIN.search(told.message[:LONGEST_MESSAGE])
        return duration(words[1].rstrip(".")) if words else None


def duration(text: str) -> float | None:
    """Return a Go or protobuf duration such as `1h0m57.015s` in seconds, or None where it is none."""
    parts = _DURATION.findall(text[: _LONGEST_DURATION + 1])
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
