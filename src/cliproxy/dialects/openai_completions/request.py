"""Legacy Completions requests: their heads."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from cliproxy.dialects.base import RequestHead
from cliproxy.wire.body import not_readable
from cliproxy.wire.frames import Framing


class _Head(Struct):
    model: str = ""
    stream: bool | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_readable(error) from None
    stream = head.stream is True
    return RequestHead(model=head.model, stream=stream, framing=Framing.EVENT_STREAM if stream else Framing.WHOLE)
