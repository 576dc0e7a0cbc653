"""
A client that expects each reply, and each event of a stream, in Cloud Code's envelope. Errors go without it.

Source: `reference` sheet `dialects/gemini-cli` (read 2026-11-21).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

from cliproxy.errors import GatewayError
from cliproxy.providers.gemini_cli import enclosed
from cliproxy.server.front import Client
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import HeaderList

_ERROR = re.compile(rb'\s*\{\s*"error"\s*:')
_BREAKS = bytes.maketrans(b"\r\n", b"  ")  # between an event's lines; within its strings there is none

KEEP_ALIVE = {  # an event that says nothing, for a client that takes no comments
    Framing.EVENT_STREAM: sse.frame(enclosed(b"{}")),
    Framing.WHOLE: b"\n",
}

_frames = sse.EventStream().frames


class Enclosing:
    """The way back to such a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def begin(self, framing: Framing, headers: HeaderList) -> None:
        """A stream follows."""
        self._client.begin(framing, headers)

    def write(self, units: Iterable[bytes]) -> None:
        """Put framed units into the buffer."""
        self._client.write([_enclosed_events(unit) for unit in units])

    async def flush(self) -> None:
        """Put the buffer onto the socket; waits while the client lags."""
        await self._client.flush()

    async def finish(self) -> None:
        """The stream is complete."""
        await self._client.finish()

    async def whole(self, body: bytes, headers: HeaderList) -> None:
        """Send a whole reply."""
        await self._client.whole(enclosed(body), headers)

    async def fail(self, error: GatewayError) -> None:
        """Send an error."""
        await self._client.fail(error)

    def kept_alive(self) -> contextlib.AbstractAsyncContextManager[None]:
        """While inside, keep a waiting client from believing that it is forgotten."""
        return self._client.kept_alive()


def _enclosed_events(unit: bytes) -> bytes:
    return b"".join(
        sse.frame(frame.data if _ERROR.match(frame.data) else enclosed(frame.data.translate(_BREAKS)))
        for frame in _frames(unit)
    )
