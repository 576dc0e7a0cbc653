"""Responses requests: their heads."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cliproxy.dialects.base import RequestHead
from cliproxy.dialects.openai_responses import schema
from cliproxy.wire.body import not_readable
from cliproxy.wire.frames import Framing

_decode_head = msgspec.json.Decoder(schema.Head).decode


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_readable(error) from None
    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=head.prompt_cache_key or "",
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
    )
