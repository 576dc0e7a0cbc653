"""
What it costs to choose among ten thousand credentials: `python -m tests.benchmarks.pool`.

Times are medians of single calls; a pick is measured with the success that ends an earlier one. Aim: 20 microseconds,
also when all but a hundred rest.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence

from msgspec import structs
from rich.console import Console
from rich.table import Table

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.credentials.selection import STRATEGIES
from cliproxy.errors import Failure, FailureKind

MANY = 10_000
READY = 100
PICKS = 20_000
IN_FLIGHT = 50
AIM = 20.0  # microseconds
NOW = 1_790_000_000.0

SPENT = Failure(FailureKind.QUOTA_SPENT, 429, "spent", scope="account")


def crowd() -> list[Credential]:
    """Return many credentials, of which every third has a weight."""
    return [
        Credential(f"claude:apikey:{n:012x}", "claude", Secret(f"k{n}"), account=f"a{n}", weight=1 + n % 3)
        for n in range(MANY)
    ]


def resting(pool: CredentialPool, candidates: Sequence[Candidate]) -> None:
    """Have all but some rest, evenly spread."""
    for place, candidate in enumerate(candidates):
        if place % (MANY // READY):
            pool.failed(candidate, SPENT, now=NOW)


def microseconds(acts: Iterable[Callable[[], object]]) -> tuple[float, float]:
    """Return the median and the 99th percentile of single calls."""
    times = []
    for act in acts:
        started = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - started) / 1000)
    times.sort()
    return statistics.median(times), times[len(times) * 99 // 100]


def picks(pool: CredentialPool, candidates: Sequence[Candidate], conversations: int) -> tuple[float, float]:
    """Measure picks with some requests always in flight."""
    flying: list[tuple[Candidate, str]] = []
    clock = itertools.count()

    def turn() -> None:
        at = next(clock)
        now = NOW + at / 1000
        conversation = f"c{at % conversations}" if conversations else ""
        picked = pool.pick(candidates, now=now, conversation=conversation)
        assert picked is not None
        flying.append((picked, conversation))
        if len(flying) > IN_FLIGHT:
            landed, spoken = flying.pop(0)
            pool.succeeded(landed, now=now)
            pool.spoken(spoken)

    turn()
    return microseconds(itertools.repeat(turn, PICKS))


def table_of_picks() -> Table:
    """Measure every strategy, with everybody ready, and with few."""
    table = Table(title=f"One pick and its success, of {MANY} (aim: median {AIM:.0f} us)", title_justify="left")
    for column in ("strategy", "all ready", "p99", f"{READY} ready", "p99", "in conversations", "p99"):
        table.add_column(column, justify="left" if column == "strategy" else "right")
    for strategy in STRATEGIES:
        cells = []
        for few, conversations in ((False, 0), (True, 0), (False, 5000)):
            pool = CredentialPool(crowd(), Policy(strategy=strategy))
            candidates = tuple(Candidate(one.id, "opus") for one in crowd())
            if few:
                resting(pool, candidates)
            median, worst = picks(pool, candidates, conversations)
            cells += [f"[{'green' if median <= AIM else 'red'}]{median:.1f}[/]", f"{worst:.1f}"]
        table.add_row(strategy, *cells)
    return table


def table_of_the_rest() -> Table:
    """Measure what is rarer."""
    table = Table(title=f"Rarer calls, with {MANY}", title_justify="left")
    table.add_column("call")
    table.add_column("milliseconds", justify="right")
    credentials = crowd()
    candidates = tuple(Candidate(one.id, "opus") for one in credentials)
    pool = CredentialPool(credentials)

    def row(name: str, act: Callable[[], object]) -> None:
        started = time.perf_counter_ns()
        act()
        table.add_row(name, f"{(time.perf_counter_ns() - started) / 1e6:.3f}")

    row("the first pick of a plan", lambda: pool.pick(candidates, now=NOW))
    row("a token is refreshed", lambda: pool.update(structs.replace(credentials[7], secret=Secret("new"))))
    row("replace, all the same", lambda: pool.replace(credentials, Policy()))
    anew = crowd()
    row("replace, all read anew", lambda: pool.replace(anew, Policy()))
    row("the first pick of a plan after it", lambda: pool.pick(candidates, now=NOW))
    resting(pool, candidates)
    row("the pick that finds all but some resting", lambda: pool.pick(candidates, now=NOW + 1))
    for candidate in candidates[:: MANY // READY]:
        pool.failed(candidate, SPENT, now=NOW + 1)
    row("nobody is ready", lambda: pool.pick(candidates, now=NOW + 2))
    row("nobody is ready, again", lambda: pool.pick(candidates, now=NOW + 2))
    row("ready_at", lambda: pool.ready_at(candidates, now=NOW + 2))
    row("awaits_a_place", lambda: pool.awaits_a_place(candidates, now=NOW + 2))
    row("why", lambda: pool.why(candidates, now=NOW + 2))
    row("saved, all resting", lambda: pool.saved(now=NOW + 2))
    kept = pool.saved(now=NOW + 2)
    another = CredentialPool(credentials)
    row("restore", lambda: another.restore(kept, now=NOW + 3))
    row("the pick after all rests have ended", lambda: pool.pick(candidates, now=NOW + 7200))
    shared = Failure(FailureKind.OVERLOADED, 529, "full", scope="upstream")
    for candidate in candidates[:2]:
        pool.failed(candidate, shared, now=NOW + 7201)
    row("the pick that finds their one upstream resting", lambda: pool.pick(candidates, now=NOW + 7201))
    row("the pick after its rest", lambda: pool.pick(candidates, now=NOW + 7261))
    return table


def memory() -> str:
    """Return what a pool takes, and what a plan that was asked for adds."""
    credentials = crowd()
    candidates = tuple(Candidate(one.id, "opus") for one in credentials)
    gc.collect()
    tracemalloc.start()
    pool = CredentialPool(credentials)
    empty = tracemalloc.get_traced_memory()[0]
    pool.pick(candidates, now=NOW)
    planned = tracemalloc.get_traced_memory()[0]
    resting(pool, candidates)
    pool.pick(candidates, now=NOW)
    rested = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (
        f"Memory for {MANY}: {empty / 1e6:.1f} MB, {(planned - empty) / 1e6:.1f} MB more for each plan in use,"
        f" {(rested - planned) / 1e6:.1f} MB more when all rest"
    )


if __name__ == "__main__":
    console = Console()
    console.print(table_of_picks())
    console.print(table_of_the_rest())
    console.print(memory())
