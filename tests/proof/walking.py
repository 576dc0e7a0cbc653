"""Walk a folder of recordings, in as many processes as there are cores, and count what holds."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from tests.proof import relays, replies, requests
from tests.proof.exceptions import unexcused
from tests.proof.exchanges import Exchange, exchange
from tests.proof.outcome import Outcome
from tests.properties.replaying import CODECS

Direction = tuple[str, str, str]  # property, here, there
_BATCH = 8  # files a process takes at once


class Failure(Struct, frozen=True):
    """A property that does not hold for a recording."""

    direction: Direction
    recording: str
    faults: tuple[str, ...]


@dataclass
class Tally:
    """What came of a walk."""

    recordings: int = 0
    others: Counter[str] = field(default_factory=Counter)  # exchanges that ask for no reply, by dialect
    passed: Counter[Direction] = field(default_factory=Counter)
    excused: Counter[Direction] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    used: set[int] = field(default_factory=set)  # rows of the table of exceptions

    def add(self, other: Tally) -> None:
        """Add another walk's."""
        self.recordings += other.recordings
        self.others += other.others
        self.passed += other.passed
        self.excused += other.excused
        self.failures += other.failures
        self.used |= other.used

    def count(self, recording: str, outcome: Outcome) -> None:
        """Put one outcome where it belongs."""
        direction = (outcome.name, outcome.here, outcome.there)
        left, used = unexcused(outcome)
        self.used |= used
        if left:
            self.failures.append(Failure(direction, recording, tuple(left)))
        elif used:
            self.excused[direction] += 1
        else:
            self.passed[direction] += 1


def outcomes(one: Exchange) -> Iterator[Outcome]:
    """Look at everything that must hold of one exchange."""
    if not one.generates:
        return
    yield from relays.outcomes(one)
    if one.dialect in CODECS:
        yield from requests.outcomes(one)
        yield from replies.outcomes(one)


def walk(paths: Sequence[Path], processes: int | None = None) -> Iterator[Tally]:
    """Give out what came of each batch of recordings, as it is done."""
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        yield from pool.map(_walk_batch, batches)


def _walk_batch(paths: Iterable[Path]) -> Tally:
    tally = Tally()
    for path in paths:
        one = exchange(path)
        tally.recordings += 1
        if not one.generates:
            tally.others[one.dialect] += 1
        for outcome in outcomes(one):
            tally.count(one.name, outcome)
    return tally
