"""The line of one plan."""

from __future__ import annotations

from cliproxy.credentials.bench import Bench
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import NEVER, Alarms, Gate
from cliproxy.credentials.member import Member, Seat
from cliproxy.credentials.selection import least_connections, round_robin
from tests.unit.credentials.pools import credential


class Shut(Gate):
    """A gate without a time."""

    __slots__ = ()

    def opens_at(self, now: float) -> float:
        return NEVER


class Line:
    """A bench of seats whose gates a test shuts; it counts how often one is looked at."""

    def __init__(self, *names: str, least: bool = False) -> None:
        self.candidates = tuple(Candidate(name, "m") for name in names)
        self.seats = [Member(credential(one.credential_id)).seat(one) for one in self.candidates]
        self.gates: dict[Seat, Gate] = {}
        self.looks = 0
        strategy = least_connections if least else round_robin
        self.bench = Bench(self.candidates, self.seats, strategy, self.gate_before, Alarms())

    def gate_before(self, seat: Seat, _now: float) -> Gate | None:
        self.looks += 1
        return self.gates.get(seat)

    def first(self, *besides: Candidate) -> str:
        seat = self.bench.first(0, besides)
        return "" if seat is None else seat.candidate.credential_id

    def go(self) -> str:
        seat = self.bench.first(0, ())
        assert seat is not None
        self.bench.went(seat, seat.take_turn(self.bench.present(seat)))
        return seat.candidate.credential_id


def test_the_line_is_the_configuration_s_and_then_by_turns() -> None:
    """Looking changes nothing."""
    line = Line("a", "b", "c")

    assert [line.first(), line.first()] == ["a", "a"]
    assert "".join(line.go() for _ in range(7)) == "abcabca"


def test_who_was_tried_keeps_his_place() -> None:
    """It is only this request that has tried him."""
    line = Line("a", "b", "c")

    assert line.first(*line.candidates[:2]) == "c"
    assert line.first(*line.candidates) == ""
    assert line.first() == "a"


def test_who_waits_at_a_gate_is_not_looked_at() -> None:
    """That is what makes ten thousand cheap."""
    line, gate = Line(*(str(number) for number in range(1000))), Shut()
    for seat in line.seats[:-1]:
        line.gates[seat] = gate
    assert line.first() == "999"
    before = line.looks
    assert line.first() == "999"

    assert line.looks - before == 1
    assert len(list(line.bench.waiting_at(gate))) == 999


def test_who_is_woken_stands_in_line_again() -> None:
    """Where he belongs."""
    line, gate = Line("a", "b"), Shut()
    line.gates[line.seats[0]] = gate
    assert line.first() == "b"
    line.gates.clear()
    assert line.first() == "b"

    gate.open()
    assert line.first() == "a"


def test_who_has_less_to_do_moves_forward() -> None:
    """Under least-connections a place is told when a request has ended."""
    line = Line("a", "b", least=True)
    line.seats[0].member.in_flight = 5
    line.seats[1].member.in_flight = 3
    assert line.first() == "b"
    line.seats[0].member.in_flight = 1
    line.seats[0].places[0].rise()

    assert line.first() == "a"


def test_moving_forward_again_and_again_takes_no_room() -> None:
    """Old entries are thrown away in time."""
    line = Line("a", "b", "c", least=True)
    for load in range(2000, 0, -1):
        line.seats[0].member.in_flight = load
        line.seats[0].places[0].rise()

    assert len(line.bench._heap) < 100
    line.seats[0].member.in_flight = 0
    line.seats[0].places[0].rise()
    assert line.first() == "a"


def test_an_account_is_known_by_its_seats() -> None:
    """The candidate itself first, then its account's other models."""
    member = Member(credential("a"))
    candidates = (Candidate("a", "m"), Candidate("a", "n"))
    bench = Bench(candidates, map(member.seat, candidates), round_robin, lambda _seat, _now: None, Alarms())

    assert [seat.candidate.model for seat in bench.seats_of(candidates[1])] == ["n", "m"]
    assert [seat.candidate.model for seat in bench.seats_of(Candidate("a", "x"))] == ["m", "n"]
    assert bench.has(Candidate("a", "x"))
    assert not bench.has(Candidate("b", "m"))


def test_who_leaves_waits_nowhere() -> None:
    """A plan that is forgotten must not be held by those who rest."""
    line, gate = Line("a", "b"), Shut()
    line.gates[line.seats[0]] = gate
    line.first()
    line.bench.leave()

    assert gate.waiting == {}
    assert [seat.places for seat in line.seats] == [[], []]
