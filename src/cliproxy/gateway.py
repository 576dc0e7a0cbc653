"""The composition root: builds everything, owns it, starts and stops it."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog
from msgspec import structs

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.access.principal import AccessProvider
from cliproxy.config.environment import Environment
from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import announced, declared, joined
from cliproxy.dispatch.dispatcher import Dispatcher
from cliproxy.dispatch.exchange import Clock, Sleep
from cliproxy.dispatch.explain import Explanation, Explanations
from cliproxy.dispatch.lasting import Lasting
from cliproxy.dispatch.line import Lines, Patience
from cliproxy.dispatch.manners import Manners
from cliproxy.dispatch.result import Refused
from cliproxy.login.flow import RefreshFailed
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.accounts import Accounts
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.guests import Guests
from cliproxy.runtime.health import HealthKeeper
from cliproxy.runtime.jobs import Jobs
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.model_list import ModelList
from cliproxy.runtime.refresh import Refresher
from cliproxy.runtime.reload import Reloader
from cliproxy.runtime.snapshot import Snapshot, compiled, menu_key
from cliproxy.runtime.vocabulary import TokenCounter
from cliproxy.server.internal import NativeRoute
from cliproxy.server.listener import Front, Handler, Listener
from cliproxy.server.login_pages import LoginPages
from cliproxy.server.relay import Pages
from cliproxy.stores.base import CONFIG, Store
from cliproxy.stores.files import FileStore
from cliproxy.stores.memory import MemoryStore
from cliproxy.transport.base import Transport
from cliproxy.transport.transports import Transports
from cliproxy.usage.losses import LossCounts
from cliproxy.usage.sink import FanOut, UsageSink

PROVIDERS = "cliproxy.providers"  # the group of entry points that announce them


class Gateway:
    """One gateway: from its configuration to its sockets."""

    def __init__(
        self,
        config: Config,
        *,
        store: Store | None = None,
        transport: Transport | None = None,
        providers: Iterable[Provider] = (),
        access: Iterable[AccessProvider] = (),
        usage_sinks: Iterable[UsageSink] = (),
        offers_logins: bool = False,
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
        name: str = CONFIG,
        overridden: Callable[[Config], Config] = lambda config: config,
        told: Callable[[Config], None] = lambda config: None,
    ) -> None:
        """
        Build a gateway; nothing is opened or read before it starts.

        Args:
            config: Its configuration.
            store: Where accounts lie, and changes of the configuration come from; by default nowhere.
            transport: How upstreams are called.
            providers: More of them, beside ours and those that installed packages announce.
            access: Who is asked whether a client may, before the configured keys.
            usage_sinks: Where usage records go.
            offers_logins: Whether a browser on this machine may log in to accounts, at `/oauth`.
            clock: Unix time.
            sleep: Lets a request wait for a rest to end.
            name: What problems of the configuration call it.
            overridden: Puts over each configuration from the store what is said elsewhere, e.g. on a command line.
            told: Is told of each configuration that replaces the one before.

        Raises SetupError where two providers have one name, or what a package announces cannot be used.
        """
        self._log = structlog.get_logger()
        self._dialects = declared(dialect_package, "DIALECT", Dialect)
        shipped = declared(provider_package, "PROVIDER", Provider)
        self._providers = joined(shipped, (*announced(PROVIDERS, Provider), *providers))
        self._access = tuple(access)
        self._known = KnownModels.shipped()
        self._brought = transport
        self._transports: Transports | None = None
        self._offers_logins = offers_logins
        self._logins: Logins | None = None
        self._login_pages: LoginPages | None = None
        self._clock = clock
        self._sleep = sleep
        self._name = name
        self._overridden = overridden
        self._told = told
        self._counter = TokenCounter()
        self._losses = LossCounts()
        self._explanations = Explanations()
        self._sink = FanOut((self._losses, *usage_sinks), self._sink_failed)
        self._store = store or MemoryStore()
        self._accounts = Accounts(self._store)
        self._guests = Guests(updated=self.updated, compiled=self._compile_again)
        self._snapshot = self._compiled(config)
        self._warned: tuple[str, ...] = ()
        self._pool = CredentialPool(self._snapshot.credentials, self._snapshot.policy, groups=self._groups)
        self._lasting = Lasting()
        self._lines = Lines(Patience.of(config))
        self._health = HealthKeeper(self._store, self._pool, clock, asyncio.sleep)
        self._refresher: Refresher | None = None
        self._dispatcher: Dispatcher | None = None
        self._listener: Listener | None = None
        self._models: ModelList | None = None
        self._jobs = Jobs()

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        environment: Environment | None = None,
        transport: Transport | None = None,
        providers: Iterable[Provider] = (),
        access: Iterable[AccessProvider] = (),
        usage_sinks: Iterable[UsageSink] = (),
    ) -> Gateway:
        """
        Return the gateway that a file describes, with the accounts of its folder.

        Args:
            path: The file. Its changes are followed.
            environment: Keys from elsewhere, e.g. `Environment.read(os.environ)`; None: the file says it all.
            transport: As for a gateway, and so are the others.
            providers: Likewise.
            access: Likewise.
            usage_sinks: Likewise.

        Raises SetupError, of which ConfigError is one.
        """
        file = Path(path)
        overridden = (environment or Environment()).added_to
        config = overridden(load(file).config)
        return cls(
            config,
            store=files_of(config, file),
            transport=transport,
            providers=providers,
            access=access,
            usage_sinks=usage_sinks,
            name=str(file),
            overridden=overridden,
        )

    @property
    def snapshot(self) -> Snapshot:
        """What the configuration and the accounts made."""
        return self._snapshot

    @property
    def losses(self) -> LossCounts:
        """What translations have lost since the start."""
        return self._losses

    @property
    def explanations(self) -> Explanations:
        """Why the latest exchanges went as they did."""
        return self._explanations

    @property
    def pool(self) -> CredentialPool:
        """The credentials and their health."""
        return self._pool

    @property
    def login_paths(self) -> Mapping[str, str]:
        """Where a browser begins to log in, by provider; nothing where that is not offered."""
        return self._login_pages.paths if self._login_pages is not None else {}

    async def start(self) -> int:
        """
        Read the accounts, listen, and return the port.

        Raises:
            SetupError: Certificates, ours or those to be trusted, cannot be used.
            StoreError: The accounts cannot be read.
            OSError: The address cannot be had.
        """
        config = self._snapshot.config
        self._transports = Transports(config, self._brought)
        transport = self._transports.all
        self._models = ModelList(self._store, transport, self._knows)
        if config.models_url:
            self._known = await self._models.kept() or self._known
        await self._accounts.load()
        self._take(self._compiled(config))
        await self._health.restore()
        self._refresher = Refresher(
            store=self._store,
            pool=self._pool,
            providers=self._providers,
            transport=transport,
            clock=self._clock,
            sleep=asyncio.sleep,
            jitter=random.random,
            renewed=self._accounts.renewed,
            clients=clients_of(config, self._providers),
        )
        self._refresher.watch(self._snapshot.credentials)
        self._dispatcher = self._new_dispatcher(config)
        front = Front(
            lambda: self._snapshot, self._current_dispatcher, self._is_servable, left=self._transports.release
        )
        self._listener = Listener(
            front,
            pages=Pages(self._transports.relay, self._guests, lambda: self._snapshot),
            native=NativeRoute(front, transport),
            extra=self._login_handlers(config, transport),
        )
        port = await self._listener.start(config.host, config.port)
        self._jobs.begin("refresh", self._refresher.run)
        self._jobs.begin("health", self._health.run)
        if config.watch != "off":
            self._jobs.begin("reload", self._reloader(config).run)
        self._renew_models(config)
        return port

    async def serve(self) -> None:
        """Start, and stop when cancelled. Raises what `start` raises."""
        try:
            await self.start()
            await asyncio.Event().wait()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Drain and close."""
        if self._listener is not None:
            await self._listener.stop()
        if self._login_pages is not None:
            await self._login_pages.close()
        await self._jobs.stop()
        if self._listener is not None:
            await self._health.save()
        self._guests.close()
        if self._transports is not None:
            await self._transports.close()

    def configured(self, config: Config) -> None:
        """Work by another configuration, or by the same with other accounts. Requests in flight keep what they have."""
        before = self._snapshot.config
        self._take(self._compiled(config))
        self._told(config)
        self._lines.patience = Patience.of(config)
        if self._transports is None:
            return  # it has not started; what follows is made then
        self._transports.configure(config)
        if self._listener is not None:
            self._listener.reconsider()
        clients = clients_of(config, self._providers)
        if self._refresher is not None:
            self._refresher.clients = clients
        if self._logins is not None:
            self._logins.clients = clients
        self._dispatcher = self._new_dispatcher(config)
        if (config.models_url, config.models_refresh_hours) != (before.models_url, before.models_refresh_hours):
            self._renew_models(config)

    def updated(self, credential: Credential) -> None:
        """Go on with a credential of which nothing changed that the catalogue depends on."""
        self._pool.update(credential)
        if self._refresher is not None:
            self._refresher.updated(credential)
        self._lines.freed()

    def _login_handlers(self, config: Config, transport: Transport) -> Mapping[str, Handler]:
        """Return what answers a browser that logs in, by path."""
        if not self._offers_logins:
            return {}
        self._logins = Logins(
            self._store,
            self._providers,
            transport,
            clock=self._clock,
            sleep=asyncio.sleep,
            entropy=secrets.token_bytes,
            clients=clients_of(config, self._providers),
        )
        self._login_pages = LoginPages(self._logins, self._providers, ticket=secrets.token_urlsafe(16))
        return self._login_pages.handlers()

    def _compiled(self, config: Config) -> Snapshot:
        return compiled(
            config,
            (*self._accounts.credentials, *self._guests.credentials),
            dialects=self._dialects,
            providers=self._providers,
            known=self._known,
            access=self._access,
        )

    def _compile_again(self) -> None:
        self._take(self._compiled(self._snapshot.config))

    def _take(self, snapshot: Snapshot) -> None:
        for warning in snapshot.warnings:
            if warning not in self._warned:
                self._log.warning("configuration", warning=warning)
        self._warned = snapshot.warnings
        self._snapshot = snapshot
        self._pool.replace(snapshot.credentials, snapshot.policy)
        if self._refresher is not None:
            self._refresher.watch(snapshot.credentials)
        self._lines.freed()

    def _groups(self, provider: str, model: str) -> tuple[str, ...]:
        known = self._providers.get(provider)
        return () if known is None else known.group_of(model)

    def _reloader(self, config: Config) -> Reloader:
        return Reloader(
            self._store,
            self._accounts,
            self,
            config,
            menu=menu_key,
            name=self._name,
            overridden=self._overridden,
        )

    def _new_dispatcher(self, config: Config) -> Dispatcher:
        assert self._transports is not None
        return Dispatcher(
            pool=self._pool,
            lines=self._lines,
            transport=self._transports.all,
            dialects=self._dialects,
            sink=self._sink,
            clock=self._clock,
            sleep=self._sleep,
            count=self._counter.count,
            manners=Manners.of(config),
            lasting=self._lasting,
            holds=self._transports.holds,
            fresh=self._fresh,
            explained=self._explained,
        )

    def _current_dispatcher(self) -> Dispatcher:
        assert self._dispatcher is not None
        return self._dispatcher

    async def _fresh(self, credential_id: str) -> Credential:
        assert self._refresher is not None
        try:
            return await self._refresher.fresh(credential_id)
        except RefreshFailed as error:
            raise Refused(structs.replace(error.failure, status=0)) from None  # a token server's is not for clients

    def _is_servable(self, candidates: Iterable[Candidate]) -> bool:
        return self._pool.serves(candidates, now=self._clock())

    def _explained(self, explanation: Explanation) -> None:
        self._explanations.keep(explanation)
        if self._snapshot.config.debug:
            self._log.debug("exchange", exchange=explanation.exchange_id, explained=str(explanation))

    def _renew_models(self, config: Config) -> None:
        models = self._models
        assert models is not None
        self._jobs.begin("models", lambda: models.run(config.models_url, config.models_refresh_hours))

    def _knows(self, known: KnownModels) -> None:
        """Go on with another list of known models."""
        self._known = known
        self.configured(self._snapshot.config)

    def _sink_failed(self, error: Exception) -> None:
        self._log.error("usage sink failed", error=repr(error))


def files_of(config: Config, path: Path) -> FileStore:
    """Return the store that a configuration file and its folder of accounts are."""
    polls = config.watch_poll_seconds if config.watch == "poll" else None
    return FileStore(config.auth_folder(), path, polls=polls)
