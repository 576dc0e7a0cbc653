"""Fuzz every target for its share of the time, as many at once as there are processors."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct, to_builtins
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.fuzz.seeds import CORPUS, known, seeds, words
from tests.fuzz.targets import TARGETS

_STATISTIC = re.compile(r"stat::(\w+):\s*(\d+)")
_LONGEST_REASON = 30  # lines


class Outcome(Struct, frozen=True):
    """How one target fared."""

    target: str
    executions: int
    seconds: float
    memory: int  # MB at most
    failure: str  # "" where it held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time, shared by all targets")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="where to begin, so that a run repeats; 0: elsewhere")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    names = arguments.target or list(TARGETS)
    replayed(names)
    if find_spec("atheris") is None:
        console.print("not fuzzed: atheris has no wheel for this Python or system; the known inputs were replayed")
        return 0
    with Progress(console=console, transient=True) as progress:
        outcomes = list(
            progress.track(hunted(names, arguments.seconds, arguments.seed), total=len(names), description="fuzzing")
        )
    if arguments.json:
        print(json.dumps(to_builtins(outcomes)))
    else:
        _show(console, outcomes)
    return int(any(outcome.failure for outcome in outcomes))


def replayed(names: Sequence[str]) -> None:
    """What once broke something must not do so again, with or without atheris."""
    for name in names:
        for data in known(name).values():
            TARGETS[name](data)


def hunted(names: Sequence[str], seconds: float, seed: int) -> Iterator[Outcome]:
    """Fuzz targets; what breaks one is kept in the corpus."""
    processes = os.cpu_count() or 1
    share = max(1, round(seconds / len(names)) - 1)  # the fuzzer ends within the second after
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            _laid_out(Path(folder) / name, name)
        command = [sys.executable, "-m", "tests.fuzz.hunt", folder, str(processes), str(share), str(seed), *names]
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=fixed) as hunt:
            through = 0
            for line in hunt.stdout or ():
                name, status, took = line.split()
                through += 1
                yield _outcome(Path(folder) / name, name, int(status), float(took))
            if through < len(names):
                raise SystemExit(hunt.stderr.read() if hunt.stderr else "the hunt broke off")


def _laid_out(folder: Path, name: str) -> None:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    first = list(seeds(name))
    for number, seed in enumerate(first):
        (corpus / f"seed{number}").write_bytes(seed)
    (folder / "words").write_text("".join(f'"{word}"\n' for word in words(first)))


def _outcome(folder: Path, name: str, status: int, took: float) -> Outcome:
    log = (folder / "log").read_text(errors="replace")
    for found in folder.glob("found-*"):
        kept = CORPUS / name / found.name.removeprefix("found-")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(found.read_bytes())
    told = {match[1]: int(match[2]) for match in _STATISTIC.finditer(log)}
    failure = _reason(log) if status else ""
    return Outcome(name, told.get("number_of_executed_units", 0), took, told.get("peak_rss_mb", 0), failure)


def _reason(log: str) -> str:
    lines = log.splitlines()
    start = next((place for place, line in enumerate(lines) if "Uncaught Python exception" in line), 0)
    return "\n".join(lines[start : start + _LONGEST_REASON])


def _show(console: Console, outcomes: Sequence[Outcome]) -> None:
    table = Table("target", "executions", "seconds", "MB", "outcome")
    for outcome in outcomes:
        told = "[red]broken[/red]" if outcome.failure else "[green]held[/green]"
        table.add_row(outcome.target, f"{outcome.executions:,}", f"{outcome.seconds}", f"{outcome.memory}", told)
    table.add_section()
    table.add_row("all", f"{sum(outcome.executions for outcome in outcomes):,}", "", "", "")
    console.print(table)
    for outcome in outcomes:
        if outcome.failure:
            console.print(f"\n{outcome.target}\n{outcome.failure}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
