"""
The way back to a client over a websocket: every event of a reply is a text frame of JSON, the data of the event alone.

An error has one shape here, with the status it would have had as an answer to a request; what an upstream says of an
error inside a stream is brought into it, for without a status clients pass over it and wait for more.

Source: `reference` sheets `http-api` section 7.7, `real-clients` traps 10 and 13, `providers/codex` section c2
(read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable

import msgspec
from aiohttp import WSMsgType, web
from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT, Dialect, given
from cliproxy.dialects.openai_family import read_error
from cliproxy.errors import GatewayError, UpstreamError
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList
from cliproxy.wire.sse import EventStream

_DONE = b"[DONE]"
_ERROR = re.compile(rb'"type"\s*:\s*"error"')  # what an event holds if it may be one
_NO_STATUS = 502  # of an error whose words do not say which


class _Told(Struct):
    """An error, as a body or as an event."""

    type: str = ""
    status: int | str | None = None
    error: Raw = ABSENT


_frames = EventStream().frames
_decode_told = msgspec.json.Decoder(_Told).decode
_decode_error = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


class SocketClient:
    """The way back for one turn."""

    def __init__(
        self,
        socket: web.WebSocketResponse[bool],
        dialect: Dialect,
        *,
        stream_id: str = "",
        silence: float | None = None,
    ) -> None:
        """
        Make the way back.

        Args:
            socket: What is written to.
            dialect: In which errors are written.
            stream_id: What every event repeats; "": nothing.
            silence: Seconds after which a ping goes out; None: never, but for the socket's own.
        """
        self.stream_id = stream_id
        self._socket = socket
        self._dialect = dialect
        self._silence = silence
        self._events: deque[bytes] = deque()

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        """A stream follows. A socket has no head for it."""

    def write(self, units: Iterable[bytes]) -> None:
        """Put the events of framed units into the buffer."""
        for unit in units:
            self._events.extend(frame.data for frame in _frames(unit) if frame.data != _DONE)

    async def flush(self) -> None:
        """Put the buffer onto the socket; waits while the client lags."""
        while self._events:
            data = self._events.popleft()
            await self._send(self._told_within(data) if _ERROR.search(data) else data)

    async def finish(self) -> None:
        """The stream is complete; the socket goes on."""
        await self.flush()

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        """Send a reply that is no stream."""
        await self._send(body)

    async def say(self, events: Iterable[bytes]) -> None:
        """Send events that come from no upstream."""
        self._events.extend(events)
        await self.flush()

    async def fail(self, error: GatewayError) -> None:
        """Send an error."""
        await self.flush()
        body = error.body if isinstance(error, UpstreamError) else b""
        told = _error_in(body) or _error_in(self._dialect.encode_error(error, Framing.WHOLE))
        frame: dict[str, object] = {"type": "error", "status": error.status, "error": told}
        if error.retry_after is not None:
            frame["headers"] = {"retry-after": str(max(1, math.ceil(error.retry_after)))}
        await self._send(_encode(frame))

    @contextlib.asynccontextmanager
    async def kept_alive(self) -> AsyncIterator[None]:
        """While inside, ping the client every so often."""
        if self._silence is None:
            yield
            return
        keeper = asyncio.create_task(self._ping(self._silence))
        try:
            yield
        finally:
            keeper.cancel()

    async def _ping(self, silence: float) -> None:
        with contextlib.suppress(ConnectionError):  # the client left; whoever answers it is told
            while True:
                await asyncio.sleep(silence)
                await self._socket.ping()

    async def _send(self, data: bytes) -> None:
        if not data.isascii():
            data = data.decode("utf-8", "replace").encode()  # a client would hang up on anything else
        if self.stream_id and data.startswith(b'{"'):
            data = b'{"stream_id":%b,%b' % (_encode(self.stream_id), data[1:])
        await self._socket.send_frame(data, WSMsgType.TEXT)

    def _told_within(self, data: bytes) -> bytes:
        """Return an event, in the shape of a socket if it is an error."""
        try:
            told = _decode_told(data)
        except UNREADABLE:
            return data
        stated = told.status if isinstance(told.status, int) else 0
        if told.type != "error" or (stated and given(told.error)):
            return data
        found = read_error(told.error if given(told.error) else data)
        status = stated or found.status or _NO_STATUS
        body = self._dialect.encode_error(GatewayError(found.message, status=status), Framing.WHOLE)
        error = _decode_error(_error_in(body) or b"{}")
        if found.code != told.type:
            error["code"] = found.code
        return _encode({"type": "error", "status": status, "error": error})


def _error_in(body: bytes) -> Raw | None:
    """Return what stands under `error` in a body, or None."""
    try:
        error = _decode_told(body).error
    except UNREADABLE:
        return None
    return error if bytes(error).startswith(b"{") else None
