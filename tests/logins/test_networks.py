"""Accounts behind proxies of their own, and logins through proxies that refuse or certificates that nobody trusts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cliproxy.providers.claude import CLIENT
from cliproxy.simulator import Upstream, serving
from cliproxy.simulator.people import ANN, Person
from tests.logins.stage import PROXY_LOGIN, Stage, staged
from tests.logins.wanda import another_machine, begun, device, fails, got, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SONNET = "claude-sonnet-4-5-20250929"
HOST = "api.anthropic.com:443"
NOWHERE = "http://127.0.0.1:1"
WRONG = "not-the-word"
PEOPLE = [ANN, *(Person(f"{name}@example.com") for name in ("bob", "carl", "dora", "eve"))]
DIRECT = """\
disable-cooling: true
claude-api-key:
  - {{api-key: sk-local, base-url: {url}, proxy-url: direct, prefix: local, models: [{{name: simulated, alias: near}}]}}
"""
SAYING = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Five accounts, each with a way of its own; who has none is led to a proxy that is not there."""
    async with staged(tmp_path_factory.mktemp("stage"), PEOPLE) as stage, serving(Upstream()) as local:
        text = stage.config.read_text().replace(stage.net.http_proxy, NOWHERE)
        stage.config.write_text(text + DIRECT.format(url=local.url))
        await stage.offers("local/near")
        user, http, socks = PROXY_LOGIN["user"], stage.net.http, stage.net.socks
        for person, prefix, proxy in zip(
            PEOPLE,
            ("web", "socks", "wrong-web", "wrong-socks", "none"),
            (http.url, socks.url, http.url_with(user, WRONG), socks.url_with(user, WRONG), ""),
            strict=True,
        ):
            await added(stage, person, prefix, proxy)
        yield stage


async def added(stage: Stage, person: Person, prefix: str, proxy: str) -> None:
    """Put an account into the folder, as the Go program writes it."""
    issued = stage.internet.claude.grants.log_in(person.email, client_id=CLIENT.id)
    fields = {
        "type": "claude",
        "email": person.email,
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "expired": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(issued.expires_at)),
        "prefix": prefix,
        "proxy_url": proxy,
    }
    stage.auths.mkdir(mode=0o700, exist_ok=True)
    file(stage, person).write_text(json.dumps(fields))
    await stage.offers(f"{prefix}/{SONNET}")


def file(stage: Stage, person: Person) -> Path:
    return stage.auths / f"claude-{person.email}.json"


async def asked(stage: Stage, prefix: str, model: str = SONNET) -> tuple[int, str]:
    """Ask for a model of one account; return the status and what an error says."""
    status, answer = await stage.ask("/v1/messages", {**SAYING, "model": f"{prefix}/{model}"})
    error: dict[str, Any] = answer.get("error") or {}
    return status, str(error.get("message", ""))


async def test_each_account_has_its_own_way(stage: Stage) -> None:
    """Names are told to the proxies as they are. Who cannot get through says why, and keeps nobody else out."""
    web, socks, local, wrong_web, wrong_socks, none = await asyncio.gather(
        asked(stage, "web"),
        asked(stage, "socks"),
        asked(stage, "local", "near"),
        asked(stage, "wrong-web"),
        asked(stage, "wrong-socks"),
        asked(stage, "none"),
    )

    assert [web, socks, local] == [(200, "")] * 3
    assert set(stage.net.http.asked) == set(stage.net.socks.asked) == {HOST}
    for (status, told), proxy in ((wrong_web, stage.net.http), (wrong_socks, stage.net.socks)):
        assert status == 502
        assert f"the proxy 127.0.0.1:{proxy.port} wants another login" in told
    assert none[0] == 502
    assert "the proxy 127.0.0.1:1 on the way to api.anthropic.com could not be reached" in none[1]
    for secret in (WRONG, PROXY_LOGIN["password"], "p%40ss"):
        assert secret not in stage.log + wrong_web[1] + wrong_socks[1] + none[1]


async def test_tokens_are_refreshed_on_the_same_way(stage: Stage) -> None:
    _, bob, *_ = PEOPLE
    spent = json.loads(file(stage, bob).read_text())["refresh_token"]
    through_http = stage.net.http.connections
    stage.internet.expire("claude", bob.email)

    assert await asked(stage, "socks") == (200, "")
    assert stage.internet.claude.grants.exchanged[spent] == 1
    assert stage.net.http.connections == through_http


async def test_a_proxy_in_the_way_of_a_refresh_costs_no_account(stage: Stage) -> None:
    """The token was shown to nobody; the refresh is tried again, and nobody has to log in."""
    carl = PEOPLE[2]
    fields = json.loads(file(stage, carl).read_text())
    file(stage, carl).write_text(json.dumps({**fields, "expired": "2001-01-01T00:00:00Z"}))
    await until(lambda: any("token not refreshed" in line and carl.email in line for line in stage.log.splitlines()))
    line = next(json.loads(line) for line in stage.log.splitlines() if "token not refreshed" in line)

    assert f"the proxy 127.0.0.1:{stage.net.http.port} wants another login" in line["reason"]
    assert line["next_try_at"] > time.time()
    assert stage.internet.claude.grants.presented[fields["refresh_token"]] == 0
    status, told = await asked(stage, "wrong-web")
    assert (status, "wants another login" in told) == (502, True)
    assert "must log in again" not in stage.log


async def test_a_proxy_that_refuses_a_login(stage: Stage, tmp_path: Path) -> None:
    """The person is told which, and what is wrong with it, before or after he was at the vendor's page."""
    http, socks, user = stage.net.http, stage.net.socks, PROXY_LOGIN["user"]
    cases = {
        http.url_with(user, WRONG): f"the proxy 127.0.0.1:{http.port} wants another login",
        socks.url_with(user, WRONG): f"the proxy 127.0.0.1:{socks.port} wants another login",
        socks.url_with("", ""): f"the proxy 127.0.0.1:{socks.port} wants another login",
        NOWHERE: "the proxy 127.0.0.1:1 on the way to",
    }
    turns = asyncio.Semaphore(4)

    async def one(number: int, proxy: str, told: str) -> None:
        machine = another_machine(stage, tmp_path / str(number), proxy=proxy)
        machine.config.write_text(machine.config.read_text().replace(f'"{NOWHERE}"', f'"{proxy}"'))
        async with turns, machine.command("login", "kimi", "--no-browser") as terminal:
            await fails(terminal, "kimi", told, "proxy-url")
            assert WRONG not in terminal.written
        assert machine.files() == {}

    await asyncio.gather(*(one(number, *case) for number, case in enumerate(cases.items())))
    machine = another_machine(stage, tmp_path / "refused")
    machine.config.write_text(machine.config.read_text().replace(NOWHERE, socks.url))
    async with begun(machine, "claude") as login:
        back = await login.answer()
        socks.refuses = True
        status, page = await got(back)
        socks.refuses = False
        assert status == 502
        assert "the proxy 127.0.0.1" in page
        await login.fails("did not connect to api.anthropic.com", "proxy-url")
    assert machine.files() == {}


async def test_a_login_through_socks(stage: Stage, tmp_path: Path) -> None:
    """All of it, to the file."""
    machine = another_machine(stage, tmp_path / "socks")
    machine.config.write_text(machine.config.read_text().replace(NOWHERE, stage.net.socks.url))
    async with device(machine, "kimi") as (terminal, user_code):
        stage.internet.approve(user_code)
        assert await terminal.code() == 0, terminal.written
    assert len(machine.files()) == 1
    assert "auth.kimi.com:443" in stage.net.socks.asked
    assert "auth.kimi.com:443" not in stage.net.http.asked


async def test_a_certificate_that_nobody_trusts(stage: Stage, tmp_path: Path) -> None:
    """Host and setting are named, by logins and by the gateway, which trusts it as soon as it is told to."""
    machine = another_machine(stage, tmp_path / "untrusting", trusts=False)
    machine.config.write_text(machine.config.read_text().replace(NOWHERE, stage.net.http.url))
    async with begun(machine, "claude") as login:
        assert (await got(await login.answer()))[0] == 502
        await login.fails("the certificate of api.anthropic.com is not trusted", "upstream-tls.ca-file")
    async with machine.command("login", "qwen", "--no-browser") as terminal:
        await fails(terminal, "qwen", "the certificate of chat.qwen.ai is not trusted", "upstream-tls.ca-file")
    assert machine.files() == {}

    trusting = stage.config.read_text()
    stage.config.write_text(trusting.replace(str(stage.net.ca_file), '""'))
    async with asyncio.timeout(10):
        while (refused := await asked(stage, "web"))[0] == 200:
            await asyncio.sleep(0.05)
    assert refused[0] == 502
    assert "the certificate of api.anthropic.com is not trusted" in refused[1]
    assert "upstream-tls.ca-file" in refused[1]
    stage.config.write_text(trusting)
    async with asyncio.timeout(20):
        while (await asked(stage, "web"))[0] != 200:
            await asyncio.sleep(0.1)
