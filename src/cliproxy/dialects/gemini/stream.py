"""
generateContent streams: what a relay must see of them.

Each frame is a whole reply object with new parts. There is no terminator; the last frame has a finish reason.

Source: `reference` sheet `gemini` sections 4 and 5, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.dialects.base import Sighting
from cliproxy.dialects.gemini import schema
from cliproxy.dialects.gemini.errors import reply_error
from cliproxy.dialects.gemini.reply import usage_of
from cliproxy.wire import sse
from cliproxy.wire.frames import Frame, Framing

_decode = msgspec.json.Decoder(schema.Reply).decode


def framing(content_type: str, streamed: bool) -> Framing | None:
    """Return how a reply of this content type lies on the wire; a stream that is JSON is an array."""
    if content_type == sse.CONTENT_TYPE:
        return Framing.EVENT_STREAM
    if not content_type.endswith("json"):
        return None
    return Framing.JSON_ARRAY if streamed else Framing.WHOLE


def sight(frame: Frame) -> Sighting | None:
    """Return what a frame, or a whole reply, tells without being translated."""
    try:
        reply = _decode(frame.data)
    except msgspec.DecodeError:
        return None
    if reply.error is not None:
        return Sighting(error=reply_error(reply.error))
    candidates = reply.candidates or ()
    blocked = reply.prompt_feedback is not None and reply.prompt_feedback.block_reason is not None
    end = blocked or reply.total_tokens is not None or any(one.finish_reason is not None for one in candidates)
    content = end or any(one.content is not None and one.content.parts for one in candidates)
    heard = reply.usage_metadata
    usage = usage_of(heard) if heard is not None and heard.total_token_count is not None else None
    return Sighting(content, end, usage)
