"""
Waiting for a place at an account that is full, or that somebody is just trying out: one line for each model.

A place is handed over where it becomes free, before anybody who comes new can take it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec import Struct

from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Candidate
from cliproxy.errors import NoCredentialReady
from cliproxy.limits.queue import FairQueue

_LOOK_AGAIN = 1.0  # seconds; a rest ends without anybody telling

Pick = Callable[[], Candidate | None]
GiveBack = Callable[[Candidate], None]


class Patience(Struct, frozen=True):
    """How many may wait for one model, and for how long."""

    longest_line: int = 100
    longest_wait: float = 60.0  # seconds

    @classmethod
    def of(cls, config: Config) -> Patience:
        """Return what a configuration says of it."""
        return cls(config.concurrency.queue, config.concurrency.wait_seconds)


class _Waiter:
    __slots__ = ("pick", "place")

    def __init__(self, pick: Pick, place: asyncio.Future[Candidate]) -> None:
        self.pick = pick
        self.place = place


class Lines:
    """Who waits for a place, by model."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._lines: dict[str, FairQueue[_Waiter]] = {}

    async def place(self, model: str, owner: str, pick: Pick, give_back: GiveBack) -> Candidate:
        """
        Return who could be picked, once somebody can.

        Args:
            model: Whose line it is.
            owner: Who waits; owners take turns.
            pick: Picks, if anybody can be.
            give_back: Takes a place that came when nobody waited for it any more.

        Raises:
            NoCredentialReady: The line is full, or nobody became free in time.
        """
        line = self._lines.setdefault(model, FairQueue(self.patience.longest_line))
        waiter = _Waiter(pick, asyncio.get_running_loop().create_future())
        if not line.join(owner, waiter):
            self._forget_if_empty(model)
            raise NoCredentialReady(
                f"{len(line)} requests wait for a credential for {model!r} already", status=429, retry_after=1
            )
        taken = False
        try:
            candidate = await self._come(waiter)
            taken = True
            return candidate
        except TimeoutError:
            raise NoCredentialReady(
                f"no credential for {model!r} became free in {self.patience.longest_wait:.0f} s", retry_after=1
            ) from None
        finally:
            place = waiter.place
            line.leave(owner, waiter, served=taken)
            self._forget_if_empty(model)
            if not taken and place.done() and not place.cancelled():
                give_back(place.result())

    def freed(self) -> None:
        """A place may have become free: hand it to whose turn it is."""
        for line in self._lines.values():
            for waiter in line.in_turn():
                if not waiter.place.done() and (candidate := waiter.pick()) is not None:
                    waiter.place.set_result(candidate)
                    break

    async def _come(self, waiter: _Waiter) -> Candidate:
        async with asyncio.timeout(self.patience.longest_wait):
            while not waiter.place.done():
                await asyncio.wait((waiter.place,), timeout=_LOOK_AGAIN)
                if not waiter.place.done() and (candidate := waiter.pick()) is not None:
                    waiter.place.set_result(candidate)
        return waiter.place.result()

    def _forget_if_empty(self, model: str) -> None:
        if model in self._lines and not self._lines[model]:
            del self._lines[model]
