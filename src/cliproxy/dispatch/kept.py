"""
What is kept for clients between their requests: bounded for each client, and for all of them; the oldest goes first.

Time is an argument, so whoever keeps something says when.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Bounds(Struct, frozen=True):
    """How much is kept."""

    entries: int  # for one client
    size: int  # bytes, for one client
    total_size: int  # bytes, for all of them
    lifetime: float  # seconds since it was last kept or asked for


class _Entry(Generic[T]):
    __slots__ = ("size", "until", "value")

    def __init__(self, value: T, size: int, until: float) -> None:
        self.value = value
        self.size = size
        self.until = until


class Kept(Generic[T]):
    """Values by client and key."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._clients: OrderedDict[str, OrderedDict[str, _Entry[T]]] = OrderedDict()  # the longest unused first
        self._sizes: dict[str, int] = {}
        self.total_size = 0

    def keep(self, client: str, key: str, value: T, size: int, *, now: float) -> None:
        """Keep a value of so many bytes; what is too large for the bounds is not kept at all."""
        if size > self._bounds.size:
            return
        entries = self._clients.setdefault(client, OrderedDict())
        self._clients.move_to_end(client)
        if key in entries:
            self._forget(client, key)
        entries[key] = _Entry(value, size, now + self._bounds.lifetime)
        self._sizes[client] = self._sizes.get(client, 0) + size
        self.total_size += size
        while len(entries) > self._bounds.entries or self._sizes[client] > self._bounds.size:
            self._forget(client, next(iter(entries)))
        while self.total_size > self._bounds.total_size:
            self._forget_one_of_the_others()

    def get(self, client: str, key: str, *, now: float) -> T | None:
        """Return what was kept, or None where it is not, or not any more."""
        entries = self._clients.get(client)
        entry = entries.get(key) if entries is not None else None
        if entry is None or entries is None:
            return None
        if entry.until <= now:
            self._forget(client, key)
            self._leave_if_empty(client)
            return None
        entry.until = now + self._bounds.lifetime
        entries.move_to_end(key)
        self._clients.move_to_end(client)
        return entry.value

    def _forget_one_of_the_others(self) -> None:
        client = next(iter(self._clients))
        self._forget(client, next(iter(self._clients[client])))
        self._leave_if_empty(client)

    def _leave_if_empty(self, client: str) -> None:
        if not self._clients[client]:
            del self._clients[client], self._sizes[client]

    def _forget(self, client: str, key: str) -> None:
        entry = self._clients[client].pop(key)
        self._sizes[client] -= entry.size
        self.total_size -= entry.size
