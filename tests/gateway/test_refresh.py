"""Accounts of logins behind a whole gateway: their tokens run out, are refused, and taken back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest
from msgspec import structs

from cliproxy.config.schema import Config
from cliproxy.credentials.files.document import read_credentials
from cliproxy.simulator import Delay, Refuse, Script, Serving, TokenServer, Upstream, serving
from cliproxy.stores.memory import MemoryStore
from cliproxy.transport.http import HttpResponse, HttpTransport
from cliproxy.wire.http import HttpRequest
from tests.gateway.asking import eventually
from tests.running import Running, running

MODELS = {"claude": "claude-sonnet-4-5-20250929", "codex": "gpt-5.1-codex"}
TOKEN_SERVERS = ("https://api.anthropic.com/v1/oauth", "https://auth.openai.com/oauth")


class Redirected(HttpTransport):
    """Upstreams over sockets; the vendors' token servers are the simulated one."""

    def __init__(self, url: str) -> None:
        super().__init__(connect_timeout=5, idle_timeout=20)
        self._url = url

    async def send(self, request: HttpRequest) -> HttpResponse:
        for theirs in TOKEN_SERVERS:
            if request.url.startswith(theirs):
                request = structs.replace(request, url=request.url.replace(theirs, self._url))
        return await super().send(request)


class Scene:
    """A gateway with accounts, and the upstream they belong to."""

    def __init__(self, server: Serving, tokens: TokenServer, script: Script) -> None:
        self.server = server
        self.tokens = tokens
        self.script = script  # of the token server
        self.store = MemoryStore()
        self.gateway: Running
        self.session: aiohttp.ClientSession

    async def log_in(self, name: str, *, kind: str = "claude", lasts: float = 7200.0, **more: Any) -> str:
        """Put an account's file in place, and return its access token."""
        login = self.tokens.log_in(name)
        fields = {
            "type": kind,
            "email": f"{name}@acme.example",
            "access_token": login.access_token,
            "refresh_token": login.refresh_token,
            "expired": time.time() + lasts,
            "last_refresh": time.time(),
            "base_url": self.server.url + ("/backend-api/codex" if kind == "codex" else ""),
            **more,
        }
        await self.store.write(f"auths/{name}.json", msgspec.json.encode(fields))
        return login.access_token

    async def ask(self, kind: str = "claude") -> tuple[int, Any]:
        """Ask as a client that speaks Chat Completions."""
        body = {"model": MODELS[kind], "messages": [{"role": "user", "content": "hello"}]}
        async with self.session.post(f"{self.gateway.url}/v1/chat/completions", json=body) as response:
            return response.status, await response.json()

    @property
    def asked_with(self) -> list[str]:
        """The access tokens that models were asked with."""
        return [call.key for call in self.server.upstream.calls if not call.path.endswith("/token")]


@asynccontextmanager
async def scene(*names: str, lasts: float = 7200.0, **more: Any) -> AsyncIterator[Scene]:
    script = Script()
    tokens = TokenServer(time.time, script=script)
    async with serving(Upstream(tokens=tokens)) as server:
        made = Scene(server, tokens, script)
        for name in names:
            await made.log_in(name, lasts=lasts, **more)
        config = Config(request_retry=0, shutdown_seconds=1)
        transport = Redirected(server.url)
        async with (
            running(config, store=made.store, transport=transport) as made.gateway,
            aiohttp.ClientSession() as made.session,
        ):
            yield made


async def test_a_login_serves_with_its_token() -> None:
    async with scene("ann") as made:
        status, _ = await made.ask()
        [call] = made.server.upstream.calls

        assert status == 200
        assert call.headers["authorization"] == f"Bearer {call.key}"
        assert call.headers["anthropic-beta"] == "oauth-2025-04-20"
        assert made.tokens.owner_of(call.key) == "ann"
        assert not made.tokens.presented


async def test_a_codex_login_names_its_account() -> None:
    async with scene("ann", kind="codex", account_id="acc-1") as made:
        status, answer = await made.ask("codex")
        [call] = made.server.upstream.calls

        assert status == 200, answer
        assert call.path == "/backend-api/codex/responses"
        assert call.headers["chatgpt-account-id"] == "acc-1"


async def test_fifty_clients_of_a_token_that_has_run_out_cost_one_refresh() -> None:
    """Nobody sees a 401, and the upstream is never asked with the old token."""
    async with scene("ann", lasts=-1) as made:
        answers = await asyncio.gather(*(made.ask() for _ in range(50)))

        assert {status for status, _ in answers} == {200}
        assert made.tokens.presented.total() == 1
        assert len(set(made.asked_with)) == 1
        assert {made.tokens.owner_of(key) for key in made.asked_with} == {"ann"}


async def test_a_token_that_is_about_to_run_out_is_exchanged_though_nobody_asks() -> None:
    """The next request finds a fresh one, and does not wait."""
    async with scene("ann", lasts=60, last_refresh=time.time() - 3600) as made:
        await eventually(lambda: made.tokens.exchanged.total() == 1)
        assert (await made.ask())[0] == 200
        assert made.tokens.presented.total() == 1
        [stored] = read_credentials("auths/ann.json", (await made.store.read("auths/ann.json")).data)
        assert made.asked_with == [stored.secret.reveal()]


async def test_a_token_that_is_refused_before_its_time_is_exchanged_once() -> None:
    """The request goes on with the new one; the account is not blamed."""
    async with scene("ann") as made:
        made.tokens.forget_access("ann")
        assert (await made.ask())[0] == 200
        assert (await made.ask())[0] == 200
        assert made.tokens.presented.total() == 1
        assert len(made.asked_with) == 3


async def test_each_account_s_token_may_be_exchanged_once_for_one_request() -> None:
    """That the first one cannot be had now says nothing of the next account's."""
    async with scene("ann", "ben") as made:
        made.tokens.forget_access("ann")
        made.tokens.forget_access("ben")
        made.script.add(Refuse(503))

        status, answer = await made.ask()

        assert status == 200, answer
        assert made.tokens.exchanged.total() == 1
        assert len(made.asked_with) == 3


async def test_a_client_that_leaves_does_not_end_a_refresh() -> None:
    async with scene("ann", lasts=-1) as made:
        made.script.add(Delay(0.2))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(made.ask(), timeout=0.1)
        await asyncio.sleep(0.3)

        assert made.tokens.exchanged.total() == 1
        assert (await made.ask())[0] == 200
        assert made.tokens.presented.total() == 1


@pytest.mark.parametrize(("status", "told"), [(400, 401), (429, 429), (503, 502)])
async def test_a_token_server_s_status_is_not_told_to_clients(status: int, told: int) -> None:
    """A 400 of its would say that the request was wrong, which it has never seen."""
    async with scene("ann", lasts=-1) as made:
        made.script.add(Refuse(status, b'{"error":"unsupported_grant_type"}'), times=None)

        assert (await made.ask())[0] == told


async def test_a_revoked_account_is_passed_over_and_the_next_one_serves() -> None:
    """Whoever asks, and however often: the vendor is asked for a token once."""
    async with scene("ann", "bob", lasts=-1) as made:
        made.tokens.revoke("ann")
        answers = [(await made.ask())[0] for _ in range(6)]

        assert answers == [200] * 6
        assert {made.tokens.owner_of(key) for key in made.asked_with} == {"bob"}
        assert sorted(made.tokens.presented.values()) == [1, 1]


async def test_an_account_that_is_logged_in_anew_serves_again() -> None:
    """Its file is replaced; nothing is restarted."""
    async with scene("ann", lasts=-1) as made:
        made.tokens.revoke("ann")
        status, answer = await made.ask()
        assert (status, "revoked, somebody must log in again" in str(answer)) == (503, True)
        token = await made.log_in("ann")
        async with asyncio.timeout(5):
            while (await made.ask())[0] != 200:
                await asyncio.sleep(0.02)
        assert made.asked_with[-1] == token
