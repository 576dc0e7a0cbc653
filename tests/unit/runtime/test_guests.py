"""Credentials of pages that are connected: they come, go and come back, and that makes little work."""

from __future__ import annotations

import asyncio

from cliproxy.credentials.credential import Credential
from cliproxy.runtime.guests import MOST_AWAY, RETURN_TIME, SETTLING_TIME, Guests
from cliproxy.testing.loop import run

CHANNEL, OTHER = "aistudio-0123456789abcdef", "aistudio-fedcba9876543210"
ALICE, BOB = "key-alice", "key-bob"


class Scene:
    """Guests, and who is told of them."""

    def __init__(self) -> None:
        self.updated: list[Credential] = []
        self.compiled: list[list[str]] = []  # who could be asked, each time
        self.guests = Guests(updated=self.updated.append, compiled=lambda: self.compiled.append(self.here))

    @property
    def here(self) -> list[str]:
        return [one.id for one in self.guests.credentials if not one.disabled]


def test_a_guest_is_offered_at_once_and_forgotten_in_time() -> None:
    """Nothing of it is kept: neither here nor, once others are told, elsewhere."""

    async def story() -> None:
        scene = Scene()
        scene.guests.came(CHANNEL, ALICE)
        assert scene.compiled == [[CHANNEL]]
        (credential,) = scene.guests.credentials
        assert (credential.provider, credential.document, bool(credential.secret)) == ("aistudio", "", False)

        await asyncio.sleep(10)
        scene.guests.left(CHANNEL)
        assert [one.disabled for one in scene.updated] == [True]
        assert len(scene.compiled) == 1
        await asyncio.sleep(RETURN_TIME - 1)
        assert list(scene.guests.credentials)
        await asyncio.sleep(2)
        assert not list(scene.guests.credentials)
        assert scene.compiled == [[CHANNEL], []]

    run(story(), seed=1)


def test_a_guest_that_comes_back_is_asked_at_once() -> None:
    async def story() -> None:
        scene = Scene()
        scene.guests.came(CHANNEL, ALICE)
        scene.guests.left(CHANNEL)
        scene.guests.left(CHANNEL)
        await asyncio.sleep(RETURN_TIME - 1)
        scene.guests.came(CHANNEL, ALICE)
        scene.guests.came(CHANNEL, ALICE)
        assert [one.disabled for one in scene.updated] == [True, False]
        await asyncio.sleep(2 * RETURN_TIME)
        assert scene.here == [CHANNEL]

    run(story(), seed=1)


def test_a_storm_is_told_of_once_in_the_settling_time() -> None:
    """Each time, a catalogue of perhaps ten thousand accounts is compiled."""

    async def story() -> None:
        scene = Scene()
        for number in range(1000):
            scene.guests.came(f"aistudio-{number:016d}", ALICE)
            await asyncio.sleep(SETTLING_TIME / 100)
            if number % 2:
                scene.guests.left(f"aistudio-{number:016d}")
        await asyncio.sleep(SETTLING_TIME)
        assert 10 <= len(scene.compiled) <= 12
        assert len(scene.compiled[-1]) == 500

    run(story(), seed=1)


def test_a_channel_is_its_owners_until_it_is_forgotten() -> None:
    async def story() -> None:
        scene = Scene()
        assert scene.guests.may_come(CHANNEL, BOB)
        scene.guests.came(CHANNEL, ALICE)
        scene.guests.left(CHANNEL)
        assert scene.guests.may_come(CHANNEL, ALICE)
        assert not scene.guests.may_come(CHANNEL, BOB)
        assert scene.guests.may_come(OTHER, BOB)
        await asyncio.sleep(RETURN_TIME + 1)
        assert scene.guests.may_come(CHANNEL, BOB)

    run(story(), seed=1)


def test_only_so_many_are_remembered() -> None:
    """Who comes and goes for ever under new names takes no room."""

    async def story() -> None:
        scene = Scene()
        for number in range(2 * MOST_AWAY):
            scene.guests.came(f"aistudio-{number:016d}", ALICE)
            scene.guests.left(f"aistudio-{number:016d}")
        await asyncio.sleep(0.1)
        assert len(list(scene.guests.credentials)) == MOST_AWAY

    run(story(), seed=1)


def test_a_closed_house_tells_nobody() -> None:
    async def story() -> None:
        scene = Scene()
        for channel in (CHANNEL, OTHER):
            scene.guests.came(channel, ALICE)
        scene.guests.left(CHANNEL)
        scene.guests.close()
        await asyncio.sleep(2 * RETURN_TIME)
        assert len(scene.compiled) == 1

    run(story(), seed=1)
