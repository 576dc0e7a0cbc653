"""
Messages errors: `{"type":"error","error":{"type","message"}}`, alone or as the `error` event of a stream.

Source: `reference` sheet `claude-messages` section 7; the 413 without its outer type: wire oddities.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import ReplyError
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.base import given, text_of
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.frames import Framing

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    501: "invalid_request_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
NO_REASON = "the upstream gave no reason"

_decode_error = msgspec.json.Decoder(schema.Error).decode
_encode = msgspec.json.Encoder().encode


def encode_error(error: GatewayError, framing: Framing) -> bytes:
    """Return the error as a body, or as the `error` event of a stream already begun."""
    kind = _TYPES.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")
    body = _encode({"type": "error", "error": {"type": kind, "message": error.message}})
    return sse.frame(body, "error") if framing is Framing.EVENT_STREAM else body


def reply_error(raw: Raw) -> ReplyError:
    """Return what an `error` says: an object, or whatever a server of this dialect wrote in its place."""
    if not given(raw):
        return ReplyError(NO_REASON)
    try:
        error = _decode_error(raw)
    except UNREADABLE:
        return ReplyError(text_of(raw) or NO_REASON)
    kind = text_of(error.type)
    return ReplyError(text_of(error.message) or kind or NO_REASON, kind, STATUSES.get(kind, 0))
