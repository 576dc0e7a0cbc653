"""The composition root: builds everything, owns it, starts and stops it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from cliproxy import dialects as dialect_package
from cliproxy import providers as provider_package
from cliproxy.access.principal import AccessProvider
from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.dispatch.dispatcher import Dispatcher, Persistence
from cliproxy.dispatch.exchange import Clock, Sleep
from cliproxy.providers.base import Provider
from cliproxy.routing.known import KnownModels
from cliproxy.runtime.snapshot import Snapshot, compiled
from cliproxy.runtime.vocabulary import TokenCounter
from cliproxy.server.listener import Front, Listener
from cliproxy.transport.base import Transport
from cliproxy.transport.http import HttpTransport
from cliproxy.usage.losses import LossCounts
from cliproxy.usage.sink import FanOut, UsageSink


class Gateway:
    """One gateway: from its configuration to its sockets."""

    def __init__(
        self,
        config: Config,
        *,
        transport: Transport | None = None,
        access: Iterable[AccessProvider] = (),
        usage_sinks: Iterable[UsageSink] = (),
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._log = structlog.get_logger()
        self._dialects = declared(dialect_package, "DIALECT", Dialect)
        self._providers = declared(provider_package, "PROVIDER", Provider)
        self._access = tuple(access)
        self._known = KnownModels.shipped()
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._counter = TokenCounter()
        self._losses = LossCounts()
        self._sink = FanOut((self._losses, *usage_sinks), self._sink_failed)
        self._snapshot = self._compiled(config)
        self._pool = CredentialPool(self._snapshot.credentials, self._snapshot.strategy)
        self._dispatcher: Dispatcher | None = None
        self._listener: Listener | None = None

    @classmethod
    def from_file(cls, path: Path) -> Gateway:
        """Return the gateway that a file describes. Raises ConfigError."""
        return cls(load(path).config)

    @property
    def snapshot(self) -> Snapshot:
        """What the configuration made."""
        return self._snapshot

    @property
    def losses(self) -> LossCounts:
        """What translations have lost since the start."""
        return self._losses

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError where the address cannot be had."""
        config = self._snapshot.config
        self._dispatcher = self._new_dispatcher(config)
        self._listener = Listener(Front(lambda: self._snapshot, self._current_dispatcher))
        return await self._listener.start(config.host, config.port)

    async def stop(self) -> None:
        """Drain and close."""
        if self._listener is not None:
            await self._listener.stop()
        if self._transport is not None:
            await self._transport.close()

    def _compiled(self, config: Config) -> Snapshot:
        return compiled(
            config,
            dialects=self._dialects,
            providers=self._providers,
            known=self._known,
            access=self._access,
        )

    def _new_dispatcher(self, config: Config) -> Dispatcher:
        if self._transport is None:
            self._transport = HttpTransport(
                connect_timeout=config.upstream_timeouts.connect_seconds,
                idle_timeout=config.upstream_timeouts.idle_seconds,
                proxy=config.proxy_url,
            )
        return Dispatcher(
            pool=self._pool,
            transport=self._transport,
            dialects=self._dialects,
            sink=self._sink,
            clock=self._clock,
            sleep=self._sleep,
            persistence=Persistence(
                rounds=config.request_retry,
                credentials=config.max_retry_credentials,
                longest_wait=config.max_retry_interval,
                stream_rounds=config.streaming.bootstrap_retries,
            ),
            pass_headers=config.passthrough_headers,
            keeps_alive=config.streaming.keepalive_seconds > 0,
            count=self._counter.count,
            strict=config.strict_translation,
        )

    def _current_dispatcher(self) -> Dispatcher:
        assert self._dispatcher is not None
        return self._dispatcher

    def _sink_failed(self, error: Exception) -> None:
        self._log.error("usage sink failed", error=repr(error))
