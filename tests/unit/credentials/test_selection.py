"""Who goes first among equals."""

from __future__ import annotations

from collections import Counter

import pytest

from cliproxy.config.forms import STRATEGIES as CONFIGURABLE
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.member import Member, Seat
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.credentials.selection import STRATEGIES, fill_first, least_connections, round_robin
from tests.unit.credentials.pools import NOW, credential, limited, pool_of


def seat(*, next_turn: float = 0, in_flight: int = 0, weight: int = 1) -> Seat:
    member = Member(credential("a", weight=weight))
    member.in_flight = in_flight
    found = member.seat(Candidate("a", "m"))
    found.next_turn = next_turn
    return found


def test_round_robin_goes_by_turns() -> None:
    """Whoever is busy."""
    assert round_robin(seat(next_turn=1, in_flight=5)) < round_robin(seat(next_turn=2))


def test_fill_first_knows_no_turns() -> None:
    """The order of the configuration decides."""
    assert fill_first(seat(next_turn=1, in_flight=5)) == fill_first(seat())


def test_least_connections_goes_by_load_and_then_by_turns() -> None:
    """Twice the weight, twice the load."""
    assert least_connections(seat(in_flight=1, next_turn=9)) < least_connections(seat(in_flight=2))
    assert least_connections(seat(in_flight=3, weight=2)) < least_connections(seat(in_flight=2))
    assert least_connections(seat(next_turn=1)) < least_connections(seat(next_turn=2))


@pytest.mark.parametrize("name", CONFIGURABLE)
def test_every_strategy_of_the_configuration_is_here(name: str) -> None:
    """Else a configuration that was accepted could not be served."""
    assert name in STRATEGIES


def test_weights_give_more_turns() -> None:
    """In proportion, and spread out: not three at a stretch."""
    pool = CredentialPool([credential("a", weight=3), credential("b"), credential("c", weight=2)])
    candidates = tuple(Candidate(name, "m") for name in "abc")
    picked = [pool.pick(candidates, now=NOW) for _ in range(600)]

    counts = Counter(one.credential_id for one in picked if one)
    assert all(abs(counts[name] - share) <= 2 for name, share in {"a": 300, "b": 100, "c": 200}.items())
    assert {"b", "c"} <= {one.credential_id for one in picked[300:306] if one}


def test_who_comes_back_is_not_flooded() -> None:
    """It missed a thousand turns, and gets one like the others."""
    pool, candidates = pool_of("a", "b", "c")
    pool.failed(candidates[2], limited(60), now=NOW)
    for _ in range(1000):
        pool.pick(candidates, now=NOW)
    tester = pool.pick(candidates, now=NOW + 60)
    assert tester == candidates[2]
    pool.succeeded(tester, now=NOW + 60)

    counts = Counter(pool.pick(candidates, now=NOW + 60) for _ in range(30))
    assert set(counts.values()) == {10}


def test_turns_are_fair_over_several_plans() -> None:
    """The same accounts stand in other orders for other dialects."""
    pool, candidates = pool_of("a", "b", "c", "d")
    plans = (candidates, candidates[::-1], candidates[1:] + candidates[:1])
    counts = Counter(pool.pick(plan, now=NOW) for _ in range(100) for plan in plans)

    assert max(counts.values()) - min(counts.values()) <= 2


def test_who_is_new_on_a_plan_is_not_flooded() -> None:
    """The others have had a thousand turns on another plan before."""
    pool, candidates = pool_of("a", "b", "c")
    for _ in range(1000):
        pool.pick(candidates[:2], now=NOW)

    counts = Counter(pool.pick(candidates, now=NOW) for _ in range(30))
    assert max(counts.values()) <= 11


def test_least_connections_levels_the_load() -> None:
    """A slow account gets fewer requests than a quick one."""
    pool, candidates = pool_of("slow", "quick", strategy="least-connections")
    counts: Counter[str] = Counter()
    for _ in range(100):
        picked = pool.pick(candidates, now=NOW)
        assert picked is not None
        counts[picked.credential_id] += 1
        if picked.credential_id == "quick":
            pool.succeeded(picked, now=NOW)

    assert counts["slow"] < 5
    assert pool.in_flight("slow") - pool.in_flight("quick") <= 1


def test_a_change_of_strategy_takes_effect() -> None:
    """It is a setting like any other."""
    pool, candidates = pool_of("a", "b")
    pool.replace([credential("a"), credential("b")], Policy(strategy="fill-first"))

    assert [pool.pick(candidates, now=NOW) for _ in range(3)] == [candidates[0]] * 3
