"""
Walk the recordings, or the cases of translation or of quotas, and print what holds.

    python -m tests.proof                    the recordings of this repository
    python -m tests.proof --shared FOLDER    another folder; or name it in CLIPROXY_RECORDINGS
    python -m tests.proof cases              the translation cases
    python -m tests.proof quota              the quota cases; with `--shared FOLDER` those in its `cases/`
    python -m tests.proof all                all of them

With `--json` the result is JSON. The exit code is 1 where something does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.proof import quota
from tests.proof.cases.deviations import DEVIATIONS
from tests.proof.cases.running import cases, failures
from tests.proof.exchanges import FOLDER, files, unspoken
from tests.proof.report import as_json, cases_printed, printed, quota_printed
from tests.proof.walking import Tally, walk

VARIABLE = "CLIPROXY_RECORDINGS"


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    console = Console(stderr=options.json, width=None if sys.stdout.isatty() else 160)
    told: dict[str, object] = {}
    holds = True
    if options.what in ("recordings", "all"):
        tally = _walked(Path(options.shared), console)
        holds = holds and not tally.failures
        told["recordings"] = as_json(tally)
        if not options.json:
            printed(tally, console, most=options.most)
            for slug, count in unspoken(Path(options.shared)).items():
                console.print(f"{count} recordings of {slug}, which we do not speak, were left alone")
    if options.what in ("cases", "all"):
        results, failed, stale = _cases_run()
        holds = holds and not failed and not stale
        told["cases"] = {"pairs": {"/".join(pair): counts for pair, counts in results.items()}, "failed": failed}
        if not options.json:
            cases_printed(results, failed, console)
            for case in stale:
                console.print(f"[yellow]stale deviation[/] {case}: {DEVIATIONS[case]}")
    if options.what in ("quota", "all"):
        folder = Path(options.shared)
        from_there = (folder / quota.SHARED).exists()
        unmet = {case.id: quota.unmet(case) for case in (quota.shared(folder) if from_there else quota.ours())}
        holds = holds and not any(unmet.values())
        told["quota"] = unmet
        if not options.json:
            quota_printed(unmet, console)
    if options.json:
        sys.stdout.write(json.dumps(told, indent=1, default=list) + "\n")
    return 0 if holds else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("what", nargs="?", choices=("recordings", "cases", "quota", "all"), default="recordings")
    parser.add_argument("--shared", metavar="FOLDER", default=os.environ.get(VARIABLE) or FOLDER)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--most", type=int, default=40, metavar="N", help="kinds of faults to show (40)")
    return parser.parse_args()


def _walked(folder: Path, console: Console) -> Tally:
    paths = files(folder)
    tally = Tally()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("recordings", total=len(paths))
        for batch in walk(paths):
            tally.add(batch)
            progress.advance(task, batch.recordings)
    return tally


def _cases_run() -> tuple[dict[tuple[str, str, str], Counter[str]], dict[str, list[str]], list[str]]:
    """Return the counts by pair, the cases that fail, and the deviations that are none any more."""
    results: dict[tuple[str, str, str], Counter[str]] = {}
    failed: dict[str, list[str]] = {}
    stale: list[str] = []
    for case in cases():
        counts = results.setdefault(case.pair, Counter())
        try:
            unmet = failures(case)
        except Exception as error:  # noqa: BLE001 (a codec may fail in any way; the run goes on)
            unmet = [f"raised {type(error).__name__}: {error}"]
        if case.id in DEVIATIONS:
            counts["deviating"] += 1
            if not unmet:
                stale.append(case.id)
        elif unmet:
            counts["failed"] += 1
            failed[case.id] = unmet
        else:
            counts["passed"] += 1
    return results, failed, stale


if __name__ == "__main__":
    sys.exit(main())
