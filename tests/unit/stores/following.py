"""What tests of stores share: one who follows the changes of a store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cliproxy.stores.base import Store

LONGEST = 10.0  # seconds


class Follower:
    """What a store told, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[frozenset[str]] = []

    @property
    def keys(self) -> set[str]:
        return {key for batch in self.batches for key in batch}

    async def hears(self, *keys: str) -> bool:
        """Wait until all of these were named."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                while not self.keys.issuperset(keys):
                    await asyncio.sleep(0.01)
        return self.keys.issuperset(keys)


@asynccontextmanager
async def following(store: Store) -> AsyncIterator[Follower]:
    """Follow a store that is watched by the time the block begins."""
    follower = Follower()

    async def follow() -> None:
        async for batch in store.changes():
            follower.batches.append(batch)

    task = asyncio.create_task(follow())
    await asyncio.sleep(0.2)
    try:
        yield follower
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
