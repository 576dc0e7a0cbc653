"""Waiting for a place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from cliproxy.credentials.credential import Candidate
from cliproxy.dispatch.line import Lines, Patience
from cliproxy.errors import NoCredentialReady

ONE = Candidate("a", "m")


@dataclass
class Places:
    """So many places at one account."""

    free: int = 0
    given_back: list[Candidate] = field(default_factory=list)

    def pick(self) -> Candidate | None:
        if not self.free:
            return None
        self.free -= 1
        return ONE

    def lines(self, longest: int = 10, wait: float = 30.0) -> Lines:
        return Lines(Patience(longest, wait))


def nobody(candidate: Candidate) -> None:
    pytest.fail(f"{candidate} was given back")


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_places_go_to_owners_in_turn() -> None:
    """The one who asks most often waits longest."""
    places = Places()
    lines = places.lines()
    order: list[str] = []

    async def wait(owner: str, name: str) -> None:
        await lines.place("m", owner, places.pick, places.given_back.append)
        order.append(name)

    waiting = [asyncio.create_task(wait(name[0], name)) for name in ("a1", "a2", "a3", "b1")]
    await settled()
    for _ in range(4):
        places.free += 1
        lines.freed()
        await settled()
    await asyncio.gather(*waiting)
    assert order == ["a1", "b1", "a2", "a3"]


async def test_a_place_is_handed_over_before_anybody_new_can_take_it() -> None:
    places = Places()
    lines = places.lines()
    waiting = asyncio.create_task(lines.place("m", "a", places.pick, places.given_back.append))
    await settled()
    places.free = 1
    lines.freed()
    assert places.pick() is None  # who comes now
    assert await waiting == ONE


async def test_one_who_cannot_use_what_is_free_does_not_hold_up_the_others() -> None:
    places = Places()
    lines = places.lines()
    picky = asyncio.create_task(lines.place("m", "a", lambda: None, places.given_back.append))
    other = asyncio.create_task(lines.place("m", "b", places.pick, places.given_back.append))
    await settled()
    places.free = 1
    lines.freed()
    assert await other == ONE
    picky.cancel()


async def test_a_full_line_takes_nobody_else() -> None:
    lines = Places().lines(1)
    waiting = asyncio.create_task(lines.place("m", "a", lambda: None, nobody))
    await settled()
    with pytest.raises(NoCredentialReady) as refused:
        await lines.place("m", "b", lambda: None, nobody)
    assert refused.value.status == 429
    assert refused.value.retry_after
    waiting.cancel()


async def test_nobody_waits_for_ever() -> None:
    lines = Places().lines(1, 0.01)
    with pytest.raises(NoCredentialReady, match="became free"):
        await lines.place("m", "a", lambda: None, nobody)
    assert await asyncio.wait_for(Places().lines().place("m", "a", lambda: ONE, nobody), 2) == ONE


async def test_a_place_that_nobody_waits_for_any_more_is_given_back() -> None:
    """A client can leave in the moment in which its turn comes."""
    places = Places()
    lines = places.lines()
    waiting = asyncio.create_task(lines.place("m", "a", places.pick, places.given_back.append))
    await settled()
    places.free = 1
    lines.freed()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert places.given_back == [ONE]


async def test_a_rest_that_ends_is_noticed_without_being_told() -> None:
    places = Places()
    waiting = asyncio.create_task(places.lines().place("m", "a", places.pick, nobody))
    await settled()
    places.free = 1
    assert await asyncio.wait_for(waiting, 3) == ONE
