"""An answer as a whole: one that comes in chunks, put together; and one that is there already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from cliproxy.transport.base import TooLong
from cliproxy.wire.http import Headers

Pump = Callable[[Callable[[bytes], None], Callable[[], Awaitable[None]]], Awaitable[None]]
"""Hands every chunk of an answer to the first, then waits for the second; as `UpstreamResponse.pump`."""


async def gathered(pump: Pump, longest: int) -> bytes:
    """Return all that an answer says. Raises TooLong, and what the pump raises."""
    chunks: list[bytes] = []
    size = 0

    def take(chunk: bytes) -> None:
        nonlocal size
        size += len(chunk)
        if size > longest:
            raise TooLong(f"the answer is longer than {longest} bytes")
        chunks.append(chunk)

    await pump(take, _nothing)
    return b"".join(chunks)


async def _nothing() -> None:
    """There is nobody to wait for."""


class WholeResponse:
    """An answer in hand."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave it; nothing is held open by it."""

    async def read(self, longest: int) -> bytes:
        """Return the body. Raises TooLong."""
        if len(self.body) > longest:
            raise TooLong(f"the answer is longer than {longest} bytes")
        return self.body

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand the body to `into`, then wait for `flush`."""
        if self.body:
            into(self.body)
            await flush()
