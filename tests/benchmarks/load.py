"""Clients: many requests at once, counted and timed."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

import aiohttp

_WRITTEN = re.compile(rb" t(\d+)")


@dataclass
class Answered:
    """What came back."""

    requests: int = 0
    chunks: int = 0
    under_way: list[float] = field(default_factory=list)  # seconds, of each chunk that told when it was written


async def ask(url: str, body: bytes, *, times: int, at_once: int) -> Answered:
    """Post a body so many times, so many at once, and read every answer to its end."""
    answered = Answered()
    left = iter(range(times))
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

        async def one_after_another() -> None:
            for _ in left:
                async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                    assert response.status == 200, await response.text()
                    async for chunk in response.content.iter_any():
                        now = time.monotonic_ns()
                        written = _WRITTEN.findall(chunk)
                        answered.chunks += len(written)
                        answered.under_way.extend((now - int(at)) / 1e9 for at in written)
                answered.requests += 1

        await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return answered
