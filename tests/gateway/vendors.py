"""A gateway before the simulated internet: accounts at vendors under their real addresses, through a proxy and TLS."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from cliproxy.config.network import UpstreamTls
from cliproxy.config.schema import Config
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from cliproxy.stores.memory import MemoryStore
from tests.gateway.asking import client
from tests.running import Running, running

ANN = "ann@example.com"


@dataclass
class Vendors:
    """The internet, and a gateway that goes there."""

    net: Online
    gateway: Running
    session: aiohttp.ClientSession = field(repr=False)

    @property
    def internet(self) -> Internet:
        return self.net.internet


@asynccontextmanager
async def vendors_and_gateway(
    folder: Path, kind: str, vendor: str, *, kept: str = "", proxy: str = "http", **settings: Any
) -> AsyncIterator[Vendors]:
    """
    Serve one account.

    Args:
        folder: Where certificates are written.
        kind: Of account.
        vendor: Whose login it is.
        kept: More of its file, as JSON.
        proxy: Which one is gone through.
        settings: Of the configuration.
    """
    async with online(Internet(time.time), folder, user="us er", password="p@ss") as net:
        login = net.internet.tokens[vendor].log_in(ANN, client_id="x")
        fields = {"type": kind, "email": ANN, "access_token": login.access_token, "expired": time.time() + 7200}
        store = MemoryStore()
        await store.write(f"auths/{kind}.json", msgspec.json.encode({**fields, **msgspec.json.decode(kept or "{}")}))
        usual: dict[str, Any] = {"request_retry": 0, "shutdown_seconds": 0}
        config = Config(
            **{**usual, **settings},
            proxy_url=net.http_proxy if proxy == "http" else net.socks_proxy,
            upstream_tls=UpstreamTls(ca_file=str(net.ca_file)),
        )
        async with running(config, store=store) as gateway, client() as session:
            yield Vendors(net, gateway, session)
