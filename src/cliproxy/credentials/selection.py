"""
Who goes first among ready candidates of one priority.

Turns are dealt by stride: each moves a candidate's next turn on by one, divided by its weight, and the earliest goes
first. Who was away joins at the present turn: it neither makes up for what it missed nor waits for the others.
"""

from __future__ import annotations

from collections.abc import Callable

from cliproxy.credentials.member import Seat

Strategy = Callable[[Seat], tuple[float, float]]
"""Gives what candidates are compared by: the lowest goes first, the earliest in the configuration among equals."""


def round_robin(seat: Seat) -> tuple[float, float]:
    """Everybody in turn, by weight."""
    return seat.next_turn, 0.0


def fill_first(seat: Seat) -> tuple[float, float]:
    """The first in the configuration, for as long as it is ready."""
    return 0.0, 0.0


def least_connections(seat: Seat) -> tuple[float, float]:
    """Whose account has the fewest requests in flight, by weight; in turn among equals."""
    return seat.member.in_flight / seat.member.weight, seat.next_turn


STRATEGIES: dict[str, Strategy] = {
    "round-robin": round_robin,
    "weighted-round-robin": round_robin,
    "fill-first": fill_first,
    "least-connections": least_connections,
}
