"""
Edits of a Chat Completions request that is relayed.

Source: `reference` sheet `translation` sections 1.2, 6.4 and 11 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.dialects.base import Edits
from cliproxy.dialects.openai_chat.effort import edit_effort
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, open_body, put

_PROVING = ("reasoning_details", "extra_content")

_decode_list = msgspec.json.Decoder(list[dict[str, Raw]]).decode


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request with what an upstream needs changed, the rest as it came."""
    top = open_body(body)
    if edits.model is not None:
        put(top, "model", edits.model)
    if edits.stream is not None:
        put(top, "stream", edits.stream)
    if edits.stream is False:
        top.pop("stream_options", None)  # refused where nothing is streamed
    if edits.effort is not None:
        edit_effort(top, edits.effort)
    if edits.drop_proofs and any(name.encode() in body for name in _PROVING):
        _drop_proofs(top)
    return close_body(top)


def _drop_proofs(top: TopLevel) -> None:
    """Leave out the proofs of thoughts, of calls and of what was said. Thoughts keep their words."""
    try:
        messages = _decode_list(top["messages"])
        for message in messages:
            for name in _PROVING:
                message.pop(name, None)
            if "tool_calls" in message:
                calls = _decode_list(message["tool_calls"])
                for call in calls:
                    call.pop("extra_content", None)
                put(message, "tool_calls", calls)
    except (*UNREADABLE, KeyError):
        return  # the upstream will say what it thinks of such a body
    put(top, "messages", messages)
