"""
What ten thousand accounts cost a gateway: `python -m tests.benchmarks.accounts`.

It starts with so many credential files, then has one token changed every second by another program. Aims: 3 seconds to
start, 1 % of a core for the changes.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.benchmarks.processes import Process, served

MANY = 10_000
KINDS = ("claude", "codex", "gemini", "qwen")
WATCHED = 20  # seconds
STARTS = 3
SETTLED = 5.0  # seconds after the start


def main() -> None:
    console = Console()
    table = Table(title=f"{MANY:,} credential files", title_justify="left")
    for name in ("what", "figure", "aim"):
        table.add_column(name, justify="left" if name == "what" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "auths")
        config = config_of(folder)
        for _ in track(range(STARTS), "starting", console=console, transient=True):
            with served(config) as process:
                table.add_row("start until it listens", f"{process.started_in:.2f} s", "3 s")
        with served(config) as process:
            time.sleep(SETTLED)
            table.add_row("memory", f"{process.memory() / 2**20:.0f} MB", "")
            table.add_row("idle", f"{share(process, repeat(None)):.2f} % of a core", "")
            changing = share(process, changed(folder / "auths"))
            table.add_row("one token changed each second", f"{changing:.2f} % of a core", "1 % more than idle")
    console.print(table)


def written(folder: Path) -> None:
    """Write all accounts."""
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{KINDS[number % len(KINDS)]}-{number}.json").write_text(account(number, 0))


def account(number: int, version: int) -> str:
    """Return a credential file, as large as a real one."""
    kind = KINDS[number % len(KINDS)]
    fields = {
        "type": kind,
        "email": f"user{number}@example.com",
        "account_id": f"account-{number}",
        "project_id": f"project-{number}",
        "access_token": f"at-{number}-{version}-" + "x" * 900,
        "refresh_token": f"rt-{number}-{version}-" + "x" * 100,
        "expired": "2099-01-01T00:00:00Z",
        "last_refresh": "2026-11-21T00:00:00Z",
    }
    return json.dumps(fields)


def changed(folder: Path) -> Iterator[None]:
    """Change a token, one after another."""
    for number in range(MANY):
        path = folder / f"{KINDS[number % len(KINDS)]}-{number}.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(account(number, 1))
        fresh.replace(path)
        yield


def config_of(folder: Path) -> Path:
    """Return a configuration that serves the folder."""
    config = folder / "config.yaml"
    config.write_text(f"host: 127.0.0.1\nauth-dir: {folder / 'auths'}\nshutdown-seconds: 0\n")
    return config


def share(process: Process, acts: Iterator[None]) -> float:
    """Return how much of a core a process uses while something is done every second, in percent."""
    before = process.cpu()
    for _ in range(WATCHED):
        next(acts)
        time.sleep(1)
    return (process.cpu() - before) / WATCHED * 100


if __name__ == "__main__":
    main()
