"""The store of files: what is asked of a store, in threads, under locks that all processes of the machine share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import structlog

from cliproxy.stores.base import AUTHS, CONFIG, STATE, Conflict, Document, NotThere, StoreError, revision_of
from cliproxy.stores.files import disk, locks
from cliproxy.stores.files.places import Places, print_of
from cliproxy.stores.files.watching import Seen, Watch

_WRITES = "writes"  # what a writer holds between comparing and putting in place
_LONGEST_WRITE = 30.0  # seconds


class FileStore:
    """A configuration file and a folder of credentials."""

    def __init__(self, auth_dir: Path, config: Path | None = None, *, polls: float | None = None) -> None:
        """
        Begin; nothing is read yet.

        Args:
            auth_dir: The folder of the credential files; made where it is missing.
            config: The configuration file, if there is one.
            polls: Look for changes every so many seconds, where the system does not tell of them (network mounts).
        """
        self._places = Places(auth_dir, config)
        self._polls = polls
        self._seen: dict[str, Seen] = {}
        self._saw_all = False
        self._is_swept = False

    async def list(self, prefix: str) -> list[str]:
        """Return the keys that begin so, sorted. Raises StoreError."""
        return sorted(await asyncio.to_thread(self._keys, prefix))

    async def read(self, key: str) -> Document:
        """Return a document. Raises NotThere, StoreError."""
        return await asyncio.to_thread(self._read, key)

    async def read_all(self, prefix: str) -> Sequence[Document]:
        """Return all documents whose keys begin so, sorted by key, but those that cannot be read. Raises StoreError."""
        return await asyncio.to_thread(self._read_all, prefix)

    async def write(self, key: str, data: bytes, *, expected: str | None = None) -> str:
        """Put a document in place and return its new revision. Raises Conflict, StoreError."""
        return await asyncio.to_thread(self._write, key, data, expected)

    async def delete(self, key: str, *, expected: str | None = None) -> None:
        """Remove a document; none is no error. Raises Conflict, StoreError."""
        await asyncio.to_thread(self._delete, key, expected)

    def hold(self, name: str, *, seconds: float) -> AbstractAsyncContextManager[None]:
        """Have a name for ourselves, until the block is left or we die. Raises Busy, StoreError."""
        return locks.held(self._places.locks, name, seconds=seconds)

    def changes(self) -> AsyncIterator[frozenset[str]]:
        """Yield the keys of documents that changed since they were read; what was never read, since this began."""
        watch = Watch(self._places, dict(self._seen), saw_all=self._saw_all, polls=self._polls)
        return watch.changes()

    def _keys(self, prefix: str) -> Sequence[str]:
        keys: list[str] = []
        with _told(self._places.auth_dir):
            disk.make_folder(self._places.auth_dir)
            if STATE.startswith(prefix) or prefix.startswith(STATE):
                keys += self._places.own()
            if not prefix.startswith(STATE):
                keys += self._places.look().prints
        return [key for key in keys if key.startswith(prefix)]

    def _read(self, key: str) -> Document:
        path = self._places.path(key)
        with _told(path):
            try:
                data, status = disk.read(path)
            except (FileNotFoundError, NotADirectoryError):
                raise NotThere(f"{path} is not there") from None
        document = Document(key, data, revision_of(data))
        if not key.startswith(STATE):
            self._seen[key] = Seen(print_of(status), document.revision)
        return document

    def _read_all(self, prefix: str) -> Sequence[Document]:
        documents = []
        for key in sorted(self._keys(prefix)):
            try:
                documents.append(self._read(key))
            except NotThere:
                continue
            except StoreError as error:
                structlog.get_logger().warning("document cannot be read", document=key, why=str(error))
        self._saw_all = self._saw_all or AUTHS.startswith(prefix)
        return documents

    def _write(self, key: str, data: bytes, expected: str | None) -> str:
        path = self._places.path(key)
        with _told(path), self._writing(key, path, expected):
            disk.make_folder(path.parent)
            if key != CONFIG:
                self._keep_private(path)
            disk.put_in_place(path, data, keeps_mode=key == CONFIG)
        return revision_of(data)

    def _delete(self, key: str, expected: str | None) -> None:
        path = self._places.path(key)
        with _told(path), self._writing(key, path, expected):
            disk.remove(path)

    @contextmanager
    def _writing(self, key: str, path: Path, expected: str | None) -> Iterator[None]:
        """Be the only writer, and sure that the document is the one expected."""
        with locks.held_by_thread(self._places.locks, _WRITES, seconds=_LONGEST_WRITE):
            if not self._is_swept:
                disk.sweep(self._places.auth_dir)
                self._is_swept = True
            if expected is not None and expected != _revision_at(path):
                raise Conflict(f"{key} was changed meanwhile")
            yield

    def _keep_private(self, path: Path) -> None:
        for folder in path.parents:
            disk.keep_private(folder)
            if folder == self._places.auth_dir:
                break


def _revision_at(path: Path) -> str:
    try:
        return revision_of(disk.read(path)[0])
    except (FileNotFoundError, NotADirectoryError):
        return ""


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say of a failure where and why."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreError(f"{error.filename or os.fspath(path)}: {why}") from error
