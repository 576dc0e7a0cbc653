"""
Keys <-> paths: `config.yaml` lies where the operator says, `auths/` is his folder, `state/` is ours inside it.

Folders whose names begin with a dot hold no credentials: they are ours, or what Kubernetes puts behind its links.
Nothing in our own ends in `.json`, for the Go program takes that for a credential wherever it finds it.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cliproxy.stores.base import AUTHS, CONFIG, STATE, StoreError, check_key

OWN_FOLDER = ".cliproxy"
LOCKS = "locks"
TEMPORARY = ".cliproxy-tmp"  # how the names of files end that are not yet in place

_SETTLED = 2_000_000_000  # nanoseconds after which a file system's clock tells two changes apart


class Print(NamedTuple):
    """What a file looks like from outside; it changes when the content does."""

    modified: int  # nanoseconds; 0: too lately to tell two changes apart, so it equals nothing
    size: int
    number: int

    def equals(self, other: Print | None) -> bool:
        """Tell whether the content is the same, as far as one can see from outside."""
        return self.modified != 0 and self == other


class Sight(NamedTuple):
    """What lies where, as it was seen."""

    prints: dict[str, Print]  # by key
    folders: frozenset[str]  # that were walked
    beyond: frozenset[str]  # folders of the configuration, and of files behind links


class Places:
    """Where the documents lie."""

    def __init__(self, auth_dir: Path, config: Path | None) -> None:
        self.auth_dir = Path(os.path.abspath(auth_dir.expanduser()))  # noqa: PTH100 (links must stay as they are)
        self.config = None if config is None else Path(os.path.abspath(config))  # noqa: PTH100
        self.state = self.auth_dir / OWN_FOLDER
        self.locks = self.state / LOCKS

    def path(self, key: str) -> Path:
        """Return where a document lies, there or not. Raises StoreError."""
        check_key(key)
        if sys.platform == "win32" and ":" in key:
            raise StoreError(f"{key!r} is no key of a document: it would lead to another drive")
        if key == CONFIG:
            if self.config is None:
                raise StoreError("there is no configuration file")
            return self.config
        if key.startswith(AUTHS):
            return self.auth_dir / key.removeprefix(AUTHS)
        name = key.removeprefix(STATE)
        if name.startswith((f"{LOCKS}/", ".")) or name == LOCKS or name.endswith(TEMPORARY):
            raise StoreError(f"{key!r} is no key of a document: the store has that name for itself")
        return self.state / name

    def key(self, path: str) -> str | None:
        """Return the key of the document that lies, or would lie, at a path."""
        if self.config is not None and path == str(self.config):
            return CONFIG
        inner = path.removeprefix(f"{self.auth_dir}{os.sep}")
        if inner == path:
            return None
        key = AUTHS + (inner.replace(os.sep, "/").lower() if sys.platform == "win32" else inner)
        try:
            check_key(key)
        except StoreError:
            return None
        return key

    def look(self) -> Sight:
        """Return the configuration and the credentials, whatever they contain. Raises OSError where one cannot look."""
        prints: dict[str, Print] = {}
        folders, beyond = {str(self.auth_dir)}, set[str]()
        for path, found, is_link in self._credentials(folders):
            if (key := self.key(path)) is not None:
                prints[key] = found
                if is_link:
                    beyond.add(_folder_behind(path))
        if self.config is not None:
            around = {str(self.config.parent), _folder_behind(str(self.config))}
            beyond |= {folder for folder in around if Path(folder).is_dir()}
            if (config := _print(self.config)) is not None:
                prints[CONFIG] = config
        return Sight(prints, frozenset(folders), frozenset(beyond))

    def own(self) -> list[str]:
        """Return the keys of our state."""
        files = (path for path in self.state.rglob("*") if path.is_file())
        names = (path.relative_to(self.state).as_posix() for path in files)
        return [f"{STATE}{name}" for name in names if not name.startswith((f"{LOCKS}/", "."))]

    def _credentials(self, folders: set[str]) -> Iterator[tuple[str, Print, bool]]:
        """Walk the folder, and name all folders in it. One that is linked to in circles is walked once."""
        waiting, walked = [str(self.auth_dir)], set[tuple[int, int]]()
        while waiting:
            folder = waiting.pop()
            try:
                status = Path(folder).stat()
                if (status.st_dev, status.st_ino) in walked:
                    continue
                walked.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.lower().endswith(".json"):
                            found = _print(entry)
                            if found is not None:
                                yield entry.path, found, entry.is_symlink()
                        elif not entry.name.startswith(".") and entry.is_dir():
                            folders.add(entry.path)
                            waiting.append(entry.path)
            except FileNotFoundError:  # gone meanwhile
                continue


def print_of(status: os.stat_result) -> Print:
    """Return what a file looks like by its status."""
    modified = status.st_mtime_ns if time.time_ns() - status.st_mtime_ns > _SETTLED else 0
    return Print(modified, status.st_size, status.st_ino)


def _print(file: Path | os.DirEntry[str]) -> Print | None:
    try:
        status = file.stat()
    except (FileNotFoundError, NotADirectoryError):  # also a link that leads nowhere
        return None
    return print_of(status) if stat.S_ISREG(status.st_mode) else None


def _folder_behind(path: str) -> str:
    return str(Path(os.path.realpath(path)).parent)
