"""One run from beginning to end, and what came of it."""

from __future__ import annotations

import asyncio
import resource
import time

from msgspec import Struct, field

from cliproxy.dispatch.explain import MOST_KEPT
from cliproxy.testing.loop import SimulationError, run
from tests.gateway.asking import DIALECTS
from tests.simulation.clients import Talk
from tests.simulation.misfortunes import befall
from tests.simulation.scenario import HOUR, Scenario, drawn
from tests.simulation.size import entries_in
from tests.simulation.watched_pool import WatchedPool
from tests.simulation.world import World

CALM = 2 * HOUR + 120  # seconds, in which the longest rest ends
MOST_CALM_REQUESTS = 60  # for one model
KEYS_OF_CLIENTS = 3
ENTRIES = 60  # that anything may take in memory for one credential on one model
SPARE_ENTRIES = 5_000


class Outcome(Struct):
    """What came of one run."""

    scenario: Scenario
    requests: int = 0
    attempts: int = 0
    events: int = 0
    digest: str = ""
    outcomes: dict[str, int] = field(default_factory=dict)
    hours: float = 0.0  # simulated
    seconds: float = 0.0  # of the processor
    megabytes: float = 0.0
    failure: str = ""  # "": all held
    latest: tuple[str, ...] = ()  # events, where something did not hold


def simulate(seed: int, requests: int, pool: type[WatchedPool] = WatchedPool) -> Outcome:
    """Run a seed, with another pool if that is wanted."""
    scenario = drawn(seed, requests)
    outcome = Outcome(scenario)
    started = time.process_time()
    try:
        run(_told(scenario, outcome, pool), seed)
    except (SimulationError, Exception) as error:  # noqa: BLE001 (whatever it is, it is what we look for)
        outcome.failure = outcome.failure or f"{type(error).__name__}: {error}"
    outcome.seconds = time.process_time() - started
    outcome.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return outcome


async def _told(scenario: Scenario, outcome: Outcome, pool: type[WatchedPool]) -> None:
    loop = asyncio.get_running_loop()
    world = World(scenario, loop, pool)
    try:
        with world.journal.hearing():
            await world.open()
            await _crowded(world)
            await _calm(world)
            _see_what_is_left(world)
            if wrong := await world.operator.misread():
                world.journal.fail(f"edits were lost in {wrong}")
    except BaseException as error:
        outcome.failure = f"{type(error).__name__}: {error}"
        outcome.latest = tuple(world.journal.latest)
        raise
    finally:
        journal = world.journal
        outcome.requests, outcome.attempts = sum(world.outcomes.values()), world.sink.attempts
        outcome.events, outcome.digest = journal.events, journal.digest
        outcome.outcomes = dict(world.outcomes)
        outcome.hours = loop.time() / 3600


async def _crowded(world: World) -> None:
    """Clients come, and things go wrong."""
    chance, scenario = world.chance, world.scenario
    left, number = scenario.requests, 0
    talks: list[asyncio.Task[None]] = []
    while left > 0:
        turns = min(left, chance.randint(1, scenario.turns))
        left, number = left - turns, number + 1
        talks.append(
            asyncio.create_task(_later(world, _new_talk(world, number, turns), chance.uniform(0, scenario.span)))
        )
    misfortunes = asyncio.create_task(befall(world))
    await asyncio.gather(*talks)
    if misfortunes.done():
        misfortunes.result()
    misfortunes.cancel()


async def _later(world: World, talk: Talk, when: float) -> None:
    await asyncio.sleep(when)
    await world.talk(talk)


async def _calm(world: World) -> None:
    """Nothing goes wrong any more; once every rest has ended, everybody is answered."""
    await world.make_peace()
    error = world.clock.error
    world.clock.jump(-error)
    world.journal.note("calm")
    await asyncio.sleep(CALM + max(0.0, error))
    number = 1_000_000
    for model in sorted({model for place in world.scenario.places for model in place.models}):
        for _ in range(min(MOST_CALM_REQUESTS, 4 * world.scenario.accounts)):
            number += 1
            client = await world.turn(_new_talk(world, number, 1, model), calm=True)
            if client.error is not None:
                world.journal.fail(f"q{number}x1 was refused on a calm day: {client.error.message}")


def _see_what_is_left(world: World) -> None:
    """Nobody is served any more, so nothing is in flight, and what is kept has its bounds."""
    for restart in world.restarts:
        restart.result()
    if broken := world.process.broken_jobs():
        world.journal.fail(f"jobs broke off: {broken}")
    if flying := world.process.watch.in_flight():
        world.journal.fail(f"these are still in flight: {flying}")
    if flying := {
        id_: count for id_ in world.process.watch.credentials if (count := world.process.pool.in_flight(id_))
    }:
        world.journal.fail(f"these are still in flight, says the pool: {flying}")
    if world.process.transport.open:
        world.journal.fail(f"{world.process.transport.open} answers are still open")
    models = sum(len(place.models) for place in world.scenario.places)
    most = SPARE_ENTRIES + ENTRIES * models * max(world.scenario.accounts, len(world.process.watch.credentials))
    most += 10 * world.scenario.requests  # conversations
    entries = entries_in(world.process.pool, world.process.lines)
    world.journal.note(f"the pool has {entries} entries")
    explained = len(world.process.explanations.latest(10 * MOST_KEPT))
    if explained > MOST_KEPT:
        world.journal.fail(f"{explained} explanations are kept")
    if entries > most:
        world.journal.fail(f"pool and lines have {entries} entries; {most} would be enough")


def _new_talk(world: World, number: int, turns: int, model: str = "") -> Talk:
    chance = world.chance
    if not model:
        model = chance.choice(chance.choice(world.scenario.places).models)
    return Talk(number, chance.choice(DIALECTS), model, f"client-{chance.randint(1, KEYS_OF_CLIENTS)}", turns)
