"""
What happens to files -> the keys of documents that changed.

The system says in which folder something happened; what changed is found out by looking: by content where a file was
named, by time, size and number for all of them. All are looked at when a folder or link was named, and every minute,
for no system tells everything. Where it tells nothing (network mounts), looking is all there is.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog
from watchfiles import Change, awatch

from cliproxy.stores.base import AUTHS, revision_of
from cliproxy.stores.files.disk import make_folder, read
from cliproxy.stores.files.places import OWN_FOLDER, TEMPORARY, Places, Print, Sight, print_of

QUIET = 100  # milliseconds without a change that end a burst
LONGEST_BURST = 1_000  # milliseconds
LOOK_EVERY = 60.0  # seconds
POLL_WITHOUT_WATCHING = 5.0  # seconds
_WAKE_EVERY = 1_000  # milliseconds
_FILE, _LINK, _NOTHING = stat.S_IFREG, stat.S_IFLNK, 0


class Seen(NamedTuple):
    """A document as it was seen last."""

    print: Print
    revision: str  # "": it could not be read


class Watch:
    """Follows the documents of a folder, from what somebody has seen of them."""

    def __init__(self, places: Places, seen: dict[str, Seen], *, saw_all: bool, polls: float | None) -> None:
        """
        Begin.

        Args:
            places: Where the documents lie.
            seen: What is known of them.
            saw_all: Whether a credential that is not among them is new; else it was there all the time.
            polls: Look every so many seconds, and do not ask the system.
        """
        self._places = places
        self._seen = seen
        self._saw_all = saw_all
        self._polls = polls
        self._sight = Sight({}, frozenset(), frozenset())
        self._folders: frozenset[tuple[str, int, int]] = frozenset()  # path and identity of what is to be watched

    async def changes(self) -> AsyncIterator[frozenset[str]]:
        """Yield the keys of what changed, burst by burst."""
        if keys := await asyncio.to_thread(self._look_first):
            yield keys
        while self._polls is None:
            try:
                async for keys in self._told():
                    yield keys
            except FileNotFoundError:  # a folder went away between looking and watching
                await asyncio.sleep(_WAKE_EVERY / 1000)
                if keys := await asyncio.to_thread(self._look_at_all):
                    yield keys
            except (OSError, RuntimeError) as error:  # too many watches, or a file system without them
                structlog.get_logger().warning(
                    "folder cannot be watched", folder=str(self._places.auth_dir), why=str(error), then="it is polled"
                )
                self._polls = POLL_WITHOUT_WATCHING
        while True:
            await asyncio.sleep(self._polls)
            if keys := await asyncio.to_thread(self._look_at_all):
                yield keys

    async def _told(self) -> AsyncIterator[frozenset[str]]:
        """Yield what the system tells, until other folders are to be watched."""
        folders = self._folders
        loop = asyncio.get_running_loop()
        looked = loop.time() - LOOK_EVERY  # so that what happened before it watched is seen
        async for batch in awatch(
            *sorted(path for path, _, _ in folders),
            watch_filter=_is_foreign,
            debounce=LONGEST_BURST,
            step=QUIET,
            rust_timeout=_WAKE_EVERY,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        ):
            is_due = loop.time() - looked >= LOOK_EVERY
            if not batch and not is_due:
                continue
            looked = loop.time() if is_due else looked
            keys = await asyncio.to_thread(self._look_where, None if is_due else [path for _, path in batch])
            if keys:
                yield keys
            if self._folders != folders:
                return

    def _look_where(self, paths: Iterable[str] | None) -> frozenset[str]:
        """Look at what lies at these paths, or at all where that does not tell."""
        named = None if paths is None else self._keys_of(paths)
        return self._look_at_all() if named is None else self._look_at(named)

    def _keys_of(self, paths: Iterable[str]) -> set[str] | None:
        """Return which documents lie at these paths, None where something happened that may concern any."""
        keys: set[str] = set()
        for path in paths:
            kind = _kind(path)
            if kind in (_FILE, _NOTHING) and (key := self._places.key(path)) is not None:
                keys.add(key)
            elif not self._concerns_nobody(path, kind):
                return None
        return keys

    def _concerns_nobody(self, path: str, kind: int) -> bool:
        """Tell whether it does not matter what happened to something that is no document."""
        folder = str(Path(path).parent)
        if folder in self._sight.folders:
            # What other programs write first and then rename is gone when we look.
            is_gone = kind == _NOTHING and path not in self._sight.folders and path not in self._sight.beyond
            return kind == _FILE or is_gone
        config = self._places.config
        return config is not None and folder == str(config.parent) and _kind(str(config)) != _LINK

    def _look_first(self) -> frozenset[str]:
        """Take what nobody has seen as known, and return what changed of what somebody has."""
        with suppress(OSError):
            make_folder(self._places.auth_dir)
        self._look()
        known = self._seen.keys()
        self._look_at(
            key for key in self._sight.prints if key not in known and not (self._saw_all and key.startswith(AUTHS))
        )
        return self._compare()

    def _look_at_all(self) -> frozenset[str]:
        return self._compare() if self._look() else frozenset()

    def _look(self) -> bool:
        try:
            self._sight = self._places.look()
        except OSError as error:  # a mount that went away: nobody has removed anything
            structlog.get_logger().warning("folder cannot be read", folder=str(self._places.auth_dir), why=str(error))
            return False
        self._folders = frozenset(map(_identity, self._sight.folders | self._sight.beyond))
        return True

    def _compare(self) -> frozenset[str]:
        suspects = self._seen.keys() - self._sight.prints.keys()
        for key, found in self._sight.prints.items():
            seen = self._seen.get(key)
            if seen is None or not found.equals(seen.print):
                suspects.add(key)
        return self._look_at(suspects)

    def _look_at(self, keys: Iterable[str]) -> frozenset[str]:
        """Read documents again and return the keys of those that changed."""
        changed = set()
        for key in keys:
            before, now = self._seen.get(key), seen_at(self._places.path(key))
            if now is None:
                self._seen.pop(key, None)
            else:
                self._seen[key] = now
            if (before and before.revision) != (now and now.revision):
                changed.add(key)
        return frozenset(changed)


def seen_at(path: Path) -> Seen | None:
    """Return a document as it is now, None where there is none."""
    try:
        data, status = read(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError:
        return Seen(Print(0, 0, 0), "")
    return Seen(print_of(status), revision_of(data))


def _identity(folder: str) -> tuple[str, int, int]:
    """Tell a folder from another that takes its place; who watches one hears nothing of the other."""
    try:
        status = Path(folder).stat()
    except OSError:
        return folder, 0, 0
    return folder, status.st_dev, status.st_ino


def _is_foreign(_: Change, path: str) -> bool:
    name = Path(path).name
    return not name.endswith(TEMPORARY) and name != OWN_FOLDER


def _kind(path: str) -> int:
    """Return what lies at a path, by the constants of `stat`."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except OSError:
        return _NOTHING
