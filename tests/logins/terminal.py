"""A command before a person: a pseudo-terminal that governs it, what is written there, and what is typed."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import termios
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

PATIENCE = 20.0  # seconds until something must have happened
CURSOR = "▏"  # where an answer is typed
SIZE = {"TERM": "xterm", "COLUMNS": "200", "LINES": "50"}

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")
_TAKES_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'  # who leads a session and opens a terminal is governed by it


class Terminal:
    """A command, and the terminal that it runs on."""

    def __init__(self, process: asyncio.subprocess.Process, keys: int) -> None:
        self.process = process
        self.written = ""
        self._keys = keys
        self._raw = b""
        self._news = asyncio.Event()
        os.set_blocking(keys, False)
        asyncio.get_running_loop().add_reader(keys, self._read)

    async def shows(self, text: str) -> str:
        """Wait until something was written, and return all of it."""
        return await self._until(text, lambda: text in self.written)

    async def asks(self, question: str) -> None:
        """Wait until a question was written, and what is typed will be its answer."""
        await self._until(question, lambda: CURSOR in self.written.partition(question)[2])

    async def _until(self, text: str, is_there: Callable[[], bool]) -> str:
        ended = asyncio.ensure_future(self.process.wait())
        try:
            async with asyncio.timeout(PATIENCE):
                while not is_there() and not ended.done():
                    self._news.clear()
                    news = asyncio.ensure_future(self._news.wait())
                    await asyncio.wait((ended, news), return_when=asyncio.FIRST_COMPLETED)
                    news.cancel()
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in {self.written!r}") from None
        finally:
            ended.cancel()
        self._read()
        assert is_there(), f"ended without {text!r}: {self.written!r}"
        return self.written

    async def code(self) -> int:
        """Wait for the end, and return the exit code."""
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"it goes on after {self.written!r}") from None
        self._read()
        return code

    def type(self, text: str) -> None:
        os.write(self._keys, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.type("\x03")

    def echoes(self) -> bool:
        """Tell whether the terminal shows what is typed, and waits for whole lines, as a shell expects it."""
        flags: int = termios.tcgetattr(self._keys)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self._keys, 65536):
                self._raw += piece
        self.written = _CONTROL.sub("", self._raw.decode(errors="replace"))
        self._news.set()


@asynccontextmanager
async def at_terminal(words: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Terminal]:
    """Run a command on a terminal of its own; what is still running at the end of the block is killed."""
    keys, far = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", _TAKES_TERMINAL, os.ttyname(far), *words),
        env={**environment, **SIZE},
        start_new_session=True,
    )
    try:
        yield Terminal(process, keys)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        asyncio.get_running_loop().remove_reader(keys)
        os.close(keys)
        os.close(far)
