"""
Gemini errors: `{"error":{"code","message","status"}}`, alone, as an event, or as an element of an array.

Source: `reference` sheet `gemini` section 6 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.events import ReplyError
from cliproxy.dialects.gemini import reply_schema
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

_encode = msgspec.json.Encoder().encode


def encode_error(error: GatewayError, framing: Framing) -> bytes:
    """Return the error as a body, an event, or an array's element."""
    status = _STATUSES.get(error.status, "INTERNAL" if error.status >= 500 else "INVALID_ARGUMENT")
    body = _encode({"error": {"code": error.status, "message": error.message, "status": status}})
    return sse.frame(body) if framing is Framing.EVENT_STREAM else body


def reply_error(error: reply_schema.Error | str) -> ReplyError:
    """Return what an `error` object says."""
    if isinstance(error, str):
        return ReplyError(error or "the upstream gave no reason")
    status = _CODES.get(error.status or "", 0)
    if isinstance(error.code, int) and 400 <= error.code < 600:
        status = error.code
    return ReplyError(error.message or "the upstream gave no reason", error.status or "", status)
