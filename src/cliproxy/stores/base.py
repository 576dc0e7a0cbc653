"""
What a store is: documents by key, each with a revision.

Keys: `config.yaml`; `auths/<path>.json`, one credential each; `state/<name>`, what is kept between runs (health,
intents). A store that is shared by several processes lets one of them hold a name for itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

CONFIG, AUTHS, STATE = "config.yaml", "auths/", "state/"

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


class Document(Struct, frozen=True):
    """One document as it was read."""

    key: str
    data: bytes
    revision: str  # opaque; equal while the content is

    def __repr__(self) -> str:
        """The content holds secrets."""
        return f"Document({self.key}, {len(self.data)} bytes, {self.revision})"


class StoreError(Exception):
    """The store cannot do it. The message says where and why, and holds no secret."""


class NotThere(StoreError):  # noqa: N818 (a state of the store)
    """No document has this key."""


class Conflict(StoreError):  # noqa: N818 (a state of the store)
    """The document has another revision than was expected: somebody changed it meanwhile."""


class Busy(StoreError):  # noqa: N818 (a state of the store)
    """Another process holds the name, and did not let go in time."""


def check_key(key: str) -> None:
    """
    Refuse what is no key: a path that leads elsewhere, a credential that is no JSON file, state that looks like one.

    Folders whose names begin with a dot belong to others, and to the store itself.
    """
    area, _, path = key.partition("/")
    *folders, name = path.split("/")
    is_json = name.lower().endswith(".json")
    if key == CONFIG:
        return
    if (
        f"{area}/" not in (AUTHS, STATE)
        or is_json != (f"{area}/" == AUTHS)
        or name in ("", ".", "..")
        or any(folder.startswith(".") or not folder for folder in folders)
        or _FORBIDDEN.search(key)
    ):
        raise StoreError(f"{key!r} is no key of a document: those are {CONFIG}, {AUTHS}<path>.json and {STATE}<name>")


def revision_of(data: bytes) -> str:
    """Return the revision of a document in stores that have none of their own: a digest of its content."""
    return hashlib.sha256(data).hexdigest()[:32]


class Store(Protocol):
    """Where configuration and credentials live."""

    async def list(self, prefix: str) -> list[str]:
        """Return the keys that begin so, sorted. Raises StoreError."""
        ...

    async def read(self, key: str) -> Document:
        """Return a document. Raises NotThere, StoreError."""
        ...

    async def read_all(self, prefix: str) -> Sequence[Document]:
        """Return the documents whose keys begin so, sorted, but those that vanish meanwhile. Raises StoreError."""
        ...

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        """
        Put a document in place, whole or not at all, and return its new revision.

        Args:
            key: Where.
            data: What.
            expected: The revision it must still have; "": it must not be there; None: whatever is there.

        Raises:
            Conflict: It has another revision.
            StoreError: It cannot be written; what was there still is.
        """
        ...

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        """Remove a document; none is no error. Raises Conflict, StoreError."""
        ...

    def hold(self, name: str, *, seconds: float) -> AbstractAsyncContextManager[None]:
        """
        Have a name for ourselves, among all processes that share the store, until the block is left or we die.

        Args:
            name: What is held, e.g. a document's key.
            seconds: Longest wait for another to let go; and how long we may have it at most, where the store cannot see
                that we died.

        Raises:
            Busy: Another has it.
            StoreError: Nobody can be asked.
        """
        ...

    def changes(self) -> AsyncIterator[frozenset[str]]:
        """
        Yield the keys of documents that may have changed since the last time, ours included; never ends by itself.

        The first time is since they were read. It is the store's own affair how it knows. A key may be named though
        nothing changed; none is left out but those of `state/`, which nobody waits for.
        """
        ...
