"""
Locks between processes on one machine: files that the kernel locks, and sets free when their holder dies.

A lock file is never removed: who removed one while another opened it would let two in. It is empty.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cliproxy.stores.base import Busy, StoreError, revision_of
from cliproxy.stores.files.disk import PRIVATE_FILE, make_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FIRST_WAIT, _LONGEST_WAIT = 0.002, 0.1  # seconds between two tries
_UNSAFE = re.compile(r"[^A-Za-z0-9@_-]+")
_LONGEST_NAME = 80


@asynccontextmanager
async def held(folder: Path, name: str, *, seconds: float) -> AsyncIterator[None]:
    """Have a name for ourselves, among processes and tasks. Raises Busy, StoreError."""
    file = _opened(folder, name)
    try:
        for wait in _tries(file, name, seconds):
            await asyncio.sleep(wait)
        yield
    finally:
        os.close(file)  # which sets it free


@contextmanager
def held_by_thread(folder: Path, name: str, *, seconds: float) -> Iterator[None]:
    """Have a name for ourselves, in a thread that may wait. Raises Busy, StoreError."""
    file = _opened(folder, name)
    try:
        for wait in _tries(file, name, seconds):
            time.sleep(wait)
        yield
    finally:
        os.close(file)


def _opened(folder: Path, name: str) -> int:
    safe = _UNSAFE.sub("_", name)[:_LONGEST_NAME]
    path = folder / f"{safe}.{revision_of(name.encode(errors='surrogatepass'))[:16]}"
    try:
        make_folder(folder)
        return os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error


def _tries(file: int, name: str, seconds: float) -> Iterator[float]:
    """Try until it is ours; between two tries, yield how long to wait."""
    ends, wait = time.monotonic() + seconds, _FIRST_WAIT
    while not _taken(file, name):
        left = ends - time.monotonic()
        if left <= 0:
            raise Busy(f"{name} is held by another")
        yield min(wait, left)
        wait = min(wait * 2, _LONGEST_WAIT)


def _taken(file: int, name: str) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # Windows says the latter
        return False
    except OSError as error:
        raise StoreError(f"{name} cannot be locked: {error.strerror}") from error
    return True
