"""
Responses streams: what a relay must see of them.

Source: `reference` sheet `openai-responses` section 6, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.dialects.base import Sighting, given
from cliproxy.dialects.openai_family import read_error
from cliproxy.dialects.openai_responses import schema
from cliproxy.dialects.openai_responses.reply import usage_of
from cliproxy.wire.frames import Frame

_OPENING = (
    "response.created",
    "response.in_progress",
    "response.queued",
    "response.output_item.added",
    "response.content_part.added",
    "response.reasoning_summary_part.added",
    "keepalive",
)
_ENDS = ("response.completed", "response.incomplete", "response.cancelled")

_decode = msgspec.json.Decoder(schema.Event).decode


def sight(frame: Frame) -> Sighting | None:
    """Return what an event, or a whole reply, tells without being translated."""
    try:
        event = _decode(frame.data)
    except msgspec.DecodeError:
        return None
    response = event.response
    if event.type == "error":
        return Sighting(error=read_error(event.error if _is_told(event.error) else frame.data))
    if event.type == "response.failed":
        told = response.error if response is not None and _is_told(response.error) else frame.data
        return Sighting(error=read_error(told))
    if event.type in _ENDS:
        usage = usage_of(response.usage) if response is not None and response.usage is not None else None
        return Sighting(content=True, end=True, usage=usage)
    if event.object.startswith("response"):
        usage = usage_of(event.usage) if event.usage is not None else None
        if event.status == "failed" and _is_told(event.error):
            return Sighting(error=read_error(event.error), usage=usage)
        return Sighting(content=True, end=True, usage=usage)
    if not event.type:
        return Sighting(error=read_error(event.error)) if _is_told(event.error) else None
    return Sighting(content=event.type not in _OPENING)


def _is_told(error: msgspec.Raw) -> bool:
    return given(error) and bytes(error) != b"{}"
