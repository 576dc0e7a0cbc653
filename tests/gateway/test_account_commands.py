"""`accounts` as an operator types it, beside a gateway that runs before the simulated internet."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cliproxy.config.load import load
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.gateway import files_of
from cliproxy.simulator import Refuse
from cliproxy.simulator.faults import Delay, Match
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from tests.gateway.asking import client
from tests.gateway.go_accounts import GO, PEOPLE, filled_in
from tests.running import Running, running

ANN, QWEN = "claude-ann@example.com.json", "qwen-ann.json"
KEY = "sk-key-that-is-wrong"
_CONFIG = """\
auth-dir: {auths}
proxy-url: "{proxy}"
upstream-tls: {{ca-file: {authority}}}
claude-api-key: [{{api-key: {key}}}]
request-retry: 0
"""


class Told(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


@dataclass
class Desk:
    """A folder of accounts, its configuration, and somebody who types commands."""

    net: Online
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def auths(self) -> Path:
        return self.folder / "auths"

    async def accounts(self, *words: str) -> Told:
        """Type `cli-proxy-api accounts ...`, where nobody sits."""
        return await self.told(await self.typed(*words))

    async def typed(self, *words: str) -> asyncio.subprocess.Process:
        """Begin it."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cliproxy", "accounts", *words, "--config", str(self.config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        )

    async def told(self, process: asyncio.subprocess.Process) -> Told:
        """Wait for its end."""
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        assert KEY not in f"{out!r}{err!r}"
        return Told(process.returncode, out.decode(), err.decode())

    def fields(self, name: str) -> dict[str, Any]:
        return msgspec.json.decode((self.auths / name).read_bytes(), type=dict[str, Any])

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[Running]:
        config = load(self.config).config
        async with running(config, store=files_of(config, self.config)) as gateway:
            yield gateway


@asynccontextmanager
async def desk_with(folder: Path, *names: str) -> AsyncIterator[Desk]:
    """Put files of the Go program's folder onto a desk, with tokens that can be exchanged."""
    auths = folder / "auths"
    auths.mkdir(mode=0o700)
    internet = Internet(time.time, PEOPLE)
    for name in names:
        (auths / name).write_bytes(filled_in((GO / name).read_bytes(), internet, name))
    async with online(internet, folder, user="gateway", password="p@ss word") as net:
        desk = Desk(net, folder)
        said = {"auths": auths, "proxy": net.http_proxy, "authority": net.ca_file, "key": KEY}
        desk.config.write_text(_CONFIG.format(**said))
        yield desk


async def test_all_kinds_are_tested_over_the_network(tmp_path: Path) -> None:
    """Every host by its own name, through a proxy; what is wrong is said, and the rest works."""
    names = [ANN, QWEN, "codex-ann@example.com-plus.json", "gemini-ben@example.com-all.json", "kimi-1772330400000.json"]
    async with desk_with(tmp_path, *names) as desk:
        told = await desk.accounts("test", "--all", "--json")

    assert told.code == 1
    verdicts = {(one["provider"], one["account"]): one for one in told.json}
    wrong = verdicts.pop(("claude", "claude-api-key[0]"))
    barred = verdicts.pop(("gemini-cli", "ben@example.com [project-2]"))
    assert [one["problem"] for one in verdicts.values()] == [""] * 5
    assert all(one["ok"] and one["took"] > 0 for one in verdicts.values())
    assert "its project project-2 cannot be used" in barred["problem"]
    assert "login gemini --project ANOTHER" in barred["remedy"]
    assert not wrong["ok"]
    assert "the key is wrong" in wrong["problem"]
    assert set(wrong) >= {"ok", "account", "model", "took", "problem", "remedy"}


async def test_beside_a_gateway_that_runs(tmp_path: Path) -> None:
    """Its health is seen; what is switched off is not asked, and what is switched on again is; nothing is restarted."""
    async with desk_with(tmp_path, ANN) as desk, desk.gateway() as gateway, client() as session:

        async def ask() -> int:
            said = {"model": "claude-haiku-4-5-20251001", "messages": [{"role": "user", "content": "hello"}]}
            async with session.post(f"{gateway.url}/v1/chat/completions", json=said) as reply:
                return reply.status

        def known() -> Credential | None:
            return gateway.gateway.pool.get(ANN)

        assert await ask() == 200
        told = await desk.accounts("disable", "ann@example.com")
        assert (told.code, told.out) == (0, f"{ANN}: disabled\n")
        await until(lambda: getattr(known(), "disabled", None) is True)
        assert await ask() != 200
        (listed, _) = (await desk.accounts("list", "--json")).json
        assert listed["state"] == "disabled"

        told = await desk.accounts("enable", "claude-ann", "--json")
        assert told.json == [{"ok": True, "file": ANN, "result": "enabled"}]
        await until(lambda: getattr(known(), "disabled", None) is False)
        assert await ask() == 200

        body = b'{"type":"error","error":{"type":"rate_limit_error","message":"enough for now"}}'
        fault = Refuse(429, body, {"retry-after": "250"})
        desk.net.internet.script.add(fault, Match(path_contains="messages"), times=None)
        assert await ask() == 429
        async with asyncio.timeout(15):  # until its health is saved
            while "enough for now" not in (await desk.accounts("show", ANN)).out:
                await asyncio.sleep(0.5)

        told = await desk.accounts("remove", "ann", "--yes")
        assert (told.code, told.out) == (0, f"{ANN}: removed\n")
        await until(lambda: known() is None)


async def test_a_test_stores_the_token_that_it_exchanged(tmp_path: Path) -> None:
    """So that a gateway beside it goes on with that, and does not spend the old one again."""
    async with desk_with(tmp_path, ANN) as desk:
        before = desk.fields(ANN)
        (desk.auths / ANN).write_bytes(msgspec.json.encode(before | {"expired": "2020-01-01T00:00:00Z"}))
        async with desk.gateway() as gateway:
            told = await desk.accounts("test", "claude-ann")
            assert (told.code, told.out[:22]) == (0, "works  claude ann@exam"), told
            after = desk.fields(ANN)
            assert after["refresh_token"] != before["refresh_token"]
            renewed = Secret(after["refresh_token"])
            await until(lambda: getattr(gateway.gateway.pool.get(ANN), "refresh_token", None) == renewed)
        assert max(desk.net.internet.tokens["claude"].presented.values()) == 1


async def test_ctrl_c_loses_no_token(tmp_path: Path) -> None:
    """The old one is spent when the vendor is asked: the command ends when the new one is in its file."""
    async with desk_with(tmp_path, ANN) as desk:
        before = desk.fields(ANN)
        (desk.auths / ANN).write_bytes(msgspec.json.encode(before | {"expired": "2020-01-01T00:00:00Z"}))
        desk.net.internet.script.add(Delay(1.0), Match(host="api.anthropic.com", path_contains="/oauth/token"))
        process = await desk.typed("test", "--all")
        await until(lambda: bool(desk.net.internet.tokens["claude"].exchanged))
        process.send_signal(signal.SIGINT)
        told = await desk.told(process)

        assert told.code == 130
        assert "Traceback" not in told.err
        assert desk.fields(ANN)["refresh_token"] not in ("", before["refresh_token"])


async def test_an_account_that_was_revoked(tmp_path: Path) -> None:
    """The test says so with the command that helps, and the list from then on."""
    async with desk_with(tmp_path, QWEN) as desk:
        desk.net.internet.revoke("qwen", "ann@example.com")
        told = await desk.accounts("test", "qwen")
        assert told.code == 1
        assert f"what helps: cli-proxy-api login qwen --config {desk.config}" in told.out
        (listed, _) = (await desk.accounts("list", "--json")).json
        assert listed["state"] == "log in again"
        shown = await desk.accounts("show", "qwen")
        assert "state: log in again" in shown.out
        assert "rt-qwen" not in shown.out


async def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    async with desk_with(tmp_path, ANN) as desk:
        fields = desk.fields(ANN) | {"proxy_url": "http://user:hush@127.0.0.1:9"}
        (desk.auths / ANN).write_bytes(msgspec.json.encode(fields))
        told = await desk.accounts("test", "claude-ann", "--json")

    assert told.code == 1
    assert "proxy" in told.json["problem"]
    assert "proxy-url of auths/claude-ann" in told.json["remedy"]
    assert "hush" not in told.out


async def test_names_that_mean_nobody_or_several(tmp_path: Path) -> None:
    async with desk_with(tmp_path, ANN, QWEN) as desk:
        for words, heard in (
            (("show", "nobody"), "there is no account 'nobody'"),
            (("disable",), "say which"),
            (("disable", "claude-api-key"), "stands in the configuration"),
            (("remove", ANN), "say --yes"),
        ):
            told = await desk.accounts(*words)
            assert told.code == 1
            assert heard in told.err
        shutil.copy(desk.auths / QWEN, desk.auths / "other-qwen-ann.json")
        told = await desk.accounts("show", "n-ann")
        assert told.code == 1
        assert "'n-ann' means several" in told.err
        assert "other-qwen-ann.json" in told.err

        desk.config.write_text("port: many\n")
        assert (await desk.accounts("list")).code == 2


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not is_so():
            await asyncio.sleep(0.05)
