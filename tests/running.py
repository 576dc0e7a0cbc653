"""A whole gateway on loopback, in front of whatever a test puts there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from cliproxy.cli.demo import config_for
from cliproxy.config.schema import Config
from cliproxy.gateway import Gateway
from cliproxy.usage.record import UsageRecord


@dataclass
class Running:
    """A gateway that is listening."""

    gateway: Gateway
    url: str
    records: list[UsageRecord]


class Ledger:
    """A usage sink that remembers."""

    def __init__(self) -> None:
        self.records: list[UsageRecord] = []

    def record(self, usage: UsageRecord) -> None:
        self.records.append(usage)


@asynccontextmanager
async def running(config: Config, **settings: Any) -> AsyncIterator[Running]:
    """Serve a configuration on a free port for as long as the block lasts."""
    ledger = Ledger()
    gateway = Gateway(structs.replace(config, host="127.0.0.1", port=0), usage_sinks=[ledger], **settings)
    port = await gateway.start()
    try:
        yield Running(gateway, f"http://127.0.0.1:{port}", ledger.records)
    finally:
        await gateway.stop()


@asynccontextmanager
async def running_before(upstream: str, **settings: Any) -> AsyncIterator[Running]:
    """Serve the demo's configuration: one model for each dialect of one simulated upstream."""
    async with running(structs.replace(config_for(upstream, 0), **settings)) as gateway:
        yield gateway
