"""
`countTokens`: how many tokens a request has.

The short form of the question holds contents only; ours is always the long one, in which tools and instructions count.

Source: `reference` sheets `dialects/gemini` section 1, `translation` section 10 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, structs

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, Sampling
from cliproxy.dialects.base import Encoded
from cliproxy.dialects.gemini.request import decode_request
from cliproxy.dialects.gemini.request_encoder import RequestEncoder
from cliproxy.wire.body import UNREADABLE, open_body


class _Count(msgspec.Struct, rename="camel"):
    total_tokens: int | None = None


_decode_count = msgspec.json.Decoder(_Count).decode
_encode = msgspec.json.Encoder().encode


def decode_count_request(body: bytes) -> Conversation:
    """Return the request whose tokens are asked for. Raises RequestError."""
    top = open_body(body)
    inner: Raw | None = top.get("generateContentRequest") or top.get("generate_content_request")
    return decode_request(body if inner is None or bytes(inner) == b"null" else bytes(inner))


def encode_count_request(conversation: Conversation, model: ModelInfo) -> Encoded:
    """Return the question, and what of the request it could not say."""
    conversation = structs.replace(conversation, sampling=Sampling(), effort=None)
    encoder = RequestEncoder(conversation, model)
    request = {"model": f"models/{conversation.model or model.id}"} | encoder.body()
    body = _encode({"generateContentRequest": request})
    return Encoded(body, encoder.words.losses.found(), encoder.words.names_back)


def decode_count(body: bytes) -> int | None:
    """Return the number; None where the body is no count."""
    try:
        return _decode_count(body).total_tokens
    except UNREADABLE:
        return None


def encode_count(tokens: int) -> bytes:
    """Return the number as an answer."""
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return _encode({"totalTokens": tokens, "promptTokensDetails": details})
