"""An answer that is there already: what it says was read, or came in no stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from cliproxy.transport.base import TooLong
from cliproxy.wire.http import Headers


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
