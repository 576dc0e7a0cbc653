"""The processes under test: started, waited for, measured from outside, stopped."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_UP_WITHIN = 20.0  # seconds


@dataclass
class Process:
    """A server that is listening."""

    port: int
    handle: psutil.Process
    started_in: float  # seconds until it listened

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the processor time used so far, in seconds; where Linux tells it, to the nanosecond."""
        tasks = Path(f"/proc/{self.handle.pid}/task")
        try:
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
        except OSError:
            times = self.handle.cpu_times()
            return float(times.user + times.system)

    def memory(self) -> int:
        """Return the resident memory, in bytes."""
        return int(self.handle.memory_info().rss)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def started(port: int, *command: str) -> Iterator[Process]:
    """Run a command that listens on a port, for as long as the block lasts."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() - begun > _UP_WITHIN:
                    raise RuntimeError(f"{' '.join(command)} did not start") from None
                time.sleep(0.005)
        yield Process(port, psutil.Process(process.pid), time.monotonic() - begun)
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def upstream() -> Iterator[Process]:
    """Run the cheap upstream."""
    port = free_port()
    with started(port, sys.executable, "-m", "tests.benchmarks.upstream", str(port)) as process:
        yield process


@contextlib.contextmanager
def bare_relay(before: str) -> Iterator[Process]:
    """Run the yardstick."""
    port = free_port()
    with started(port, sys.executable, "-m", "tests.benchmarks.bare_relay", str(port), before) as process:
        yield process


@contextlib.contextmanager
def gateway(before: str, folder: Path) -> Iterator[Process]:
    """Run the gateway, with one chat upstream."""
    config = folder / "config.yaml"
    config.write_text(
        "host: 127.0.0.1\n"
        "shutdown-seconds: 0\n"
        f"auth-dir: {folder / 'auths'}\n"
        "openai-compatibility:\n"
        "  - name: bench\n"
        f"    base-url: {before}\n"
        "    api-key-entries: [{api-key: k}]\n"
        "    models: [{name: m}]\n"
    )
    with served(config) as process:
        yield process


@contextlib.contextmanager
def served(config: Path) -> Iterator[Process]:
    """Run the gateway that a file describes."""
    port = free_port()
    command = [sys.executable, "-m", "cliproxy", "serve", "--config", str(config), "--port", str(port)]
    with started(port, *command) as process:
        yield process
