"""
One life of a gateway: what `Gateway` puts together, without its listener.

Its store outlives it; its pool, its jobs and whatever it was doing do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.dispatch.dispatcher import Dispatcher
from cliproxy.dispatch.exchange import Clock
from cliproxy.dispatch.explain import Explanations
from cliproxy.dispatch.lasting import Lasting
from cliproxy.dispatch.line import Lines, Patience
from cliproxy.dispatch.manners import Manners
from cliproxy.dispatch.result import Refused
from cliproxy.login.flow import RefreshFailed
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.accounts import Accounts
from cliproxy.runtime.health import HealthKeeper
from cliproxy.runtime.refresh import Refresher
from cliproxy.runtime.reload import Reloader
from cliproxy.runtime.snapshot import Snapshot, compiled, menu_key
from cliproxy.stores.base import Store
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.usage.sink import UsageSink
from tests.simulation.mortal import Life, MortalStore, MortalTransport
from tests.simulation.watch import Watch
from tests.simulation.watched_pool import WatchedPool


@cache
def dialects() -> dict[str, Dialect]:
    return declared(dialect_package, "DIALECT", Dialect)


@cache
def providers() -> dict[str, Provider]:
    return declared(provider_package, "PROVIDER", Provider)


@cache
def known_models() -> KnownModels:
    return KnownModels.shipped()


def groups(provider: str, model: str) -> tuple[str, ...]:
    """Return the groups of models whose quota a model shares."""
    known = providers().get(provider)
    return known.group_of(model) if known is not None else ()


class Process:
    """A gateway that runs."""

    def __init__(
        self,
        config: Config,
        store: Store,
        transport: SimulatedTransport,
        watch: Watch,
        *,
        pool: type[WatchedPool],
        sink: UsageSink,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self.life = Life()
        self.config = config
        self.watch = watch
        self.store = MortalStore(store, self.life)
        self.transport = MortalTransport(transport, self.life)
        self.explanations = Explanations()
        self.accounts = Accounts(self.store)
        self.snapshot = self._compiled()
        self.pool = pool(watch, self.snapshot.credentials, self.snapshot.policy, groups)
        self.lines = Lines(Patience())
        self.health = HealthKeeper(self.store, self.pool, clock, self.life.sleep)
        self.refresher = Refresher(
            self.store,
            self.pool,
            providers(),
            self.transport,
            clock=clock,
            sleep=self.life.sleep,
            jitter=jitter,
            renewed=self.accounts.renewed,
        )
        self.dispatcher = Dispatcher(
            pool=self.pool,
            lines=self.lines,
            transport=self.transport,
            dialects=dialects(),
            sink=sink,
            clock=clock,
            sleep=self.life.sleep,
            count=_counted,
            manners=Manners(),
            lasting=Lasting(),
            fresh=self._fresh,
            explained=self.explanations.keep,
        )
        self._clock = clock
        self._jobs: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Read the accounts and what was kept, and begin the jobs."""
        await self.accounts.load()
        self.reload(self.config)
        await self.health.restore()
        self.watch.has_begun = True
        reloader = Reloader(self.store, self.accounts, self, self.config, menu=menu_key)
        for job in (self.refresher.run(), self.health.run(), reloader.run()):
            self._jobs.append(asyncio.create_task(job))

    async def kill(self) -> None:
        """End it where it is: nothing of it is done any more, nothing is tidied up."""
        self.life.is_over = self.watch.is_over = True
        await self.store.let_go()

    def locked_out(self) -> set[str]:
        """Return the files of accounts that must log in again."""
        known = (self.pool.get(id_) for id_ in sorted(self.watch.locked_out()))
        return {credential.document for credential in known if credential is not None}

    def broken_jobs(self) -> list[BaseException]:
        """Return what jobs broke off with; they never end otherwise."""
        ended = [job for job in self._jobs if job.done() and not job.cancelled()]
        return [job.exception() or RuntimeError("a job ended") for job in ended]

    def reload(self, config: Config) -> None:
        """Work by another configuration, or by the same with other accounts."""
        self.config = config
        self.snapshot = self._compiled()
        self.pool.replace(self.snapshot.credentials, self.snapshot.policy)
        self.refresher.watch(self.snapshot.credentials)
        self.lines.freed()

    def configured(self, _: Config) -> None:
        """Some accounts came or went; the configuration is not in the store here."""
        self.reload(self.config)

    def updated(self, credential: Credential) -> None:
        """Go on with a credential of which nothing changed that the catalogue depends on."""
        self.pool.update(credential)
        self.refresher.updated(credential)
        self.lines.freed()

    def _compiled(self) -> Snapshot:
        return compiled(
            self.config,
            self.accounts.credentials,
            dialects=dialects(),
            providers=providers(),
            known=known_models(),
        )

    async def _fresh(self, credential_id: str) -> Credential:
        try:
            return await self.refresher.fresh(credential_id)
        except RefreshFailed as error:
            raise Refused(error.failure) from None


async def _counted(*_: object) -> int:
    return 1
