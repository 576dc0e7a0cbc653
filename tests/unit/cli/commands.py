"""Running the command as an operator does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cliproxy.cli.main import run

PATIENCE = 30  # seconds until a command must have begun or ended


def code_of(*words: str | Path) -> int:
    """Run a command in this process and return its exit code."""
    with pytest.raises(SystemExit) as left:
        run([str(word) for word in words])
    code = left.value.code
    assert code is None or isinstance(code, int)
    return code or 0


@dataclass
class Command:
    """A command in a process of its own, and what it has printed so far."""

    process: subprocess.Popen[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _printed: threading.Condition = field(default_factory=threading.Condition)

    def line_with(self, text: str) -> str:
        """Wait for a line that holds a text, on either stream."""
        found: list[str] = []

        def is_there() -> bool:
            found.extend(line for line in (*self.out, *self.err) if text in line)
            return bool(found) or self.process.poll() is not None

        with self._printed:
            assert self._printed.wait_for(is_there, PATIENCE)
        assert found, self.err
        return found[0]

    def follow(self, stream: Iterator[str], lines: list[str]) -> None:
        for line in stream:
            with self._printed:
                lines.append(line.rstrip("\n"))
                self._printed.notify_all()
        with self._printed:
            self._printed.notify_all()


@contextlib.contextmanager
def started(*words: str | Path, cwd: Path | None = None) -> Iterator[Command]:
    """Start the command, and end it with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cliproxy", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"},
    )
    command = Command(process)
    assert process.stdout is not None
    assert process.stderr is not None
    followers = [
        threading.Thread(target=command.follow, args=(process.stdout, command.out)),
        threading.Thread(target=command.follow, args=(process.stderr, command.err)),
    ]
    for follower in followers:
        follower.start()
    try:
        yield command
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        for follower in followers:
            follower.join()
        process.stdout.close()
        process.stderr.close()
