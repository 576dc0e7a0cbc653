"""Google's accounts, from the login at a simulated Google to their requests: tokens that age, and are taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import msgspec
import pytest

from cliproxy.config.routing import OAuthClient
from cliproxy.config.schema import Config, VertexKey
from cliproxy.credentials.credential import Candidate, Secret
from cliproxy.login.flow import Client, LoginStart, NewAccount
from cliproxy.providers import antigravity, gemini_cli, vertex
from cliproxy.providers.base import Provider
from cliproxy.simulator.answer import Request
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.people import Person
from cliproxy.stores.memory import MemoryStore
from cliproxy.testing.clock import HandClock
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.steps import drive
from tests.running import Running, running

ANN = Person("ann@acme.example", projects=("acme-1",), tier="standard-tier")
HOUR = 3600.0
HOSTS = (
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "serviceusage.googleapis.com",
    "cloudcode-pa.googleapis.com",
    "daily-cloudcode-pa.googleapis.com",
    "us-central1-aiplatform.googleapis.com",
    "aiplatform.googleapis.com",
)
MODELS = {"gemini-cli": "gemini-2.5-pro", "antigravity": "gemini-3-flash", "vertex": "gemini-2.5-pro"}
TOLD = {"gemini-cli": "log in again", "antigravity": "log in again", "vertex": "import it"}
IMAGEN = "imagen-4.0-generate-001"


_AS_USUAL = Config()
_CLIENTS = {"antigravity": OAuthClient(client_id=antigravity.CLIENT.id, client_secret="antigravity-secret")}


class Scene:
    """A gateway before a simulated Google."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.google = Internet(self.clock, (ANN,), keys=("AIza-vertex",))
        self.transport = SimulatedTransport(dict.fromkeys(HOSTS, self.google.answer))
        self.store = MemoryStore()
        self.account = ""  # its key in the store
        self.gateway: Running
        self.session: aiohttp.ClientSession

    async def log_in(self, provider: Provider) -> NewAccount:
        """Log somebody in, and put his file in its place."""
        login = provider.login()
        assert login is not None
        secret = Secret("antigravity-secret" if provider is antigravity.PROVIDER else "")
        client = Client(antigravity.CLIENT.id, secret) if secret else None
        start = LoginStart(now=self.clock(), entropy=bytes(128), client=client, options={"project": "ALL"})
        session = await drive(login.begin(start), self.transport, self.clock.sleep)
        brought = self._consented(session.url) if session.url else {"answer": self._key_file()}
        steps = login.finish(session, brought, now=self.clock())
        account = await drive(steps, self.transport, self.clock.sleep, clock=self.clock)
        self.account = f"auths/{account.name}"
        await self.store.write(self.account, msgspec.json.encode(account.fields))
        return account

    async def ask(self, model: str, *, stream: bool = False) -> tuple[int, str]:
        """Ask as a client that speaks Chat Completions."""
        body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": stream}
        async with self.session.post(f"{self.gateway.url}/v1/chat/completions", json=body) as response:
            return response.status, await response.text()

    @asynccontextmanager
    async def serving(self, config: Config = _AS_USUAL) -> AsyncIterator[None]:
        """Serve what is in the store for as long as the block lasts."""
        config = msgspec.structs.replace(config, request_retry=0, shutdown_seconds=1, oauth_clients=_CLIENTS)
        async with (
            running(config, store=self.store, transport=self.transport, clock=self.clock) as self.gateway,
            aiohttp.ClientSession() as self.session,
        ):
            yield

    def asked(self, path: str) -> int:
        """Return how often paths with this end were asked for."""
        return sum(call.path.endswith(path) for call in self.google.calls)

    def _consented(self, url: str) -> Mapping[str, str]:
        page = urlsplit(url)
        sent = self.google.answer(Request("GET", page.path, dict(parse_qsl(page.query)), {}, b"", page.hostname or ""))
        return dict(parse_qsl(urlsplit(sent.headers["location"]).query))

    def _key_file(self) -> str:
        return msgspec.json.encode(self.google.service_account("acme-1")).decode()


@asynccontextmanager
async def scene(provider: Provider | None = None, config: Config = _AS_USUAL) -> AsyncIterator[Scene]:
    made = Scene()
    if provider is not None:
        await made.log_in(provider)
    async with made.serving(config):
        yield made


@pytest.mark.parametrize(
    "provider", [gemini_cli.PROVIDER, antigravity.PROVIDER, vertex.PROVIDER], ids=lambda provider: provider.name
)
async def test_an_account_serves_from_its_login_to_its_end(provider: Provider) -> None:
    """Logged in, asked whole and streamed, its token run out, and at last taken back."""
    model = MODELS[provider.name]
    async with scene(provider) as made:
        for stream in (False, True):
            status, said = await made.ask(model, stream=stream)
            assert (status, "hello" in said) == (200, True), said
        before = made.asked("/token")
        made.clock.advance(2 * HOUR)
        answers = await asyncio.gather(*(made.ask(model) for _ in range(20)))
        assert {status for status, _ in answers} == {200}
        assert made.asked("/token") == before + 1
        [credential] = made.gateway.gateway.snapshot.credentials
        fresh = made.gateway.gateway.pool.get(credential.id)
        assert fresh is not None
        owner = made.google.owner_of("google", fresh.secret.reveal())
        assert owner is not None
        made.google.revoke("google", owner.email)
        made.clock.advance(2 * HOUR)
        status, said = await made.ask(model)
        assert status >= 400, said
        [reason] = made.gateway.gateway.pool.why([Candidate(credential.id, model)], now=made.clock())
        assert reason.state == "revoked"
        assert TOLD[provider.name] in reason.words


async def test_a_service_account_s_token_is_nowhere_but_in_memory() -> None:
    async with scene(vertex.PROVIDER) as made:
        before = (await made.store.read(made.account)).data
        assert {(await made.ask(MODELS["vertex"]))[0] for _ in range(3)} == {200}
        made.gateway.gateway.configured(made.gateway.gateway.snapshot.config)
        assert (await made.ask(MODELS["vertex"]))[0] == 200
        assert made.asked("/token") == 1, "a configuration that changes costs no token"
        assert (await made.store.read(made.account)).data == before


@pytest.mark.parametrize("provider", [gemini_cli.PROVIDER, antigravity.PROVIDER], ids=lambda provider: provider.name)
async def test_a_file_without_a_project_serves_soon_after_the_start(provider: Provider) -> None:
    """As other programs write it; the project is looked up and kept."""
    made = Scene()
    account = await made.log_in(provider)
    fields = {name: value for name, value in account.fields.items() if name != "project_id"}
    await made.store.write(made.account, msgspec.json.encode(fields))
    async with made.serving():
        status, said = await made.ask(MODELS[provider.name])
        assert status == 200, said
        assert msgspec.json.decode((await made.store.read(made.account)).data)["project_id"] == "acme-1"


@pytest.mark.parametrize("stream", [False, True])
async def test_imagen_answers_clients_of_another_dialect(stream: bool) -> None:
    """Also those who want a stream, though it answers whole."""
    async with scene(vertex.PROVIDER) as made:
        status, said = await made.ask(IMAGEN, stream=stream)

        assert status == 200, said
        assert "data:image/png;base64," in said


async def test_a_key_serves_too() -> None:
    key = VertexKey(api_key="AIza-vertex", base_url="https://aiplatform.googleapis.com")
    async with scene(config=Config(vertex_api_key=(key,))) as made:
        for model in (MODELS["vertex"], IMAGEN):
            status, said = await made.ask(model)
            assert status == 200, said
        assert made.asked("/token") == 0


async def test_a_client_of_the_operator_s_own_may_change_while_it_runs() -> None:
    """A secret that was missing is one line in the configuration, and no restart."""
    async with scene(antigravity.PROVIDER) as made:
        gateway, model = made.gateway.gateway, MODELS["antigravity"]
        statuses = []
        for clients in ({}, _CLIENTS):
            gateway.configured(msgspec.structs.replace(gateway.snapshot.config, oauth_clients=clients))
            made.clock.advance(2 * HOUR)
            statuses.append((await made.ask(model))[0])

        assert statuses == [401, 200]
