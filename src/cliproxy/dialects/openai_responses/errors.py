"""
Responses errors: the family's body before a stream, an `error` event inside one.

Source: `reference` sheet `openai-responses` section 6 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.dialects import openai_family
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing

_encode = msgspec.json.Encoder().encode


def encode_error(error: GatewayError, framing: Framing) -> bytes:
    """Return the error as a body, or as the `error` event of a stream that was relayed until now."""
    if framing is not Framing.EVENT_STREAM:
        return openai_family.encode_error(error, framing)
    body = {"type": "error", **told(error), "param": None, "sequence_number": 0}
    return sse.frame(_encode(body), "error")


def told(error: GatewayError) -> dict[str, object]:
    """Return code and message, as events and replies tell them."""
    body = openai_family.error_object(error)
    return {"code": body["code"] or body["type"], "message": error.message}
