"""
A gateway for the demo that knows the vendors by their real addresses only, and reaches the simulated internet there.

    async with before_the_internet() as stage:
        saved = await stage.person.log_in("claude", LoginKind.BROWSER, "ann@example.com")
        answer = await stage.ask("chat", "claude-sonnet-4-6")
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct, structs

from cliproxy import providers as provider_package
from cliproxy.cli.demo_person import HOST, DemoPerson
from cliproxy.config.load import load
from cliproxy.config.schema import Config
from cliproxy.discovery import declared
from cliproxy.errors import LoginError
from cliproxy.gateway import Gateway, files_of
from cliproxy.providers.base import Provider
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.newcomers import Saved
from cliproxy.simulator import Script
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from cliproxy.simulator.people import Person
from cliproxy.stores.base import Store
from cliproxy.transport import tls
from cliproxy.transport.http import HttpTransport

WORDS = "one two three"
ECHO = rb"You said: \"one two three\"."  # what a simulated model answers, as it stands in JSON
NAP = 0.2  # seconds that a pause takes here, whatever the vendor wants: nobody is slower than the simulator
PATIENCE = 10.0  # seconds in which a gateway takes up a file
JUST_NOW = 120.0  # seconds; a token that is refused sooner after it came would not be doubted
SAID = [{"role": "user", "content": WORDS}]
QUESTIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {  # path and body, by what a client speaks
    "chat": ("/v1/chat/completions", {"messages": SAID}),
    "responses": ("/v1/responses", {"input": WORDS}),
    "messages": ("/v1/messages", {"max_tokens": 100, "messages": SAID}),
    "gemini": ("/v1beta/models/{model}:generateContent", {"contents": [{"role": "user", "parts": [{"text": WORDS}]}]}),
}

_CONFIG = """\
auth-dir: "{folder}/accounts"
proxy-url: "{proxy}"
upstream-tls: {{ca-file: "{authority}"}}
request-retry: 0
oauth-clients:
  iflow: {{client-secret: iflow-secret}}
  antigravity: {{client-secret: antigravity-secret}}
"""


class Answer(Struct, frozen=True):
    """What a client got."""

    status: int
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the model's own words came."""
        return self.status == 200 and ECHO in self.body


class Clock:
    """The time at the gateway and at the vendors, which can be let pass."""

    def __init__(self) -> None:
        self.ahead = 0.0  # seconds

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Stage:
    """The gateway, the internet, and a person with a browser and clients."""

    net: Online
    clock: Clock
    store: Store
    gateway: Gateway
    person: DemoPerson
    url: str
    session: aiohttp.ClientSession

    async def ask(self, dialect: str, model: str) -> Answer:
        """Ask the gateway as a client of one dialect."""
        path, body = QUESTIONS[dialect]
        whole = {"model": model, **body}
        async with self.session.post(self.url + path.format(model=model), json=whole) as reply:
            return Answer(reply.status, await reply.read())

    async def call(self, saved: Saved, prefix: str) -> None:
        """
        Write a prefix into an account's file, as an operator does, and wait until the gateway has taken it up.

        Raises LoginError where it does not.
        """
        fields = msgspec.json.decode((await self.store.read(saved.key)).data)
        await self.store.write(saved.key, msgspec.json.encode({**fields, "prefix": prefix}))
        waits_until = time.monotonic() + PATIENCE
        while not any(info.id.startswith(f"{prefix}/") for info in self.gateway.snapshot.catalog.models):
            if time.monotonic() > waits_until:
                raise LoginError(f"{saved.first.provider}: the gateway did not take up {saved.key}")
            await asyncio.sleep(0.02)

    def exchanged(self) -> int:
        """Return how often vendors were asked for a new token so far."""
        internet = self.net.internet
        posted = [call for call in internet.calls if call.method == "POST"]
        return sum(any(server.has(call) for server in internet.servers.values()) for call in posted)


@asynccontextmanager
async def before_the_internet(people: Iterable[Person], script: Script | None = None) -> AsyncIterator[Stage]:
    """Serve all of it for as long as the block lasts. `script`: what goes wrong at the vendors."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        internet = Internet(clock, tuple(people), interval=0, script=script)
        async with online(internet, folder) as net, aiohttp.ClientSession(trust_env=False) as session:
            path = folder / "config.yaml"
            path.write_text(_CONFIG.format(folder=folder, proxy=net.http_proxy, authority=net.ca_file))
            config = _here(load(path).config)
            store = files_of(config, path)
            gateway = Gateway(config, store=store, overridden=_here, clock=clock)
            transport = _transport(config)
            try:
                url = f"http://{HOST}:{await gateway.start()}"
                person = DemoPerson(net, _logins(config, store, transport, clock), session)
                yield Stage(net, clock, store, gateway, person, url, session)
            finally:
                await transport.close()
                await gateway.stop()


async def _nap(seconds: float) -> None:
    await asyncio.sleep(min(seconds, NAP))


def _here(config: Config) -> Config:
    return structs.replace(config, host=HOST, port=0, shutdown_seconds=0)


def _transport(config: Config) -> HttpTransport:
    context = tls.context(config.upstream_tls.ca_file)
    return HttpTransport(connect_timeout=PATIENCE, idle_timeout=PATIENCE, proxy=config.proxy_url, tls=context)


def _logins(config: Config, store: Store, transport: HttpTransport, clock: Clock) -> Logins:
    """Return what the command `login` logs in with."""
    providers = declared(provider_package, "PROVIDER", Provider)
    return Logins(
        store,
        providers,
        transport,
        clock=clock,
        sleep=_nap,
        entropy=secrets.token_bytes,
        clients=clients_of(config, providers),
    )
