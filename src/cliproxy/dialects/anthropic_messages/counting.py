"""
How many tokens a request has: `POST /v1/messages/count_tokens`.

Source: `reference` sheets `claude-messages` section 1, `translation` section 10 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.request import decode_request
from cliproxy.dialects.anthropic_messages.request_encoder import encode_count
from cliproxy.dialects.base import Counting
from cliproxy.wire.body import UNREADABLE

_decode = msgspec.json.Decoder(schema.TokenCount).decode
_encode = msgspec.json.Encoder().encode


def decode_count(body: bytes) -> int | None:
    """Return the count that a reply tells; None where it tells none."""
    try:
        return _decode(body).input_tokens
    except UNREADABLE:
        return None


def told_count(tokens: int) -> bytes:
    """Return the reply that tells a count."""
    return _encode({"input_tokens": tokens})


COUNTING = Counting(decode_request, encode_count, decode_count, told_count)
