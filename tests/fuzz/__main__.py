"""Fuzz every target for its share of the time, as many at once as there are processors."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.fuzz.seeds import CORPUS, seeds
from tests.fuzz.targets import TARGETS

MEMORY = 1024  # MB that a target may take
SLOWEST = 10  # seconds that one input may take

_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time, shared by all targets")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    names = arguments.target or list(TARGETS)
    _replayed(names)
    if find_spec("atheris") is None:
        console.print("not fuzzed: atheris has no wheel for this Python or system; the known inputs were replayed")
        return 0
    share = max(1, round(arguments.seconds / len(names)))
    with Progress(console=console) as progress, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        task = progress.add_task("fuzzing", total=len(names))

        def hunted(name: str) -> dict[str, object]:
            outcome = hunt(name, share)
            progress.advance(task)
            return outcome

        outcomes = list(pool.map(hunted, names))
    if arguments.json:
        print(json.dumps(outcomes))
    else:
        _show(console, outcomes)
    return int(any(outcome["failure"] for outcome in outcomes))


def hunt(name: str, seconds: int) -> dict[str, object]:
    """Fuzz one target in a process of its own; what breaks it is kept in the corpus."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        for number, seed in enumerate(seeds(name)):
            (corpus / f"seed{number}").write_bytes(seed)
        found = corpus / "found-"
        options = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY}", f"-timeout={SLOWEST}", "-max_len=65536"]
        options += [f"-artifact_prefix={found}", "-print_final_stats=1", "-verbosity=0"]
        started = time.monotonic()
        command = [sys.executable, "-m", "tests.fuzz.hunt", name, folder, *options]
        ran = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, errors="replace"
        )
        executions = _EXECUTIONS.search(ran.stdout)
        for artifact in corpus.glob("found-*"):
            kept = CORPUS / name / artifact.name.removeprefix("found-")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(artifact.read_bytes())
        return {
            "target": name,
            "executions": int(executions[1]) if executions else 0,
            "seconds": round(time.monotonic() - started, 1),
            "failure": "" if ran.returncode == 0 else _reason(ran.stdout),
        }


def _replayed(names: list[str]) -> None:
    """What once broke something must not do so again, with or without atheris."""
    for name in names:
        for seed in seeds(name):
            TARGETS[name](seed)


def _reason(output: str) -> str:
    lines = [line for line in output.splitlines() if not line.startswith("INFO: Instrumenting")]
    start = next((place for place, line in enumerate(lines) if "Uncaught Python exception" in line), 0)
    return "\n".join(lines[start : start + 25])


def _show(console: Console, outcomes: list[dict[str, object]]) -> None:
    table = Table("target", "executions", "seconds", "outcome")
    for outcome in outcomes:
        failed = outcome["failure"]
        told = "[red]broken[/red]" if failed else "[green]held[/green]"
        table.add_row(str(outcome["target"]), f"{outcome['executions']:,}", str(outcome["seconds"]), told)
    console.print(table)
    for outcome in outcomes:
        if outcome["failure"]:
            console.print(f"\n{outcome['target']}\n{outcome['failure']}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
