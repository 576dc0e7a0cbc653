"""
A line in which everybody gets a turn: whoever has many waiting is served no more often than whoever has one.

Owners take turns, each with the one of theirs who came first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import zip_longest
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class FairQueue(Generic[T]):
    """Who waits, by owner; bounded."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._owners: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()  # whose turn is next, first
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def join(self, owner: str, waiter: T) -> bool:
        """Stand at the end of the owner's part of the line; False: the line is full."""
        if self._length >= self._longest:
            return False
        self._owners.setdefault(owner, OrderedDict())[waiter] = None
        self._length += 1
        return True

    def leave(self, owner: str, waiter: T, *, served: bool) -> None:
        """Leave, from wherever one stands. Who was served lets the other owners go first."""
        waiting = self._owners.get(owner)
        if waiting is None or waiter not in waiting:
            return
        del waiting[waiter]
        self._length -= 1
        if not waiting:
            del self._owners[owner]
        elif served:
            self._owners.move_to_end(owner)

    def in_turn(self) -> Iterator[T]:
        """Yield everybody in the order of their turns, were one after another served. Nobody may move meanwhile."""
        for row in zip_longest(*self._owners.values()):
            yield from (waiter for waiter in row if waiter is not None)
