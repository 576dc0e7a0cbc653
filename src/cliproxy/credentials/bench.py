"""
The candidates of one plan, in the order in which they go.

A heap, put right only where somebody looks at it: an entry may be older than its place. Whoever cannot go now leaves
it and waits at the gate that is shut, so that a pick costs the same among ten as among ten thousand of whom most rest.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import Alarms, Gate
from cliproxy.credentials.member import Seat
from cliproxy.credentials.selection import Strategy

Entry = tuple[int, tuple[float, float], int, "Place"]
"""Priority downwards, rank by the strategy, place in the configuration."""


class Place:
    """Where a seat stands in the line of one bench."""

    __slots__ = ("bench", "entry", "gate", "order", "seat")

    def __init__(self, bench: Bench, seat: Seat, order: int) -> None:
        self.bench = bench
        self.seat = seat
        self.order = order
        self.entry: Entry | None = None  # the one that counts; None: it waits at the gate
        self.gate: Gate | None = None

    def wake(self) -> None:
        """Stand in line again."""
        self.gate = None
        self.bench.put(self)

    def went(self, turn: float) -> None:
        """Its seat took a turn, here or on another bench."""
        self.bench.went(self.seat, turn)

    def rise(self) -> None:
        """Move forward in the line, where it ranks lower than before."""
        if self.entry is not None:
            self.bench.put(self)


class Bench:
    """Who could serve one request. `gate_before` tells what is shut before a seat, if anything is."""

    def __init__(
        self,
        candidates: tuple[Candidate, ...],
        seats: Iterable[Seat],
        strategy: Strategy,
        gate_before: Callable[[Seat, float], Gate | None],
        alarms: Alarms,
    ) -> None:
        self.candidates = candidates
        self.places: list[Place] = []
        self._strategy = strategy
        self._gate_before = gate_before
        self._alarms = alarms
        self._present: dict[int, float] = {}  # turn of the last one that went, by priority
        self._of_accounts: dict[str, list[Seat]] = {}
        for order, seat in enumerate(seats):
            place = Place(self, seat, order)
            place.entry = self._entry(place)
            self.places.append(place)
            seat.places.append(place)
            self._of_accounts.setdefault(seat.candidate.credential_id, []).append(seat)
            self.went(seat, seat.next_turn)
        self._heap = [place.entry for place in self.places if place.entry is not None]
        heapq.heapify(self._heap)

    def first(self, now: float, besides: Collection[Candidate]) -> Seat | None:
        """Return who goes next."""
        heap, aside = self._heap, []
        found = None
        while heap:
            entry = heap[0]
            place = entry[3]
            if place.entry is not entry:
                heapq.heappop(heap)  # a better one was put in since
            elif (present := self._entry(place)) != entry:
                place.entry = present
                heapq.heapreplace(heap, present)
            elif (gate := self._gate_before(place.seat, now)) is not None:
                heapq.heappop(heap)
                place.entry, place.gate = None, gate
                self._alarms.wait(place, gate, now)
            elif place.seat.candidate in besides:
                aside.append(heapq.heappop(heap))
            else:
                found = place.seat
                break
        for entry in aside:
            heapq.heappush(heap, entry)
        return found

    def waiting_at(self, gate: Gate) -> Iterator[Seat]:
        """Yield the seats of those who wait at a gate."""
        return (place.seat for place in gate.waiting if isinstance(place, Place) and place.bench is self)

    def has(self, candidate: Candidate) -> bool:
        """Tell whether a candidate's account sits here."""
        return candidate.credential_id in self._of_accounts

    def seats_of(self, candidate: Candidate) -> Iterator[Seat]:
        """Yield the seats of its account, its own first."""
        seats = self._of_accounts.get(candidate.credential_id, ())
        yield from (seat for seat in seats if seat.candidate == candidate)
        yield from (seat for seat in seats if seat.candidate != candidate)

    def present(self, seat: Seat) -> float:
        """Return the present turn among those of its priority."""
        return self._present.get(seat.member.credential.priority, 0.0)

    def went(self, seat: Seat, turn: float) -> None:
        """One of them took a turn, here or on another bench."""
        priority = seat.member.credential.priority
        if turn > self._present.get(priority, 0.0):
            self._present[priority] = turn

    def put(self, place: Place) -> None:
        """Stand in line, at the place that is right now: one that waited, or ranks lower than when it was put in."""
        entry = self._entry(place)
        if place.entry is None or entry < place.entry:
            place.entry = entry
            heapq.heappush(self._heap, entry)
            if len(self._heap) > 2 * len(self.places) + 64:
                self._heap = [place.entry for place in self.places if place.entry is not None]
                heapq.heapify(self._heap)

    def leave(self) -> None:
        """Forget that anybody sat here."""
        for place in self.places:
            place.seat.places.remove(place)
            if place.gate is not None:
                place.gate.waiting.pop(place, None)

    def _entry(self, place: Place) -> Entry:
        seat = place.seat
        return -seat.member.credential.priority, self._strategy(seat), place.order, place
