"""Streams whose frames come in an envelope: cut like any other, and taken out of it at once."""

from __future__ import annotations

from collections.abc import Callable

from cliproxy.wire.frames import Cutter, Frame
from cliproxy.wire.sse import EventStream, rewritten


class Unwrapped:
    """
    A cutter that gives out an event stream of what was in the envelopes.

    What it returns is no longer what it was fed, byte for byte: names and data stay, comments go.
    """

    def __init__(self, cutter: Cutter, unwrap: Callable[[bytes], bytes]) -> None:
        self._cutter = cutter
        self._unwrap = unwrap
        self._events = EventStream()

    def feed(self, chunk: bytes) -> bytes:
        """Return the events of all frames that are complete."""
        return self._opened(self._cutter.feed(chunk))

    def close(self) -> bytes:
        """Return a last frame whose end mark is missing."""
        return self._opened(self._cutter.close())

    def frames(self, block: bytes) -> list[Frame]:
        """Return the frames in a block that `feed` or `close` gave."""
        return self._events.frames(block)

    def _opened(self, block: bytes) -> bytes:
        if not block:
            return b""
        return rewritten(Frame(frame.event, self._unwrap(frame.data)) for frame in self._cutter.frames(block))
