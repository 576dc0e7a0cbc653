"""What befalls a gateway and its vendors while clients come and go."""

from __future__ import annotations

import asyncio

from tests.simulation.operators import Share
from tests.simulation.scenario import HOUR
from tests.simulation.vendors import LONG_HINT
from tests.simulation.world import World

SPELL = 120.0  # seconds that a place has too much to do, on average
STORM = 12  # reloads


async def befall(world: World) -> None:
    """Let something happen now and then, for as long as clients come."""
    chance, scenario = world.chance, world.scenario
    if not scenario.misfortunes:
        return
    kinds = {
        _edit: 4,
        _storm: 0 if scenario.is_crowd else 1,
        _add: 2,
        _remove: 2,
        _overload: 3,
        _revoke: 2,
        _reset_early: 3,
        _mislead: 2,
        _crash: 2,
        _log_in: 2,
        _take_back: 1,
        _jump: 3 if scenario.jumps else 0,
    }
    while True:
        await asyncio.sleep(chance.expovariate(scenario.misfortunes / scenario.span))
        happens = chance.choices(list(kinds), list(kinds.values()))[0]
        world.journal.note(f"misfortune: {happens.__name__.strip('_')}")
        await happens(world)


async def _edit(world: World) -> None:
    """The operator says something else of a key or an account."""
    chance, operator = world.chance, world.operator
    name = chance.choice([*(key for keys in operator.keys.values() for key in keys), *operator.files])
    share: Share = {
        "weight": chance.choice((1, 1, 2, 5)),
        "disabled": chance.random() < 0.2,
        "max_concurrent": chance.choice((None, None, 1, 2)),
    }
    if chance.random() < 0.1:
        share |= {"quota": chance.randint(1, 50), "quota_unit": "requests", "quota_period": "600"}
    if name in operator.files:
        share["priority"] = chance.choice((0, 0, 0, 1))
    await operator.say(name, {field: value for field, value in share.items() if value is not None})
    if name not in operator.files:
        world.reload()


async def _storm(world: World) -> None:
    """Many edits in a row, as a script makes them."""
    for _ in range(STORM):
        await _edit(world)
        await asyncio.sleep(world.chance.choice((0.0, 0.05)))


async def _add(world: World) -> None:
    await world.operator.add(world.chance.choice(world.scenario.places))
    world.reload()


async def _remove(world: World) -> None:
    """A key or an account goes; the last one of a place stays."""
    operator, chance = world.operator, world.chance
    place = chance.choice(world.scenario.places)
    if place.is_login:
        files = [name for name in operator.files if operator.place_of(name) is place]
        if len(files) > 1:
            await operator.remove(chance.choice(files))
    elif len(keys := operator.keys[place.host]) > 1:
        keys.remove(chance.choice(keys))
        world.reload()


async def _overload(world: World) -> None:
    """A place has too much to do for everybody, for a while."""
    weather = world.vendors.weather[world.chance.choice(world.scenario.places).host]
    weather.is_overloaded = True
    spell = world.chance.expovariate(1 / SPELL)

    def over() -> None:
        weather.is_overloaded = False

    asyncio.get_running_loop().call_later(spell, over)


async def _revoke(world: World) -> None:
    """A vendor turns an account away, and takes it back later."""
    accounts = world.vendors.accounts[world.chance.choice(world.scenario.places).host]
    name = world.chance.choice(list(accounts))
    accounts.revoke(name)
    asyncio.get_running_loop().call_later(
        world.chance.uniform(1, 4) * HOUR, lambda: accounts.change(name, revoked=False)
    )


async def _reset_early(world: World) -> None:
    """A vendor gives quota back before its time."""
    for accounts in world.vendors.accounts.values():
        for name in accounts:
            if world.chance.random() < 0.5:
                accounts.reset(name)


async def _mislead(world: World) -> None:
    """A vendor's refusals ask for weeks, whatever is true."""
    accounts = world.vendors.accounts[world.chance.choice(world.scenario.places).host]
    accounts.change(world.chance.choice(list(accounts)), hint=LONG_HINT)


async def _crash(world: World) -> None:
    """The process is killed; or it will be in the worst moment, between a token server's answer and the file."""
    if world.operator.files and world.chance.random() < 0.7:
        world.process.store.before_tokens = lambda: world.strike(world.process)
    else:
        await world.restart()


async def _log_in(world: World) -> None:
    """Somebody sees who must log in again, and does; and somebody else does so for no reason."""
    operator, locked_out = world.operator, world.process.locked_out()
    for name, account in list(operator.files.items()):
        if name in locked_out or world.chance.random() < 0.01:
            await operator.log_in(name, operator.place_of(name), account)


async def _take_back(world: World) -> None:
    """A vendor takes back a login."""
    if world.operator.files:
        name = world.chance.choice(list(world.operator.files))
        world.vendors.tokens[world.operator.place_of(name).host].revoke(world.operator.files[name])


async def _jump(world: World) -> None:
    """Somebody sets the machine's clock."""
    size = world.chance.choice((1.0, 30.0, HOUR, 5 * HOUR))
    world.clock.jump(world.chance.choice((-1, 1)) * size * world.chance.random())
