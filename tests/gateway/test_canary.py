"""
No secret comes out.

Every account is logged in to, served and refreshed at an internet that now and then repeats whatever it was told, or
fails in other ways. All that people, clients and operators get to see is kept, and none of it may hold a secret.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import pytest
import structlog

from cliproxy import providers as provider_package
from cliproxy.config.network import UpstreamTls
from cliproxy.config.routing import OAuthClient
from cliproxy.config.schema import Config
from cliproxy.config.upstreams import ClaudeKey, GeminiKey
from cliproxy.discovery import declared
from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind
from cliproxy.providers.base import Provider
from cliproxy.runtime import logs
from cliproxy.runtime.clients import clients_of
from cliproxy.runtime.logins import Logins
from cliproxy.runtime.open_login import OpenLogin
from cliproxy.server.callback import callback_page
from cliproxy.simulator.online import Online, online
from cliproxy.stores.memory import MemoryStore
from cliproxy.transport import tls
from cliproxy.transport.base import Transport, UpstreamResponse
from cliproxy.transport.http import HttpTransport
from cliproxy.wire.http import HttpRequest
from tests.gateway.asking import client
from tests.gateway.parrot import Parrot
from tests.running import running

PASSWORD, CLIENT_KEY = "canary-of-the-proxy", "canary-of-the-client"
CLIENT_SECRETS = {"iflow": "canary-of-iflow", "antigravity": "canary-of-antigravity"}
KEYS = ("canary-of-a-claude-key", "canary-of-a-gemini-key")

_WAYS = (
    *(("claude", None), ("codex", None), ("codex", LoginKind.DEVICE), ("gemini-cli", None), ("antigravity", None)),
    *(("iflow", None), ("iflow", LoginKind.COOKIE), ("qwen", None), ("kimi", None), ("vertex", None)),
)
_OPTIONS = {"project": "project-1", "alias": "ann"}
_MODELS = (
    *("claude-sonnet-4-6", "gpt-5-codex", "gemini-2.5-pro", "gemini-3-pro-high", "qwen3-coder-plus", "qwen3-max"),
    *("kimi-k2.5", "gemini-2.5-flash", "key/claude-sonnet-4-6", "key/gemini-2.5-pro"),
)


@dataclass
class Ear:
    """Keeps all that comes out."""

    heard: list[str] = field(default_factory=list)

    def hear(self, *said: object) -> None:
        for one in said:
            self.heard.append(one if isinstance(one, str) else f"{one!r} {one!s}")
            if isinstance(one, BaseException):
                self.heard.append("".join(traceback.format_exception(one)))

    def must_hold_none_of(self, canaries: set[str]) -> None:
        for text in self.heard:
            for shown in (text, unquote(text)):
                found = [canary for canary in canaries if canary in shown]
                assert not found, f"{found} came out in: {text[:2000]}"


class Overheard(Transport):
    """Calls as another transport does, and tells the ear what it calls."""

    def __init__(self, inner: Transport, ear: Ear) -> None:
        self._inner = inner
        self._ear = ear

    async def send(self, request: HttpRequest) -> UpstreamResponse:
        self._ear.hear(request)
        try:
            return await self._inner.send(request)
        except Exception as error:
            self._ear.hear(error)
            raise

    async def close(self) -> None:
        await self._inner.close()


@dataclass
class Scene:
    """The internet, a store, and the logins that write into it."""

    net: Online
    world: Parrot
    ear: Ear
    store: MemoryStore
    config: Config
    browser: aiohttp.ClientSession

    def logins(self, proxy: str, *, trusts: bool = True) -> tuple[Logins, Transport]:
        context = tls.context(str(self.net.ca_file) if trusts else "")
        transport = HttpTransport(connect_timeout=5, idle_timeout=5, proxy=proxy, tls=context)
        providers = declared(provider_package, "PROVIDER", Provider)
        made = Logins(
            self.store,
            providers,
            Overheard(transport, self.ear),
            clock=time.time,
            sleep=lambda seconds: asyncio.sleep(0),
            entropy=secrets.token_bytes,
            clients=clients_of(self.config, providers),
        )
        return made, transport

    async def answer_to(self, login: OpenLogin) -> dict[str, str]:
        """Return what a person brings back."""
        session = login.session
        self.world.secrets |= {one.reveal() for one in (session.verifier, session.device_code) if one}
        if session.kind is LoginKind.KEY_FILE:
            file = self.world.service_account("project-1")
            self.world.note(file)
            return {"answer": json.dumps(file)}
        if session.kind is LoginKind.COOKIE:
            cookie = self.world.iflow.cookie("ann@example.com")
            self.world.secrets.add(cookie.partition("=")[2].strip("; "))
            return {"answer": cookie}
        if not session.state:
            return {}
        context = tls.context(str(self.net.ca_file))
        assert context is not None
        page = self.browser.get(session.url, proxy=self.net.http_proxy, ssl=context, allow_redirects=False)
        async with page as response:
            return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@asynccontextmanager
async def scene_at(folder: Path) -> AsyncIterator[Scene]:
    world = Parrot(time.time, secrets=CLIENT_SECRETS, keys=KEYS, approves_after=0, interval=0)
    world.secrets |= {PASSWORD, CLIENT_KEY, *CLIENT_SECRETS.values(), *KEYS}
    async with online(world, folder, user="gateway", password=PASSWORD) as net, client() as browser:
        config = Config(
            api_keys=(CLIENT_KEY,),
            proxy_url=net.http_proxy,
            upstream_tls=UpstreamTls(ca_file=str(net.ca_file)),
            request_retry=0,
            shutdown_seconds=0,
            oauth_clients={name: OAuthClient(client_secret=one) for name, one in CLIENT_SECRETS.items()},
            claude_api_key=(ClaudeKey(api_key=KEYS[0], prefix="key"),),
            gemini_api_key=(GeminiKey(api_key=KEYS[1], prefix="key"),),
        )
        yield Scene(net, world, Ear(), MemoryStore(), config, browser)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, down to the last detail."""
    stream = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.configure(debug=True, stream=stream)
    logging.root.setLevel(logging.DEBUG)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


async def test_no_secret_comes_out(tmp_path: Path, written: io.StringIO) -> None:
    async with scene_at(tmp_path) as scene:
        await _log_in(scene)
        await _fail_to_log_in(scene)
        await _serve(scene)
        for document in await scene.store.read_all("state/"):
            scene.ear.hear(document.data.decode())
        for document in await scene.store.read_all("auths/"):
            scene.world.note(json.loads(document.data))

        assert len(scene.world.secrets) > 100
        scene.ear.hear(written.getvalue())
        scene.ear.must_hold_none_of(scene.world.secrets)


async def _log_in(scene: Scene) -> None:
    """Every account, once."""
    logins, transport = scene.logins(scene.net.http_proxy)
    for provider, kind in _WAYS:
        login = await logins.begin(provider, kind, options=_OPTIONS)
        scene.ear.hear(login, login.session, login.session.start, logins)
        saved = await login.finish(await scene.answer_to(login))
        scene.ear.hear(login, saved)
    await transport.close()


async def _fail_to_log_in(scene: Scene) -> None:
    """In every way that a vendor, a proxy, a certificate and an answer can go wrong."""
    good, transport = scene.logins(scene.net.http_proxy)
    for provider, kind in _WAYS:
        for trouble in ("repeats", "fails", "html"):
            login = await good.begin(provider, kind, options=_OPTIONS)
            answer = await scene.answer_to(login)
            if login.session.kind is LoginKind.KEY_FILE:
                answer = {"answer": answer["answer"][: -len(trouble) * 100]}
            scene.world.trouble = trouble
            await _ended(scene, good, login, answer)
            await _begun(scene, good, provider, kind)
            scene.world.trouble = ""
        if kind is None and (login := await good.begin(provider, kind, options=_OPTIONS)).session.state:
            answer = {**await scene.answer_to(login), "error": "access_denied"}
            await _ended(scene, good, login, answer)
    await transport.close()
    proxies = [one.replace(PASSWORD, f"{PASSWORD}-wrong") for one in (scene.net.http_proxy, scene.net.socks_proxy)]
    for proxy, trusts in (*((one, True) for one in proxies), (scene.net.http_proxy, False)):
        bad, transport = scene.logins(proxy, trusts=trusts)
        for provider, kind in _WAYS:
            await _begun(scene, bad, provider, kind)
        await transport.close()


async def _begun(scene: Scene, logins: Logins, provider: str, kind: LoginKind | None) -> None:
    """Begin a login at a vendor in trouble; where nobody is asked yet, end it too."""
    try:
        login = await logins.begin(provider, kind, options=_OPTIONS)
        if login.session.kind is LoginKind.BROWSER:
            await _ended(scene, logins, login, {"code": "canary-of-a-code", "state": login.session.state})
    except LoginError as error:
        scene.ear.hear(error)


async def _ended(scene: Scene, logins: Logins, login: OpenLogin, answer: dict[str, str]) -> None:
    """End a login, and see the page that a browser gets."""
    scene.world.note(answer)
    run = asyncio.create_task(login.run())
    if login.session.state:
        page = await callback_page(logins, answer)
        scene.ear.hear(page, page.response().text)
        login.cancel()
    elif login.needs_answer:
        login.answer(answer)
    outcome = (await asyncio.gather(run, return_exceptions=True))[0]
    assert isinstance(outcome, LoginError)
    scene.ear.hear(login, outcome)
    logins.forget(login)


async def _serve(scene: Scene) -> None:
    """Requests through each account while upstreams and token servers are well, and while they are not."""
    async with running(scene.config, store=scene.store) as gateway:
        scene.ear.hear(*gateway.gateway.snapshot.credentials)
        for trouble in ("", "repeats at logins", "repeats", "fails", "html"):
            scene.world.trouble = trouble
            answered = [await _ask(scene, gateway.url, model, CLIENT_KEY) for model in _MODELS]
            assert (set(answered) == {200}) is (trouble == ""), answered
            for vendor in scene.world.servers:
                scene.world.expire(vendor, "ann@example.com")
        assert await _ask(scene, gateway.url, _MODELS[0], f"{CLIENT_KEY}-wrong") == 401
        scene.ear.hear(*gateway.records, *gateway.gateway.pool.saved(now=time.time()).members.values())
        scene.ear.hear(gateway.gateway.snapshot.config, *gateway.gateway.explanations.latest())


async def _ask(scene: Scene, url: str, model: str, key: str) -> int:
    """Ask for a reply, and return its status."""
    body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    async with scene.browser.post(f"{url}/v1/messages", json=body, headers={"x-api-key": key}) as response:
        scene.ear.hear(await response.text(), str(dict(response.headers)))
        return response.status
