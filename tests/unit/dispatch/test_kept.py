"""What is kept for clients between their requests."""

from __future__ import annotations

import pytest

from cliproxy.dispatch.kept import Bounds, Kept


@pytest.fixture
def kept() -> Kept[str]:
    return Kept(Bounds(entries=3, size=100, total_size=150, lifetime=60.0))


def test_what_was_kept_is_found_by_its_client_alone(kept: Kept[str]) -> None:
    kept.keep("ann", "a", "hers", 10, now=0)

    assert kept.get("ann", "a", now=1) == "hers"
    assert kept.get("bob", "a", now=1) is None
    assert kept.get("ann", "b", now=1) is None


def test_it_is_forgotten_when_nobody_asks_for_it(kept: Kept[str]) -> None:
    kept.keep("ann", "a", "hers", 10, now=0)

    assert kept.get("ann", "a", now=59) == "hers"
    assert kept.get("ann", "a", now=118) == "hers"
    assert kept.get("ann", "a", now=178) is None
    assert kept.total_size == 0


def test_the_longest_unused_goes_first(kept: Kept[str]) -> None:
    for key in "abc":
        kept.keep("ann", key, key, 10, now=0)
    kept.get("ann", "a", now=1)

    kept.keep("ann", "d", "d", 10, now=2)

    assert [key for key in "abcd" if kept.get("ann", key, now=2)] == ["a", "c", "d"]


def test_a_client_has_so_many_bytes(kept: Kept[str]) -> None:
    kept.keep("ann", "a", "a", 60, now=0)
    kept.keep("ann", "b", "b", 60, now=0)

    assert kept.get("ann", "a", now=0) is None
    assert kept.get("ann", "b", now=0) == "b"
    assert kept.total_size == 60


def test_what_is_larger_than_that_drives_nothing_out(kept: Kept[str]) -> None:
    kept.keep("ann", "a", "a", 60, now=0)
    kept.keep("ann", "b", "b", 101, now=0)

    assert kept.get("ann", "b", now=0) is None
    assert kept.get("ann", "a", now=0) == "a"


def test_all_clients_together_have_so_many(kept: Kept[str]) -> None:
    """However many come, memory does not grow; whoever was away longest pays."""
    for number in range(1000):
        kept.keep(f"client {number}", "a", "a", 50, now=number)

    assert kept.total_size == 150
    assert kept.get("client 999", "a", now=1000) == "a"
    assert kept.get("client 0", "a", now=0) is None


def test_keeping_again_replaces(kept: Kept[str]) -> None:
    kept.keep("ann", "a", "old", 90, now=0)
    kept.keep("ann", "a", "new", 10, now=0)

    assert kept.get("ann", "a", now=0) == "new"
    assert kept.total_size == 10
