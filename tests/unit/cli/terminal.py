"""A command before a person: a real pseudo-terminal, what is written on it, and what is typed there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 20.0  # seconds until something must have been written

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")


@dataclass
class Terminal:
    """A command and its terminal."""

    process: subprocess.Popen[bytes]
    keys: int  # where the person sits
    far: int  # where the command sits
    written: str = ""
    _raw: bytes = field(default=b"", repr=False)

    def shows(self, text: str) -> str:
        """Wait until something was written, and return all of it."""
        ends = time.monotonic() + PATIENCE
        while text not in self.written:
            assert time.monotonic() < ends, f"{text!r} is not in {self.written!r}"
            if not self._read(0.1) and self.process.poll() is not None:
                self._read(0.1)
                assert text in self.written, f"ended without {text!r}: {self.written!r}"
        return self.written

    def type(self, text: str) -> None:
        os.write(self.keys, text.encode())

    def code(self) -> int:
        """Wait for the end, and return the exit code."""
        ends = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < ends, self.written
            self._read(0.05)
        while self._read(0.05):
            pass
        return self.process.returncode

    def echoes(self) -> bool:
        """Tell whether the terminal shows what is typed, and waits for whole lines, as a shell expects it."""
        flags: int = termios.tcgetattr(self.far)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.type("\x03")

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.keys], [], [], seconds)
        if not ready:
            return False
        with contextlib.suppress(OSError):
            self._raw += os.read(self.keys, 65536)
        self.written = _CONTROL.sub("", self._raw.decode(errors="replace"))
        return True


@contextlib.contextmanager
def at_terminal(module: str, *words: str | Path, **environment: str) -> Iterator[Terminal]:
    """Run a Python module with a terminal of its own."""
    keys, far = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("SSH_CONNECTION", "DISPLAY", "BROWSER")}
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, words)],
        stdin=far,
        stdout=far,
        stderr=far,
        env={**env, "TERM": "xterm", "COLUMNS": "160", "LINES": "40", **environment},
        start_new_session=True,
        preexec_fn=lambda: _govern(far),  # noqa: PLW1509 (the tests that fork have no threads here)
    )
    try:
        yield Terminal(process, keys, far)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(keys)
        os.close(far)


def _govern(far: int) -> None:
    """Make a terminal the one that governs this process, so that Ctrl-C reaches it."""
    fcntl.ioctl(far, termios.TIOCSCTTY, 0)
