"""
An answer that a page fetches for us: what the page says of it on one side, what its client takes on the other.

It may come in pieces or whole, whichever way it was asked for. What a page says of an error before the answer has begun
is an answer too, where it states a status; else there is none.

Source: `reference` sheet `providers/aistudio` section c (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

import msgspec
from multidict import CIMultiDict

from cliproxy.transport.base import BrokenOff, Unreachable
from cliproxy.transport.whole import gathered
from cliproxy.wire import relay
from cliproxy.wire.http import Headers
from cliproxy.wire.relay import PageFrame

LARGEST_PIECE = 256 * 1024  # bytes, or one chunk, that a client is handed at once
CHUNK_COST = 64  # bytes of memory that a chunk takes beside its own: a page may send them as small as it likes


class RelayResponse:
    """An answer that a page fetches."""

    def __init__(
        self,
        accept: str,
        *,
        idle_timeout: float,
        most_kept: int,
        patience: float,
        on_leaving: Callable[[], object],
    ) -> None:
        self.status = 0  # until it has begun
        self.headers: Headers = {}
        self.is_over = False  # nothing more comes
        self._accept = accept
        self._idle_timeout = idle_timeout
        self._most_kept = most_kept
        self._patience = patience  # that is left
        self._on_leaving = on_leaving
        self._kept: deque[bytes] = deque()
        self._size = 0  # of what is kept, in bytes of memory
        self._why_broken = ""
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Want no more of it."""
        self.is_over = True
        self._kept.clear()
        self._size = 0
        self._room.set()
        self._on_leaving()

    async def head(self) -> None:
        """Wait until it has begun. Raises Unreachable."""
        while not self.status:
            if self.is_over:
                raise Unreachable(self._why_broken)
            if not await self._hears():
                raise Unreachable("the page did not answer in time", timed_out=True)

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        return await gathered(self.pump, longest)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand all that has come to `into`, then wait for `flush`; and so on. Raises BrokenOff."""
        while True:
            if self._kept:
                chunk = self._taken()
                into(chunk)
                await flush()
            elif self._why_broken:
                raise BrokenOff(self._why_broken)
            elif self.is_over:
                return
            elif not await self._hears():
                raise BrokenOff("the page fell silent in the middle of its answer")

    def heard(self, frame: PageFrame) -> None:
        """Take in what the page says of this call."""
        match frame.type:
            case relay.STREAM_CHUNK:
                self._begin(200, {})
                self._keep(frame.text)
            case relay.STREAM_START:
                self._begin(frame.status or 200, frame.headers)
            case relay.STREAM_END:
                self._begin(200, {})
                self.is_over = True
            case relay.HTTP_RESPONSE:
                self._respond(frame)
            case relay.ERROR:
                self._fail(frame)
            case _:
                return
        self._news.set()

    def break_off(self, why: str) -> None:
        """Nothing more comes, though it is not complete."""
        self._why_broken = why
        self.is_over = True
        self._news.set()

    @property
    def is_full(self) -> bool:
        """Tell whether no more may be kept."""
        return self._size >= self._most_kept

    async def has_room(self) -> bool:
        """Wait until more may be kept, while patience lasts; tell whether it may."""
        self._room.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                await self._room.wait()
        except TimeoutError:
            return False
        finally:
            self._patience -= loop.time() - began
        return True

    async def _hears(self) -> bool:
        """Wait for news; tell whether there were any in time."""
        self._news.clear()
        try:
            async with asyncio.timeout(self._idle_timeout):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        if not self.status:
            self.status = status
            self.headers = CIMultiDict({"content-type": self._accept} | dict(headers))

    def _respond(self, frame: PageFrame) -> None:
        if frame.payload is None:
            self._say_error(relay.NO_PAYLOAD, "the page answered without saying what")
            return
        body = frame.text
        is_json = body.lstrip()[:1] in (b"{", b"[")
        self._begin(frame.status or 200, ({"content-type": "application/json"} if is_json else {}) | frame.headers)
        self._keep(body)
        self.is_over = True

    def _fail(self, frame: PageFrame) -> None:
        words = frame.words or "the page could not make the call"
        if self.status or frame.status < 400:
            self.break_off(words)
        else:
            self._say_error(frame.status, words)

    def _say_error(self, status: int, words: str) -> None:
        """Answer as the API would that the page calls."""
        self._begin(status, {"content-type": "application/json"})
        self._keep(msgspec.json.encode({"error": {"code": status, "message": words}}))
        self.is_over = True

    def _keep(self, chunk: bytes) -> None:
        if chunk:
            self._kept.append(chunk)
            self._size += len(chunk) + CHUNK_COST

    def _taken(self) -> bytes:
        chunk = self._kept.popleft()
        number = 1
        if self._kept and len(chunk) < LARGEST_PIECE:
            chunks = [chunk]
            size = len(chunk)
            while self._kept and size < LARGEST_PIECE:
                chunks.append(self._kept.popleft())
                size += len(chunks[-1])
            chunk, number = b"".join(chunks), len(chunks)
        self._size -= len(chunk) + number * CHUNK_COST
        if not self.is_full:
            self._room.set()
        return chunk
