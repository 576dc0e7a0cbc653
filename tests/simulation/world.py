"""One run: a gateway without its sockets before simulated vendors, its operator and its clients."""

from __future__ import annotations

import asyncio
from random import Random

from cliproxy.access.principal import Principal
from cliproxy.dialects.base import Operation
from cliproxy.dispatch.exchange import Exchange
from cliproxy.errors import GatewayError, NoCredentialReady, RequestError
from cliproxy.server.front import exchange_of
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.loop import WallClock
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.usage.record import Outcome, UsageRecord
from tests.simulation.clients import Client, Talk
from tests.simulation.journal import Journal
from tests.simulation.operators import Operator
from tests.simulation.process import Process, dialects, groups
from tests.simulation.rests import Rests
from tests.simulation.scenario import Scenario
from tests.simulation.vendors import Vendors, marker_in
from tests.simulation.watch import Watch
from tests.simulation.watched_pool import WatchedPool


class Sink:
    """Remembers how the last attempt of each exchange under way ended."""

    def __init__(self) -> None:
        self.last: dict[str, UsageRecord] = {}
        self.attempts = 0

    def record(self, usage: UsageRecord) -> None:
        self.attempts += 1
        self.last[usage.exchange_id] = usage


class World:
    """A gateway, its vendors and its clients."""

    process: Process  # the one that lives

    def __init__(self, scenario: Scenario, loop: asyncio.AbstractEventLoop, pool: type[WatchedPool]) -> None:
        self.scenario = scenario
        self.chance = Random(scenario.seed)
        self.clock = WallClock(loop)
        self.journal = Journal(loop.time)
        self.vendors = Vendors(scenario, self.chance, lambda: self.clock.true, self.journal)
        self.store = MemoryStore()
        self.operator = Operator(scenario, self.chance, self.vendors, self.store)
        self.sink = Sink()
        self.outcomes: dict[str, int] = {}
        self._rests = Rests(groups, self.operator.config().max_rest_seconds, self._stated)
        self._running: dict[asyncio.Task[None], Client] = {}
        self._pool = pool
        self.restarts: list[asyncio.Task[None]] = []  # of processes that were struck down
        self._is_restarting = False
        self._exchanges = 0
        self._dead: list[Process] = []  # kept, or the tasks that they have left would be swept away

    async def open(self) -> None:
        """Make the accounts, and start the gateway."""
        await self.operator.move_in()
        await self._start()

    async def restart(self) -> None:
        """The process dies where it is, and another is started with what is in the store."""
        if self._is_restarting:
            return
        self._is_restarting = True
        await self.process.kill()
        self._dead.append(self.process)
        for task, client in list(self._running.items()):
            client.is_cut_off = True
            task.cancel()
        self._rests.unlock(self.clock())
        await self._start()
        self._is_restarting = False

    def strike(self, process: Process) -> None:
        """Kill a process in the middle of what it does, if it is the one that lives."""
        if process is self.process and not process.life.is_over:
            self.journal.note("struck down")
            process.life.is_over = process.watch.is_over = True
            self.restarts.append(asyncio.create_task(self.restart()))

    def reload(self) -> None:
        """The operator's configuration is compiled anew."""
        self.process.reload(self.operator.config())

    async def make_peace(self) -> None:
        """From now on all goes well: the vendors are kind, who must log in does, and nobody is disabled."""
        self.vendors.calm()
        self.process.store.before_tokens = None
        operator = self.operator
        for name, account in list(operator.files.items()):
            if name in self.process.locked_out() or not self.scenario.is_crowd:
                await operator.log_in(name, operator.place_of(name), account)
        for name, share in list(operator.shares.items()):
            await operator.say(
                name, {**{field: share[field] for field in share if field[:5] != "quota"}, "disabled": False}
            )
        self.reload()

    async def _start(self) -> None:
        doubtful = self._dead[-1].watch.locked_out() if self._dead else set()
        watch = Watch(self.journal, self.clock, self._rests, doubtful)
        self.process = Process(
            self.operator.config(),
            self.store,
            SimulatedTransport(self.vendors.behaviours),
            watch,
            pool=self._pool,
            sink=self.sink,
            clock=self.clock,
            jitter=self.chance.random,
        )
        self.vendors.spending.life = len(self._dead) + 1
        self.journal.note(f"life {self.vendors.spending.life}")
        await self.process.start()

    def _stated(self, key: str, model: str) -> float | None:
        """Return what an upstream has just said about quota, where our clock can be trusted to understand it."""
        until = self.vendors.stated(key, model)
        return until if until is not None and abs(self.clock.error) < 1 else None

    async def talk(self, talk: Talk) -> None:
        """Hold one conversation to its end."""
        for _ in range(talk.turns):
            await self.turn(talk)
            await asyncio.sleep(self.chance.expovariate(1 / 20))

    async def turn(self, talk: Talk, *, calm: bool = False) -> Client:
        """Ask once; see that there is one answer, and the right one."""
        chance, scenario = self.chance, self.scenario
        body, path = talk.ask(stream=chance.random() < 0.6)
        client = Client(self.journal, talk.marker, chance, lags=not calm and chance.random() < scenario.lagging)
        patience = chance.expovariate(1 / 5) if not calm and chance.random() < scenario.leaving else None
        try:
            exchange = self._exchange(talk, body, path)
        except RequestError as error:  # everybody who offers the model is disabled
            await client.fail(error)
            self._judge(talk, client, None)
            return client
        task = asyncio.create_task(self._answer(exchange, client))
        self._running[task] = client
        await asyncio.wait((task,), timeout=patience)
        if not task.done():
            self.journal.note(f"{talk.marker} leaves")
            task.cancel()
            await asyncio.wait((task,))
        del self._running[task]
        client.has_left = task.cancelled()
        if not client.has_left:
            task.result()
        self._judge(talk, client, self.sink.last.pop(exchange.id, None))
        return client

    async def _answer(self, exchange: Exchange, client: Client) -> None:
        try:
            await self.process.dispatcher.run(exchange, client)
        except GatewayError as error:
            if isinstance(error, NoCredentialReady) and error.status == 429 and error.retry_after is None:
                self.journal.fail(f"{exchange.id} is told to come back, and not when: {error.message}")
            await client.fail(error)

    def _judge(self, talk: Talk, client: Client, record: UsageRecord | None) -> None:
        """Each request ends once: with the right reply, with an error, or with its client gone."""
        if client.endings != 1 and not client.has_left:
            self.journal.fail(f"{talk.marker} has {client.endings} endings")
        silent = any(talk.marker in weather.silent for weather in self.vendors.weather.values())
        succeeded = record is not None and record.outcome is Outcome.SUCCEEDED and client.endings == 1
        if succeeded and client.error is None and not silent and marker_in(bytes(client.body)) != talk.marker:
            self.journal.fail(f"{talk.marker} was answered with {bytes(client.body[-300:])!r}")
        how = "answered" if succeeded else "refused" if client.error else "broken off"
        if client.has_left:
            how = "cut off" if client.is_cut_off else "left"
        self.outcomes[how] = self.outcomes.get(how, 0) + 1

    def _exchange(self, talk: Talk, body: bytes, path: dict[str, str]) -> Exchange:
        self._exchanges += 1
        return exchange_of(
            body,
            path,
            snapshot=self.process.snapshot,
            dialect=dialects()[talk.dialect],
            operation=Operation.GENERATE,
            exchange_id=f"exchange-{self._exchanges}",
            headers=talk.headers,
            principal=Principal(talk.client),
        )
