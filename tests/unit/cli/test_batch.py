"""Several things at once, and somebody who has enough."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from cliproxy.cli.batch import AT_ONCE, in_order


class Work:
    """Ends when it is told to, and remembers what became of it."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.most = 0
        self.may_end = asyncio.Event()

    async def act(self, item: int) -> int:
        self.begun.append(item)
        self.most = max(self.most, len(self.begun) - len(self.ended))
        await self.may_end.wait()
        await asyncio.sleep(0.01 / (1 + item))  # the last one is the first to end
        self.ended.append(item)
        return item

    async def seen(self, items: int, *, last_wait: float = 10.0) -> list[int]:
        async with aclosing(in_order(range(items), self.act, last_wait=last_wait)) as results:
            return [result async for result in results]


async def test_results_come_in_order_and_not_all_at_once() -> None:
    work = Work()
    work.may_end.set()

    assert await work.seen(3 * AT_ONCE) == list(range(3 * AT_ONCE))
    assert work.most == AT_ONCE
    assert await work.seen(0) == []


async def test_who_leaves_waits_for_what_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    """And for nothing else."""
    work = Work()
    seeing = asyncio.create_task(work.seen(3 * AT_ONCE))
    await asyncio.sleep(0.01)
    seeing.cancel()
    await asyncio.sleep(0.01)
    assert not seeing.done()
    work.may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await seeing
    assert work.begun == list(range(AT_ONCE))
    assert sorted(work.ended) == work.begun
    assert capsys.readouterr().err == "stopping: what has begun may end\n"


async def test_the_wait_has_an_end() -> None:
    work = Work()
    seeing = asyncio.create_task(work.seen(1, last_wait=0.01))
    await asyncio.sleep(0.01)
    seeing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(seeing, 5)
    assert work.ended == []


async def test_a_fault_is_not_hidden() -> None:
    """The others are waited for all the same."""
    work = Work()

    async def act(item: int) -> int:
        if item == 0:
            work.may_end.set()
            raise ZeroDivisionError
        return await work.act(item)

    with pytest.raises(ZeroDivisionError):
        async with aclosing(in_order(range(3), act)) as results:
            await anext(results)
    assert sorted(work.ended) == [1, 2]
