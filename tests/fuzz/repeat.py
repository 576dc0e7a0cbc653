"""
Try the same changed seeds on every target: `python -m tests.fuzz.repeat`, a step of `scripts/check`.

What breaks a target is printed in full; to see it again, run this again.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import zlib
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.table import Table

from tests.fuzz.mutations import mutations
from tests.fuzz.seeds import seeds, words
from tests.fuzz.targets import TARGETS

_COUNTS = {
    "key": 10_000,
    "login": 20_000,
    "refresh": 15_000,
    "page": 8_000,
    "socket": 8_000,
    "environment": 30_000,
    "proxy": 4_000,
    "pasted": 80_000,
    "diagnosis": 1_500,
    "pipeline": 3_000,
    "envelope": 6_000,
    "json_array": 5_000,
    "event_stream": 8_000,
    "stream": 12_000,
    "reply": 30_000,
}
_USUAL_COUNT = 80_000  # inputs; about two seconds of a processor of 2026


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.repeat", description=__doc__)
    parser.add_argument("--amount", type=float, default=1.0, help="so many times as many inputs as usual")
    parser.add_argument("--seed", type=int, default=1, help="where to begin")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    table = Table("target", "inputs", "seconds", "outcome")
    broken: list[str] = []
    with ProcessPoolExecutor() as pool:
        work = {name: pool.submit(tried, name, _count(name, arguments.amount), arguments.seed) for name in TARGETS}
        for name, trying in work.items():
            seconds, failure = trying.result()
            outcome = "[red]broken[/red]" if failure else "[green]held[/green]"
            table.add_row(name, f"{_count(name, arguments.amount):,}", f"{seconds:.1f}", outcome)
            if failure:
                broken.append(f"{name}\n{failure}")
    console.print(table)
    for one in broken:
        console.print(one, markup=False)
    return int(bool(broken))


def tried(name: str, count: int, seed: int) -> tuple[float, str]:
    """Try inputs on a target; return the seconds it took and what broke it, or nothing."""
    first = list(seeds(name))
    known_words = [word.replace('\\"', "").strip('"') for word in words(first)]
    target, started = TARGETS[name], time.monotonic()
    for data in mutations(first, known_words, count=count, seed=seed ^ zlib.crc32(name.encode())):
        try:
            target(data)
        except Exception:  # noqa: BLE001 (whatever it is, it is what we look for)
            return time.monotonic() - started, f"{traceback.format_exc()}\nthe input: {data!r}"
    return time.monotonic() - started, ""


def _count(name: str, amount: float) -> int:
    return round(_COUNTS.get(name.partition(".")[0], _USUAL_COUNT) * amount)


if __name__ == "__main__":
    sys.exit(main())
