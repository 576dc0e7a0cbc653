"""What is special about a store in memory; `test_base.py` asks what all must do."""

from __future__ import annotations

import asyncio

import pytest

from cliproxy.stores.base import StoreError
from cliproxy.stores.memory import MemoryStore


async def test_it_begins_with_what_it_is_given() -> None:
    """A gateway built in code has its accounts from the start."""
    given = {"auths/a.json": b"1"}
    store = MemoryStore(given)
    await store.write("auths/b.json", b"2")

    assert [document.data for document in await store.read_all("auths/")] == [b"1", b"2"]
    assert given == {"auths/a.json": b"1"}
    with pytest.raises(StoreError):
        MemoryStore({"a.json": b""})


async def test_a_burst_is_one_batch() -> None:
    """Who is told of a thousand files compiles once."""
    store = MemoryStore()
    changes = store.changes()
    for number in range(1000):
        await store.write(f"auths/{number}.json", b"")

    assert len(await anext(changes)) == 1000


async def test_names_that_nobody_holds_take_no_memory() -> None:
    """There are as many names as accounts, over the years."""
    store = MemoryStore()

    async def hold(name: str) -> None:
        async with store.hold(name, seconds=5):
            await asyncio.sleep(0)

    await asyncio.gather(*(hold(str(number % 10)) for number in range(100)))

    assert (store._locks, len(store._interested)) == ({}, 0)  # the only place where it would show
