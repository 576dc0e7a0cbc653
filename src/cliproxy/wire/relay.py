"""
The frames between the gateway and a page that makes its calls: text frames, one JSON object each.

    {"id": "<of the call>", "type": "http_request", "payload": {"method", "url", "headers", "body", "sent_at"}}

A page answers a call by one `http_response`; or by a `stream_start`, any number of `stream_chunk`s and a `stream_end`;
or by an `error`. Headers are written as lists of values, and read as those or as single ones. A `ping` gets a `pong`.

Source: `reference` sheets `providers/aistudio` section c, `http-api` section 7.10 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Raw, Struct

from cliproxy.wire.body import read_leniently
from cliproxy.wire.headers import carried
from cliproxy.wire.http import HttpRequest

HTTP_RESPONSE, STREAM_START, STREAM_CHUNK, STREAM_END = "http_response", "stream_start", "stream_chunk", "stream_end"
ERROR, PING, PONG = "error", "ping", "pong"

NO_PAYLOAD = 502  # the status of a response without a payload
_LONGEST_WORDS = 1000  # characters of what a page says of an error

_SENT_HEADERS = ("content-type",)  # all that is the gateway's to say: the page's browser adds the rest


class Payload(Struct, frozen=True):
    """What a page says. Only some of it stands in each type of frame."""

    status: int | float | str | None = None
    headers: Mapping[str, object] | None = None
    body: str | None = None
    data: str | None = None
    error: object = None


class PageFrame(Struct, frozen=True):
    """A frame from a page."""

    id: str
    type: str
    payload: Payload | None  # None: there is none, or none that can be read

    @property
    def status(self) -> int:
        """The HTTP status that it states; 0: none."""
        stated = self.payload.status if self.payload is not None else None
        try:
            status = int(stated or 0)
        except (ValueError, OverflowError):
            return 0
        return status if 100 <= status <= 599 else 0

    @property
    def headers(self) -> dict[str, str]:
        """Its headers that say something, with names in lower case."""
        given = (self.payload.headers if self.payload is not None else None) or {}
        return carried((name.lower(), text) for name, value in given.items() if (text := _value(value)))

    @property
    def text(self) -> bytes:
        """The body that it holds, or the part of one."""
        if self.payload is None:
            return b""
        return (self.payload.data or self.payload.body or "").encode()

    @property
    def words(self) -> str:
        """What it says of an error."""
        said = self.payload.error if self.payload is not None else None
        return said[:_LONGEST_WORDS] if isinstance(said, str) else ""


class _Told(Struct):
    id: str = ""
    type: str = ""
    payload: Raw = Raw()


_decode_frame = msgspec.json.Decoder(_Told).decode
_decode_payload = msgspec.json.Decoder(Payload | None).decode
_encode = msgspec.json.Encoder().encode


def read_frame(data: bytes) -> PageFrame | None:
    """Return what a page says, or None where it cannot be read."""
    told = read_leniently(_decode_frame, data)
    if told is None:
        return None
    return PageFrame(told.id, told.type, read_leniently(_decode_payload, bytes(told.payload)) if told.payload else None)


def request_frame(call_id: str, request: HttpRequest, now: float) -> bytes:
    """Return the frame that has a page make a call. `now`: unix time."""
    sent_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    payload = {
        "method": request.method,
        "url": request.url,
        "headers": {name: [value] for name, value in request.headers if name.lower() in _SENT_HEADERS},
        "body": request.body.decode("utf-8", "replace"),
        "sent_at": sent_at,
    }
    return _encode({"id": call_id, "type": "http_request", "payload": payload})


def pong_frame(ping: PageFrame) -> bytes:
    """Return the answer to a ping."""
    return _encode({"id": ping.id, "type": PONG})


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else ""
