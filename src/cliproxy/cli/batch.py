"""Several things, some at once; when somebody breaks off, what has begun may end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

AT_ONCE = 4
LAST_WAIT = 10.0  # seconds, as a gateway gives its refreshes when it stops

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_order(
    items: Iterable[Item], act: Callable[[Item], Awaitable[Result]], *, last_wait: float = LAST_WAIT
) -> AsyncGenerator[Result, None]:
    """
    Yield what comes of each item, in their order.

    Who leaves early waits for those that have begun, so many seconds at most: a token that is being exchanged would be
    lost, for the old one is spent. The others are not begun any more.
    """
    places = asyncio.Semaphore(AT_ONCE)
    begun: set[int] = set()  # by their place in the order

    async def one(place: int, item: Item) -> Result:
        async with places:
            begun.add(place)
            return await act(item)

    tasks = [asyncio.create_task(one(place, item)) for place, item in enumerate(items)]
    try:
        for task in tasks:
            yield await asyncio.shield(task)
    finally:
        late = [task for place, task in enumerate(tasks) if place in begun and not task.done()]
        await _ended(tasks, late, last_wait)


async def _ended(tasks: Sequence[asyncio.Task[Result]], late: Sequence[asyncio.Task[Result]], seconds: float) -> None:
    for task in tasks:
        if task not in late:
            task.cancel()
    if late:
        print("stopping: what has begun may end", file=sys.stderr)
        await asyncio.wait(late, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
