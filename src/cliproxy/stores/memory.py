"""A store that lives as long as the process: for tests, simulations, and gateways that are given all in code."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from weakref import WeakSet

from cliproxy.stores.base import STATE, Busy, Conflict, Document, NotThere, check_key, revision_of


class MemoryStore:
    """Documents in a dictionary."""

    def __init__(self, documents: Mapping[str, bytes] | None = None) -> None:
        for key in documents or {}:
            check_key(key)
        self._documents = dict(documents or {})
        self._unread: set[str] = set()  # written or removed since they were read
        self._watches: WeakSet[_Watch] = WeakSet()
        self._locks: dict[str, asyncio.Lock] = {}
        self._interested: Counter[str] = Counter()  # who holds a name or waits for it

    async def list(self, prefix: str) -> list[str]:
        """Return the keys that begin so, sorted."""
        return sorted(key for key in self._documents if key.startswith(prefix))

    async def read(self, key: str) -> Document:
        """Return a document. Raises NotThere, StoreError."""
        check_key(key)
        self._unread.discard(key)
        data = self._documents.get(key)
        if data is None:
            raise NotThere(f"{key} is not there")
        return Document(key, data, revision_of(data))

    async def read_all(self, prefix: str) -> Sequence[Document]:
        """Return all documents whose keys begin so, sorted by key."""
        return [await self.read(key) for key in await self.list(prefix)]

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        """Put a document in place and return its new revision. Raises Conflict, StoreError."""
        self._check(key, expected)
        self._documents[key] = data
        self._tell(key)
        return revision_of(data)

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        """Remove a document; none is no error. Raises Conflict, StoreError."""
        self._check(key, expected)
        if self._documents.pop(key, None) is not None:
            self._tell(key)

    @asynccontextmanager
    async def hold(self, name: str, *, seconds: float) -> AsyncIterator[None]:
        """Have a name for ourselves. Raises Busy."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._interested[name] += 1
        try:
            try:
                async with asyncio.timeout(seconds):
                    await lock.acquire()
            except TimeoutError:
                raise Busy(f"{name} is held by another") from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._interested[name] -= 1
            if not self._interested[name]:
                del self._interested[name], self._locks[name]

    def changes(self) -> AsyncIterator[frozenset[str]]:
        """Yield the keys of documents that changed since they were read."""
        watch = _Watch(self._unread)
        self._watches.add(watch)
        return watch.changes()

    def _check(self, key: str, expected: str | None) -> None:
        check_key(key)
        data = self._documents.get(key)
        if expected is not None and expected != ("" if data is None else revision_of(data)):
            raise Conflict(f"{key} was changed meanwhile")

    def _tell(self, key: str) -> None:
        if not key.startswith(STATE):
            self._unread.add(key)
            for watch in self._watches:
                watch.tell(key)


class _Watch:
    """One who follows the changes."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = set(keys)
        self._told = asyncio.Event()
        if self._keys:
            self._told.set()

    def tell(self, key: str) -> None:
        self._keys.add(key)
        self._told.set()

    async def changes(self) -> AsyncIterator[frozenset[str]]:
        while True:
            await self._told.wait()
            self._told.clear()
            keys, self._keys = frozenset(self._keys), set()
            yield keys
