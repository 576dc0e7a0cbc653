"""
What candidates wait at: something that is shut, and opens at a time, or when something happens.

Nobody looks at those who wait. The gate wakes them when it opens; for gates that open at a time there are alarms.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import Protocol

SLACK = 60.0  # seconds a clock may go back before what it says is taken for another time

NEVER = math.inf
FEW_ALARMS = 1024


class Waiter(Protocol):
    """Who waits at a gate."""

    def wake(self) -> None:
        """Look again: the gate may be open."""
        ...


class Gate:
    """Something that keeps candidates from being asked."""

    __slots__ = ("alarm", "waiting")

    def __init__(self) -> None:
        self.alarm = NEVER  # unix time for which one is set
        self.waiting: dict[Waiter, None] = {}

    def opens_at(self, now: float) -> float:
        """Return the unix time at which it opens by itself; `now`: it is open; NEVER: something must happen first."""
        raise NotImplementedError

    def open(self) -> None:
        """Wake everybody."""
        if self.waiting:
            waiting, self.waiting = self.waiting, {}
            for waiter in waiting:
                waiter.wake()


class Alarms:
    """Gates by the time at which they open."""

    def __init__(self) -> None:
        self._set: list[tuple[float, int, Gate]] = []
        self._count = 0
        self._most = FEW_ALARMS  # before those are looked for that wake nobody
        self._latest = -NEVER  # unix time that the clock has told, or may have told before it was set back

    def wait(self, waiter: Waiter, gate: Gate, now: float) -> None:
        """Have somebody woken when the gate opens."""
        gate.waiting[waiter] = None
        at = gate.opens_at(now)
        if now < at < gate.alarm:
            self._put(gate, at)

    def __len__(self) -> int:
        return len(self._set)

    def ring(self, now: float) -> None:
        """Open what opens by now. Where the clock was set back all wake: what it told before means nothing any more."""
        if now < self._latest - SLACK:
            self._latest = now + SLACK
            for _, _, gate in self._take_all():
                gate.open()
        self._latest = max(self._latest, now)
        while self._set and self._set[0][0] <= now:
            at, _, gate = heapq.heappop(self._set)
            if at != gate.alarm:
                continue  # an earlier one was set since
            gate.alarm = NEVER
            opens_at = gate.opens_at(now)
            if opens_at <= now:
                gate.open()
            elif gate.waiting and opens_at < NEVER:
                self._put(gate, opens_at)

    def in_order(self) -> Iterator[tuple[float, Gate]]:
        """Yield the gates for which an alarm is set, the earliest first."""
        ahead = [(self._set[0], 0)] if self._set else []
        while ahead:
            (at, _, gate), place = heapq.heappop(ahead)
            if at == gate.alarm:
                yield at, gate
            for child in (2 * place + 1, 2 * place + 2):
                if child < len(self._set):
                    heapq.heappush(ahead, (self._set[child], child))

    def _put(self, gate: Gate, at: float) -> None:
        gate.alarm = at
        self._count += 1
        heapq.heappush(self._set, (at, self._count, gate))
        if len(self._set) > self._most:
            self._tidy()

    def _tidy(self) -> None:
        """Drop the alarms that wake nobody: of scopes that were well again before."""
        kept = []
        for at, number, gate in self._set:
            if gate.alarm == at and gate.waiting:
                kept.append((at, number, gate))
            elif gate.alarm == at:
                gate.alarm = NEVER
        heapq.heapify(kept)
        self._set = kept
        self._most = max(FEW_ALARMS, 2 * len(kept))

    def _take_all(self) -> list[tuple[float, int, Gate]]:
        taken, self._set = self._set, []
        for _, _, gate in taken:
            gate.alarm = NEVER
        return taken
