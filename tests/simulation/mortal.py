"""
What a process has of the world, until it dies: from then on nothing that it waits for comes back to it.

So a `kill -9` is played: whatever it was doing stops where it is, and nothing of it is written any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from cliproxy.stores.base import AUTHS, Document, Store
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.base import UpstreamResponse
from cliproxy.wire.http import HttpRequest


class Life:
    """One life of a process."""

    def __init__(self) -> None:
        self.is_over = False
        self._limbo: list[asyncio.Future[None]] = []  # kept, or whoever waits would be swept away

    async def goes_on(self) -> None:
        """Come back if it does; else never."""
        if self.is_over:
            self._limbo.append(asyncio.get_running_loop().create_future())
            await self._limbo[-1]

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.goes_on()


class MortalStore:
    """A store as one process sees it; names that it holds are free once it is dead."""

    def __init__(self, store: Store, life: Life) -> None:
        self.before_tokens: Callable[[], None] | None = None  # called ahead of the next write of a credential, once
        self._store = store
        self._life = life
        self._held: dict[str, AbstractAsyncContextManager[None]] = {}

    async def read(self, key: str) -> Document:
        await self._life.goes_on()
        await asyncio.sleep(0.001)
        return await self._store.read(key)

    async def read_all(self, prefix: str) -> Sequence[Document]:
        await self._life.goes_on()
        return await self._store.read_all(prefix)

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        if key.startswith(AUTHS) and self.before_tokens is not None:
            strike, self.before_tokens = self.before_tokens, None
            strike()
        await self._life.goes_on()
        await asyncio.sleep(0.002)
        await self._life.goes_on()
        return await self._store.write(key, data, expected=expected)

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        await self._life.goes_on()
        await self._store.delete(key, expected=expected)

    @asynccontextmanager
    async def hold(self, name: str, *, seconds: float) -> AsyncIterator[None]:
        await self._life.goes_on()
        holding = self._store.hold(name, seconds=seconds)
        await holding.__aenter__()
        self._held[name] = holding
        if self._life.is_over:
            await self.let_go()
        await self._life.goes_on()
        try:
            yield
        finally:
            if self._held.pop(name, None) is not None:
                await holding.__aexit__(None, None, None)

    async def changes(self) -> AsyncIterator[frozenset[str]]:
        async for keys in self._store.changes():
            await self._life.goes_on()
            yield keys

    async def list(self, prefix: str) -> list[str]:
        await self._life.goes_on()
        return await self._store.list(prefix)

    async def let_go(self) -> None:
        """The process is dead: the system frees what it held."""
        for name in tuple(self._held):
            await self._held.pop(name).__aexit__(None, None, None)


class MortalTransport:
    """A transport as one process sees it."""

    def __init__(self, transport: SimulatedTransport, life: Life) -> None:
        self._transport = transport
        self._life = life

    @property
    def open(self) -> int:
        """Answers that were begun and not left."""
        return self._transport.open

    async def send(self, request: HttpRequest) -> UpstreamResponse:
        await self._life.goes_on()
        response = await self._transport.send(request)
        await self._life.goes_on()
        return response

    async def close(self) -> None:
        await self._transport.close()
