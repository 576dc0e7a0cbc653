"""Who waits, and when they are woken."""

from __future__ import annotations

from cliproxy.credentials.gate import FEW_ALARMS, NEVER, SLACK, Alarms, Gate


class Door(Gate):
    """A gate that opens when it is told."""

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at

    def opens_at(self, now: float) -> float:
        return max(self.at, now)


class Somebody:
    def __init__(self) -> None:
        self.times_woken = 0

    def wake(self) -> None:
        self.times_woken += 1


def waiting(alarms: Alarms, *doors: Door, now: float) -> list[Somebody]:
    somebodies = [Somebody() for _ in doors]
    for door, somebody in zip(doors, somebodies, strict=True):
        alarms.wait(somebody, door, now)
    return somebodies


def test_they_are_woken_when_their_gate_opens() -> None:
    """Once, and nobody has to look."""
    alarms = Alarms()
    first, second, never = waiting(alarms, Door(110), Door(120), Door(NEVER), now=100)

    for now in (109.9, 110, 119, 120, 1e9):
        alarms.ring(now)

    assert (first.times_woken, second.times_woken, never.times_woken) == (1, 1, 0)


def test_a_gate_that_opens_later_than_it_said_is_waited_for() -> None:
    """It rested again meanwhile."""
    alarms, door = Alarms(), Door(110)
    [somebody] = waiting(alarms, door, now=100)
    door.at = 150
    alarms.ring(149)
    assert somebody.times_woken == 0

    alarms.ring(150)
    assert somebody.times_woken == 1


def test_a_gate_that_opens_earlier_is_met() -> None:
    """A second one who waits sets the alarm anew."""
    alarms, door = Alarms(), Door(150)
    [first] = waiting(alarms, door, now=100)
    door.at = 110
    [second] = waiting(alarms, door, now=101)
    alarms.ring(110)

    assert (first.times_woken, second.times_woken) == (1, 1)


def test_a_gate_can_be_opened_by_hand() -> None:
    """Then its alarm wakes nobody a second time."""
    alarms, door = Alarms(), Door(110)
    [somebody] = waiting(alarms, door, now=100)
    door.open()
    alarms.ring(110)

    assert somebody.times_woken == 1


def test_a_clock_that_is_set_back_wakes_all() -> None:
    """Their gates would open hours too late. What clocks do all the time wakes nobody."""
    alarms = Alarms()
    alarms.ring(10_000)
    [somebody] = waiting(alarms, Door(10_100), now=10_000)
    alarms.ring(10_000 - SLACK)
    assert somebody.times_woken == 0

    alarms.ring(6_000)
    assert somebody.times_woken == 1


def test_a_clock_that_creeps_back_wakes_all() -> None:
    """Each step is small, but the way is long."""
    alarms = Alarms()
    alarms.ring(10_000)
    [somebody] = waiting(alarms, Door(10_100), now=10_000)
    for now in (9_950, 9_900):
        alarms.ring(now)

    assert somebody.times_woken == 1


def test_alarms_that_wake_nobody_are_dropped() -> None:
    """Scopes fail and are well again all day long, each with an alarm an hour away. Who waits is woken all the same."""
    alarms = Alarms()
    moved = Door(900)
    waiting(alarms, moved, now=100)
    moved.at = 110
    [early] = waiting(alarms, moved, now=100)
    for number in range(5 * FEW_ALARMS):
        door = Door(1000 + number)
        waiting(alarms, door, now=100)
        door.open()
    [late] = waiting(alarms, Door(120), now=100)

    assert len(alarms) <= FEW_ALARMS + 1
    alarms.ring(120)
    assert (early.times_woken, late.times_woken) == (1, 1)


def test_gates_are_known_by_the_time_they_open() -> None:
    """The earliest first, each once, those without a time not at all."""
    alarms = Alarms()
    doors = [Door(at) for at in (150, 110, 130, NEVER, 120, 140, 110)]
    waiting(alarms, *doors, now=100)

    assert [at for at, _ in alarms.in_order()] == [110, 110, 120, 130, 140, 150]
    alarms.ring(120)
    assert [at for at, _ in alarms.in_order()] == [130, 140, 150]
