"""
The question how many tokens a Responses request has, and its answer.

Source: `reference` sheets `openai-responses` section 1, `translation` section 10 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation
from cliproxy.dialects.base import Counting, Encoded
from cliproxy.dialects.openai_responses import reply_schema
from cliproxy.dialects.openai_responses.request import decode_request
from cliproxy.dialects.openai_responses.request_encoder import encode_request
from cliproxy.wire.body import UNREADABLE, close_body, open_body

_COUNTED = frozenset(  # what the endpoint takes
    {
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "text",
        "reasoning",
        "truncation",
        "previous_response_id",
        "conversation",
    }
)

_decode = msgspec.json.Decoder(reply_schema.Count).decode
_encode = msgspec.json.Encoder().encode


def _encode_request(conversation: Conversation, model: ModelInfo) -> Encoded:
    encoded = encode_request(conversation, model, False)
    top = open_body(encoded.body)
    counted = close_body({name: value for name, value in top.items() if name in _COUNTED})
    return msgspec.structs.replace(encoded, body=counted)


def _decode_reply(body: bytes) -> int | None:
    try:
        return _decode(body).input_tokens
    except UNREADABLE:
        return None


def _encode_reply(tokens: int) -> bytes:
    return _encode({"object": "response.input_tokens", "input_tokens": tokens})


COUNTING = Counting(decode_request, _encode_request, _decode_reply, _encode_reply)
