"""generateContent requests: their heads, and edits for a relay. Model and method stand in the path."""

from __future__ import annotations

from collections.abc import Mapping

from cliproxy.dialects.base import Edits, RequestHead
from cliproxy.wire.body import open_body
from cliproxy.wire.frames import Framing

STREAM_METHOD = "streamGenerateContent"


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """
    Return what the request says about itself.

    Args:
        body: A JSON object.
        path: `model` and `method` from the path, `alt` from the query.

    Raises:
        RequestError: The body is no JSON object.
    """
    open_body(body)
    stream = path.get("method") == STREAM_METHOD
    framing = Framing.WHOLE
    if stream:
        framing = Framing.EVENT_STREAM if path.get("alt") == "sse" else Framing.JSON_ARRAY
    return RequestHead(model=path.get("model", ""), stream=stream, framing=framing)


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request as it came: what a relay changes stands in the path."""
    return body
