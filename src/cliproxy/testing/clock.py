"""A clock that is moved by hand, and a sleep that moves it."""

from __future__ import annotations

import asyncio


class HandClock:
    """
    Unix time that stands still until it is told to move: `Gateway(config, clock=clock, sleep=clock.sleep)`.

    `slept` holds how long each sleep asked for.
    """

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass that a sleeper asked for, at once."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)
