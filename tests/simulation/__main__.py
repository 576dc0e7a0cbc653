"""
Run the simulation: `python -m tests.simulation`, a step of `scripts/check`.

Each run has a seed of its own; where something does not hold, the seed and the latest events are printed, and
`--seed <that> --runs 1` with the same `--each` shows it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.simulation.story import Outcome, simulate

REQUESTS = 100_000
EACH = 2_000  # requests of one run
CALM = 100  # requests that a run has beside these at least, once all is calm
WIDTH = 120  # characters


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="in all runs together, at least")
    parser.add_argument("--each", type=int, default=EACH, help="requests of one run")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others follow")
    parser.add_argument("--runs", type=int, help="instead of --requests")
    arguments = parser.parse_args()
    runs = arguments.runs or -(-arguments.requests // (arguments.each + CALM))
    seeds = range(arguments.seed, arguments.seed + runs)
    console, started = Console(stderr=True, width=WIDTH), time.monotonic()
    with Progress(console=console, transient=True) as progress:
        outcomes = list(progress.track(simulated(seeds, arguments.each), total=runs, description="simulating"))
    _show(console, outcomes, time.monotonic() - started)
    return int(any(outcome.failure for outcome in outcomes))


def simulated(seeds: Sequence[int], each: int) -> Iterator[Outcome]:
    """Run seeds, as many at a time as there are processors."""
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        yield from processes.map(simulate, seeds, [each] * len(seeds))


def _show(console: Console, outcomes: Sequence[Outcome], seconds: float) -> None:
    table = Table("seed", "accounts", "strategy", "requests", "attempts", "answered", "hours", "seconds", "digest", "")
    for outcome in outcomes:
        scenario = outcome.scenario
        table.add_row(
            str(scenario.seed),
            f"{scenario.accounts:,} at {len(scenario.places)}",
            scenario.strategy,
            f"{outcome.requests:,}",
            f"{outcome.attempts:,}",
            f"{outcome.outcomes.get('answered', 0):,}",
            f"{outcome.hours:.1f}",
            f"{outcome.seconds:.1f}",
            outcome.digest,
            "[red]broken[/red]" if outcome.failure else "[green]held[/green]",
        )
    requests, attempts = (sum(getattr(one, name) for one in outcomes) for name in ("requests", "attempts"))
    came_to = Counter[str]()
    for outcome in outcomes:
        came_to.update(outcome.outcomes)
    table.add_section()
    table.add_row("all", "", "", f"{requests:,}", f"{attempts:,}", f"{came_to['answered']:,}")
    console.print(table)
    console.print(", ".join(f"{count:,} {how}" for how, count in came_to.most_common()))
    console.print(f"{requests:,} requests in {seconds:.0f} s, {max(one.megabytes for one in outcomes):.0f} MB at most")
    for outcome in outcomes:
        if outcome.failure:
            scenario, events = outcome.scenario, "\n".join(outcome.latest)
            again = f"python -m tests.simulation --seed {scenario.seed} --runs 1 --each {scenario.requests}"
            console.print(f"\n{events}\nseed {scenario.seed}: {outcome.failure}\n{again}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
