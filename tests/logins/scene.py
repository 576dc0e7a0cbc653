"""
A gateway in the test's own process with an account or a key of every kind, before the simulated internet.

    async with scene_at(folder) as scene:
        await scene.post("/v1/messages", {"model": "codex-login/gpt-5-codex", ...})

The accounts are logged in to by the verbs that commands and web pages use. Each is offered under a prefix of its own.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec

from cliproxy import providers as provider_package
from cliproxy.config.network import UpstreamTls
from cliproxy.config.routing import OAuthClient, Routing
from cliproxy.config.schema import Config
from cliproxy.config.upstreams import (
    ClaudeKey,
    CodexKey,
    CompatibleKey,
    CompatibleUpstream,
    GeminiKey,
    ModelEntry,
    VertexKey,
)
from cliproxy.discovery import declared
from cliproxy.providers.base import Provider
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.open_login import OpenLogin
from cliproxy.simulator import Account, Accounts, Upstream, Window, serving
from cliproxy.simulator.aistudio_page import Page
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from cliproxy.stores.base import AUTHS
from cliproxy.stores.memory import MemoryStore
from cliproxy.transport import tls
from cliproxy.transport.http import HttpTransport
from tests.gateway.asking import Reply, client, eventually, read
from tests.logins.matrix import UPSTREAMS
from tests.logins.matrix import Upstream as Tested
from tests.running import running

CLIENT_KEY = "sk-client-of-the-scene"
OPTIONS = {"project": "project-1", "alias": "ann"}  # what logins would ask
KEYS = {upstream.provider: upstream.account for upstream in UPSTREAMS if upstream.by == "key"}
PAGE = next(upstream for upstream in UPSTREAMS if upstream.by == "page")


@dataclass
class Scene:
    """The gateway, and all that is behind it."""

    net: Online
    elsewhere: Upstream  # OpenAI's own API, and a compatible server
    page: Page
    url: str
    session: aiohttp.ClientSession = field(repr=False)

    @property
    def asked(self) -> int:
        """How many requests all upstreams have got."""
        return len(self.net.internet.hosts.calls) + len(self.elsewhere.calls) + len(self.page.upstream.calls)

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Ask the gateway for something."""
        headers = {"Authorization": f"Bearer {CLIENT_KEY}", "Content-Type": "application/json"}
        async with self.session.post(self.url + path, data=json.dumps(body).encode(), headers=headers) as response:
            return await read(response)

    def limit(self, upstream: Tested) -> None:
        """Leave an account that was not asked yet one request, until its window has passed."""
        window = Window(1, upstream.window)
        for accounts in (self.elsewhere.accounts, self.page.upstream.accounts):
            if accounts is not None and upstream.account in [*accounts]:
                accounts.change(upstream.account, windows=(window,))
                return
        self.net.internet.hosts.limit(upstream.account, window)


@asynccontextmanager
async def scene_at(folder: Path) -> AsyncIterator[Scene]:
    """Serve all of it for as long as the block lasts."""
    world = Internet(time.time, keys=KEYS.values(), approves_after=0, interval=0)
    elsewhere = _open_to(KEYS["codex"], KEYS["openai-compatibility"])
    async with online(world, folder, user="scene", password="secret") as net, serving(elsewhere) as server:
        config = _config(net, server.url)
        store = MemoryStore()
        await _fill(store, config, net)
        async with running(config, store=store) as gateway, client() as session:
            url = f"{gateway.url.replace('http', 'ws')}/v1/ws"
            async with Page(url, key=CLIENT_KEY, upstream=_open_to(PAGE.account)) as page:
                await eventually(
                    lambda: any(one.provider == "aistudio" for one in gateway.gateway.snapshot.credentials)
                )
                yield Scene(net, elsewhere, page, gateway.url, session)


def _open_to(*keys: str) -> Upstream:
    return Upstream(accounts=Accounts({key: Account() for key in keys}, time.time))


def _config(net: Online, elsewhere: str) -> Config:
    def entry(provider: str, base_url: str = "") -> dict[str, Any]:
        return {"api_key": KEYS[provider], "prefix": f"{provider}-key", "base_url": base_url}

    compatible = CompatibleUpstream(
        name="local",
        base_url=f"{elsewhere}/v1",
        prefix="openai-compatibility-key",
        api_key_entries=(CompatibleKey(api_key=KEYS["openai-compatibility"], proxy_url="direct"),),
        models=(ModelEntry("simulated"),),
    )
    return Config(
        api_keys=(CLIENT_KEY,),
        proxy_url=net.http_proxy,
        upstream_tls=UpstreamTls(ca_file=str(net.ca_file)),
        request_retry=0,
        shutdown_seconds=0,
        routing=Routing(session_affinity=False),
        oauth_clients={name: OAuthClient(client_secret=f"{name}-secret") for name in ("iflow", "antigravity")},
        claude_api_key=(ClaudeKey(**entry("claude")),),
        gemini_api_key=(GeminiKey(**entry("gemini")),),
        codex_api_key=(CodexKey(**entry("codex", f"{elsewhere}/v1"), proxy_url="direct"),),
        vertex_api_key=(VertexKey(**entry("vertex", "https://aiplatform.googleapis.com")),),
        openai_compatibility=(compatible,),
    )


async def _fill(store: MemoryStore, config: Config, net: Online) -> None:
    """Log in to every account, and write the keys that have files; each gets its prefix."""
    context = tls.context(config.upstream_tls.ca_file)
    transport = HttpTransport(connect_timeout=5, idle_timeout=5, proxy=config.proxy_url, tls=context)
    providers = declared(provider_package, "PROVIDER", Provider)
    logins = Logins(
        store,
        providers,
        transport,
        clock=time.time,
        sleep=lambda seconds: asyncio.sleep(0),
        entropy=secrets.token_bytes,
        clients=clients_of(config, providers),
    )
    async with client() as session:
        for upstream in UPSTREAMS:
            if upstream.by == "login":
                login = await logins.begin(upstream.provider, options=OPTIONS)
                saved = await login.finish(await _brought(login, net, session, context))
                fields = msgspec.json.decode((await store.read(saved.key)).data)
                await _write(store, saved.key, {**fields, "prefix": upstream.prefix})
            elif upstream.by == "key" and upstream.provider in ("qwen", "iflow"):
                fields = {"type": upstream.provider, "api_key": upstream.account, "prefix": upstream.prefix}
                await _write(store, f"{AUTHS}{upstream.prefix}.json", fields)
    await transport.close()


async def _brought(
    login: OpenLogin, net: Online, session: aiohttp.ClientSession, context: ssl.SSLContext | None
) -> dict[str, str]:
    """Return what a person brings back to a login."""
    if login.session.question:
        return {"answer": json.dumps(net.internet.service_account("project-1"))}
    if not login.session.state:
        return {}
    assert context is not None
    page = session.get(login.session.url, proxy=net.http_proxy, ssl=context, allow_redirects=False)
    async with page as response:
        return dict(parse_qsl(urlsplit(response.headers["location"]).query))


async def _write(store: MemoryStore, key: str, fields: Mapping[str, Any]) -> None:
    await store.write(key, msgspec.json.encode(fields))
