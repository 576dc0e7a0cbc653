"""
The opening of a stream, held until content is sighted.

The hold ends after 64 KB, or after a time where no keep-alives tell the client to wait; the opening then goes out as
it came.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from cliproxy.conversation.events import ReplyError
from cliproxy.dialects.base import Dialect
from cliproxy.wire.frames import Cutter

LONGEST_HOLD = 64 * 1024  # bytes
HOLD_TIME = 10.0  # seconds


class Opening:
    """What an upstream said before it said anything."""

    def __init__(self, dialect: Dialect, cutter: Cutter, hold_time: float | None) -> None:
        self.is_released = False
        self.error: ReplyError | None = None
        self._sight = dialect.sight
        self._frames = cutter.frames
        self._hold_time = hold_time
        self._is_overdue = False
        self._held = bytearray()

    def feed(self, block: bytes) -> bool:
        """Hold a block; True: it is time to release. `error` is set where the upstream refused."""
        self._held += block
        for frame in self._frames(block):
            sighting = self._sight(frame)
            if sighting is None:
                continue
            if sighting.error is not None:
                self.error = sighting.error
                return False
            if sighting.content:
                return True
        return self._is_overdue or len(self._held) > LONGEST_HOLD

    def release(self) -> bytes:
        """Return what was held; from now on nothing is."""
        self.is_released = True
        held = bytes(self._held)
        self._held.clear()
        return held

    @contextlib.asynccontextmanager
    async def time_limit(
        self, release: Callable[[], None], flush: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """While inside, release and flush once the hold has lasted its time and something is held."""
        if self._hold_time is None:
            yield
            return
        loop = asyncio.get_running_loop()
        flushing: list[asyncio.Future[None]] = []

        def expire() -> None:
            self._is_overdue = True
            if not self.is_released and self._held:
                release()
                flushing.append(asyncio.ensure_future(flush()))

        timer = loop.call_later(self._hold_time, expire)
        try:
            yield
        finally:
            timer.cancel()
            await asyncio.gather(*flushing, return_exceptions=True)
