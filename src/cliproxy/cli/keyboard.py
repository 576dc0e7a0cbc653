"""
Lines that a person types, read without standing in the loop's way, and without outliving who wants them.

A terminal neither shows what is typed nor waits for whole lines meanwhile: what is typed can then be shown beside a
running clock, or not at all, and an address may be longer than a terminal's line. Ctrl-C stays what it is.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

if sys.platform != "win32":
    import termios

LONGEST = 64 * 1024  # characters of a line; what is more is dropped
_PIECE = 4096  # bytes

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?")  # arrow keys and the like
_ERASE, _CLEAR, _END = "\x7f\b", "\x15", "\x04"


class Keyboard:
    """The standard input; what is done to the terminal is undone when the block is left."""

    def __init__(self, *, file: int = 0, changed: Callable[[], None] = lambda: None) -> None:
        """
        Make ready to read; nothing is read before the block is entered.

        Args:
            file: Descriptor of what is read.
            changed: Called when something was typed.
        """
        self.typed = ""  # of the line that is being typed
        self._last = ""  # letter that came
        self.changed = changed
        self.is_terminal = _is_ours(file)
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._before: list[object] | None = None  # how the terminal was
        self._has_ended = False
        self._is_reading = False
        self._watched = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watched:
            self._loop.remove_reader(self._file)
            self._watched = False
        if self._before is not None and sys.platform != "win32":
            with suppress(termios.error):  # it is gone
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]

    async def line(self) -> str | None:
        """Return the next line, without its end; None: there are no more. The first call begins to read."""
        if not self._is_reading:
            self._begin()
        if self._has_ended and self._lines.empty():
            return None
        return await self._lines.get()

    def _begin(self) -> None:
        self._is_reading = True
        self._loop = asyncio.get_running_loop()
        self._take_terminal()
        try:
            self._loop.add_reader(self._file, self._readable)
            self._watched = True
        except (NotImplementedError, OSError):  # Windows; a file, which cannot be watched
            threading.Thread(target=self._read_all, daemon=True).start()

    def _take_terminal(self) -> None:
        if sys.platform == "win32" or not self.is_terminal:
            return
        self._before = termios.tcgetattr(self._file)
        now = termios.tcgetattr(self._file)
        now[3] &= ~(termios.ICANON | termios.ECHO)
        now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._file, termios.TCSADRAIN, now)

    def _readable(self) -> None:
        try:
            data = os.read(self._file, _PIECE)
        except BlockingIOError:
            return
        except OSError:  # the terminal is gone
            data = b""
        if not data and self._watched:
            self._loop.remove_reader(self._file)
            self._watched = False
        self._take(data)

    def _read_all(self) -> None:
        """Read in a thread of its own, which the program does not wait for."""
        data = b" "
        while data:
            try:
                data = os.read(self._file, _PIECE)
            except OSError:
                data = b""
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._take, data)

    def _take(self, data: bytes) -> None:
        for letter in _ESCAPE.sub("", self._decode(data, final=not data)):
            self._type(letter)
            self._last = letter
        if not data:
            if self.typed:
                self._end_line()
            self._end()
        self.changed()

    def _type(self, letter: str) -> None:
        if letter in "\r\n":
            if self._last + letter != "\r\n":  # which is one end, as Windows writes it
                self._end_line()
        elif letter == _END and not self.typed:
            self._end()
        elif letter == _END:
            self._end_line()
        elif letter in _ERASE:
            self.typed = self.typed[:-1]
        elif letter == _CLEAR:
            self.typed = ""
        elif letter.isprintable() and len(self.typed) < LONGEST:
            self.typed += letter

    def _end_line(self) -> None:
        self._lines.put_nowait(self.typed)
        self.typed = ""

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._lines.put_nowait(None)


def _is_ours(file: int) -> bool:
    """Tell whether this is a terminal that we may read; in the background the kernel would stop us for it."""
    if sys.platform == "win32":
        return os.isatty(file)
    try:
        return os.isatty(file) and os.tcgetpgrp(file) == os.getpgrp()
    except OSError:  # a terminal, but not the one that governs us
        return True
