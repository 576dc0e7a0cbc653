"""
What OpenAI's three APIs share: the error body and the listing of models.

Source: `reference` sheets `openai-chat` sections 1 and 7, `translation` section 10 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.events import ReplyError
from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.base import ABSENT, given, text_of
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.frames import Framing

_encode = msgspec.json.Encoder().encode

_TYPES = {  # status -> type, code
    400: ("invalid_request_error", None),
    401: ("authentication_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("permission_error", None),
    404: ("invalid_request_error", "model_not_found"),
    409: ("invalid_request_error", None),
    413: ("invalid_request_error", None),
    422: ("invalid_request_error", None),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}
_OWN_CODES = frozenset(  # what clients of this family act on
    {
        "not_translated",
        "strict_translation",
        "no_credential_ready",
        "invalid_api_key",
        "insufficient_quota",
        "context_length_exceeded",
        "previous_response_not_found",
        "model_not_found",
        "not_found",
        "rate_limit_exceeded",
        "server_is_overloaded",
        "slow_down",
        "usage_limit_reached",
        "usage_not_included",
        "invalid_prompt",
        "content_policy_violation",
    }
)
_PARAMS = {"previous_response_not_found": "previous_response_id"}
STATUSES = {  # type or code -> status, for errors inside a stream
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "insufficient_quota": 429,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "usage_limit_reached": 429,
    "context_length_exceeded": 400,
    "previous_response_not_found": 400,
    "invalid_prompt": 400,
    "slow_down": 503,
    "server_is_overloaded": 503,
    "overloaded": 503,
    "overloaded_error": 529,
    "server_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
}


_TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_OTHERS_TIERS = {"standard": "default"}  # as other vendors call it


class _Error(Struct):
    message: Raw = ABSENT
    type: Raw = ABSENT
    code: Raw = ABSENT


class _ErrorBody(Struct):
    error: Raw = ABSENT
    message: Raw = ABSENT
    detail: Raw = ABSENT


_decode_body = msgspec.json.Decoder(_ErrorBody).decode
_decode_error = msgspec.json.Decoder(_Error).decode


def error_object(error: GatewayError) -> dict[str, object]:
    """Return the object that stands under `error`."""
    server = ("server_error", "internal_server_error")
    kind, code = _TYPES.get(error.status, server if error.status >= 500 else ("invalid_request_error", None))
    if error.code in _OWN_CODES:
        code = error.code
    return {"message": error.message, "type": kind, "param": _PARAMS.get(error.code), "code": code}


def encode_error(error: GatewayError, framing: Framing) -> bytes:
    """Return the error as a body, or as a unit of a stream already begun."""
    body = _encode({"error": error_object(error)})
    return sse.frame(body) if framing is Framing.EVENT_STREAM else body


def list_models(models: Sequence[ModelInfo]) -> bytes:
    """Return the listing of `GET /v1/models`."""
    return _encode({"object": "list", "data": [_model(model) for model in models]})


def show_model(model: ModelInfo) -> bytes:
    """Return one model of `GET /v1/models/{id}`."""
    return _encode(_model(model))


def _model(model: ModelInfo) -> dict[str, object]:
    return {"id": model.id, "object": "model", "created": model.created, "owned_by": model.owned_by}


def read_error(raw: Raw | bytes) -> ReplyError:
    """
    Return what stands under `error`, however the upstream shaped it: an object, a bare string, a code as a number.

    Source: wire oddities, "Chat completions and its many speakers".
    """
    try:
        error = _decode_error(raw)
    except UNREADABLE:
        return ReplyError(text_of(Raw(raw)))
    kind, code = text_of(error.type), text_of(error.code)
    status = STATUSES.get(code) or STATUSES.get(kind) or _status_in(code)
    return ReplyError(text_of(error.message) or "the upstream gave no reason", code or kind, status)


def _status_in(code: str) -> int:
    return int(code) if re.fullmatch("[45][0-9]{2}", code) else 0


def read_error_body(body: bytes) -> ReplyError | None:
    """Return the error a whole body holds, or None."""
    try:
        outer = _decode_body(body)
    except UNREADABLE:
        return None
    if given(outer.error) and bytes(outer.error) not in (b"{}", b'""', b"false"):
        return read_error(outer.error)
    return None


def tier_of(service_tier: str) -> str:
    """Return the tier in which a reply was served, as clients of this family know it; "" for one they do not."""
    tier = _OTHERS_TIERS.get(service_tier, service_tier)
    return tier if tier in _TIERS else ""
