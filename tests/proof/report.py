"""What came of a walk, for a person to read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.proof.exceptions import EXCUSES, unused
from tests.proof.walking import Direction, Failure, Tally

_VALUES = re.compile(r"\d+|'[^']*'|\"[^\"]*\"|\b[0-9a-f]{8,}\b")
_LOOK = 72  # signs by which two faults are taken for one kind


def printed(tally: Tally, console: Console, *, most: int = 40) -> None:
    """Print the table of directions, the kinds of faults, and what the table of exceptions is worth."""
    failed = Counter(failure.direction for failure in tally.failures)
    table = Table("property", "here", "there", "passed", "excused", "failed", title="Recordings", title_justify="left")
    for direction in sorted({*tally.passed, *tally.excused, *failed}):
        style = "red" if failed[direction] else ""
        counts = tally.passed[direction], tally.excused[direction], failed[direction]
        table.add_row(*direction, *map(str, counts), style=style)
    console.print(table)
    for (direction, _), failures in _kinds(tally.failures)[:most]:
        console.print(f"[red]{len(failures)}[/] {' '.join(direction)}: {failures[0][0]}", highlight=False)
        console.print(f"     {failures[0][1][:400]}", highlight=False, markup=False)
    console.print(
        f"{tally.recordings} recordings, {sum(tally.others.values())} of them of other operations; "
        f"{sum(tally.passed.values())} properties hold, {sum(tally.excused.values())} by an exception, "
        f"{sum(failed.values())} do not"
    )
    for excuse in unused(tally.used):
        console.print(f"[yellow]unused exception[/] {excuse.name} {excuse.here} {excuse.there}: {excuse.reason}")


def as_json(tally: Tally) -> dict[str, Any]:
    """Return the same for a program."""
    failed = Counter(failure.direction for failure in tally.failures)
    return {
        "recordings": tally.recordings,
        "other_operations": dict(tally.others),
        "directions": [
            {
                "property": direction[0],
                "here": direction[1],
                "there": direction[2],
                "passed": tally.passed[direction],
                "excused": tally.excused[direction],
                "failed": failed[direction],
            }
            for direction in sorted({*tally.passed, *tally.excused, *failed})
        ],
        "failures": [
            {"direction": failure.direction, "recording": failure.recording, "faults": failure.faults}
            for failure in tally.failures
        ],
        "exceptions": [{"reason": excuse.reason, "used": row in tally.used} for row, excuse in enumerate(EXCUSES)],
    }


def _kinds(failures: Collection[Failure]) -> list[tuple[tuple[Direction, str], list[tuple[str, str]]]]:
    """Return the faults by what they look like, the commonest first, each with where it was met."""
    kinds: defaultdict[tuple[Direction, str], list[tuple[str, str]]] = defaultdict(list)
    for failure in failures:
        for fault in failure.faults:
            look = _VALUES.sub("#", fault)[:_LOOK]
            kinds[failure.direction, look].append((failure.recording, fault))
    return sorted(kinds.items(), key=lambda kind: -len(kind[1]))


def cases_printed(
    results: Mapping[tuple[str, str, str], Counter[str]], failed: Mapping[str, list[str]], console: Console
) -> None:
    """Print the table of pairs, and what does not hold."""
    columns = ("passed", "deviating", "failed")
    table = Table("from", "to", "kind", *columns, title="Translation cases", title_justify="left")
    for pair, counts in sorted(results.items()):
        style = "red" if counts["failed"] else ""
        table.add_row(*pair, *(str(counts[column]) for column in columns), style=style)
    total = sum(results.values(), Counter[str]())
    table.add_section()
    table.add_row("all", "", "", *(str(total[column]) for column in columns))
    console.print(table)
    for case, unmet in failed.items():
        console.print(f"[red]{case}[/]", highlight=False)
        for problem in unmet:
            console.print(f"     {problem}", highlight=False, markup=False)


def quota_printed(unmet: Mapping[str, Sequence[str]], console: Console) -> None:
    """Print how many quota cases hold, by whose they are, and what does not hold."""
    table = Table("whose", "passed", "failed", title="Quota cases", title_justify="left")
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case, problems in unmet.items():
        counts[re.split(r"[./]", case)[0]]["failed" if problems else "passed"] += 1
    for whose, counted in sorted(counts.items()):
        table.add_row(whose, str(counted["passed"]), str(counted["failed"]), style="red" if counted["failed"] else "")
    total = sum(counts.values(), Counter[str]())
    table.add_section()
    table.add_row("all", str(total["passed"]), str(total["failed"]))
    console.print(table)
    for case, problems in unmet.items():
        for problem in problems:
            console.print(f"{case}: {problem}", highlight=False, markup=False)
