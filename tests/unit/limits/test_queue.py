"""A line in which everybody gets a turn."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cliproxy.limits.queue import FairQueue


def queue_of(*waiters: str, longest: int = 100) -> FairQueue[str]:
    """Return a line of waiters, each named by its owner's letter and its number."""
    queue: FairQueue[str] = FairQueue(longest)
    for waiter in waiters:
        queue.join(waiter[0], waiter)
    return queue


def served(queue: FairQueue[str]) -> list[str]:
    """Serve all, one after another, and return in which order."""
    order = []
    while queue:
        first = next(queue.in_turn())
        order.append(first)
        queue.leave(first[0], first, served=True)
    return order


def test_one_with_many_waiting_lets_the_others_go_between() -> None:
    """Else a script that asks a hundred times would keep a person waiting."""
    assert served(queue_of("a1", "a2", "a3", "b1", "c1")) == ["a1", "b1", "c1", "a2", "a3"]


def test_turns_are_shown_in_the_order_in_which_they_come() -> None:
    queue = queue_of("a1", "a2", "b1", "b2", "b3")
    assert list(queue.in_turn()) == ["a1", "b1", "a2", "b2", "b3"]
    assert served(queue) == ["a1", "b1", "a2", "b2", "b3"]


def test_a_full_line_takes_nobody() -> None:
    queue = queue_of("a1", "b1", longest=2)
    assert not queue.join("c", "c1")
    queue.leave("a", "a1", served=False)
    assert queue.join("c", "c1")


def test_who_gives_up_loses_no_turn_for_its_owner() -> None:
    queue = queue_of("a1", "a2", "b1")
    queue.leave("a", "a1", served=False)
    assert list(queue.in_turn()) == ["a2", "b1"]
    queue.leave("a", "a1", served=False)  # twice is no harm
    assert len(queue) == 2


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_everybody_is_served_once(owners: list[str]) -> None:
    waiters = [f"{owner}{number}" for number, owner in enumerate(owners)]
    assert sorted(served(queue_of(*waiters))) == sorted(waiters)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_nobody_waits_for_more_than_one_of_each_other_owner(owners: list[str]) -> None:
    """Between two of one owner, each other owner is served at most once."""
    order = [waiter[0] for waiter in served(queue_of(*[f"{owner}{number}" for number, owner in enumerate(owners)]))]
    for owner in set(order):
        places = [place for place, one in enumerate(order) if one == owner]
        for before, after in pairwise(places):
            between = order[before + 1 : after]
            assert len(between) == len(set(between))
