"""
Files put in place whole or not at all, for nobody else to read.

A file is written beside its place, flushed to the disk, and renamed; then the folder is flushed. Who dies between any
two steps leaves the old file, or the new one, and perhaps one that ends in `TEMPORARY`.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from cliproxy.stores.files.places import TEMPORARY

LONGEST = 16 * 1024 * 1024  # bytes of a document
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, private; one that was there is left alone. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)


def keep_private(folder: Path) -> None:
    """Take from others what rights they have in a folder, if it is ours."""
    with suppress(OSError):
        if stat.S_IMODE(folder.stat().st_mode) != PRIVATE_FOLDER:
            folder.chmod(PRIVATE_FOLDER)


def read(path: Path) -> tuple[bytes, os.stat_result]:
    """Return what a file contains, with its status from before it was read. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):  # a pipe would keep us waiting
            raise OSError(errno.EINVAL, "it is no file")
        if status.st_size > LONGEST:
            raise OSError(errno.EFBIG, f"it is longer than {LONGEST} bytes")
        with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
            return file.readall(), status
    finally:
        os.close(handle)


def put_in_place(path: Path, data: bytes, *, keeps_mode: bool = False) -> None:
    """
    Write a file. Where a link stands, the file behind it is written and the link stays. Raises OSError.

    Args:
        path: Where; its folder is there.
        data: What.
        keeps_mode: Whether a file that others may read stays so.
    """
    target = Path(os.path.realpath(path))
    before = target.stat() if target.exists() else None
    temporary = target.parent / f".{secrets.token_hex(8)}{TEMPORARY}"
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE_FILE)
        with os.fdopen(file, "wb") as written:
            written.write(data)
            written.flush()
            os.fsync(file)
        if before is not None:
            _give_back(temporary, before, keeps_mode=keeps_mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file, or the link to it; none is no error. Raises OSError."""
    path.unlink(missing_ok=True)
    flush_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what writers left who died. Nobody else may be writing."""
    for left in folder.glob(f"**/.*{TEMPORARY}"):
        with suppress(OSError):
            left.unlink()


def flush_folder(folder: Path) -> None:
    """Make sure that a name given or taken in a folder stays so when the power fails."""
    if sys.platform == "win32":  # folders cannot be opened there, and need not be
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        with suppress(OSError):  # network file systems that cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def _give_back(path: Path, before: os.stat_result, *, keeps_mode: bool) -> None:
    """Give a new file the owner of the one before: who runs as root must not shut out the user."""
    if keeps_mode:
        path.chmod(stat.S_IMODE(before.st_mode))
    if sys.platform != "win32" and before.st_uid != os.geteuid():
        with suppress(OSError):
            os.chown(path, before.st_uid, before.st_gid)
