"""Logins beside requests: in a browser on the gateway's own machine, and what becomes of the account."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from cliproxy.config.schema import Config
from cliproxy.gateway import files_of
from cliproxy.login.flow import Callback
from tests.ports import free_port, is_free
from tests.running import Running, running
from tests.unit.cli.commands import PATIENCE, started
from tests.unit.runtime.logging_in import NAME, Flow, provider

KEY = "client-key"


@asynccontextmanager
async def offering(folder: Path, flow: Flow, **settings: bool) -> AsyncIterator[tuple[Running, aiohttp.ClientSession]]:
    """Serve with one vendor more, from an empty folder of accounts."""
    config = Config(auth_dir=str(folder), api_keys=(KEY,), shutdown_seconds=1)
    store = files_of(config, folder / "config.yaml")
    async with (
        running(config, store=store, providers=[provider(flow)], **settings) as gateway,
        aiohttp.ClientSession() as browser,
    ):
        yield gateway, browser


async def test_an_account_from_a_browser_is_served_without_a_restart(tmp_path: Path) -> None:
    """From the button to the catalogue."""
    flow = Flow(callback=Callback(free_port(), "/callback"))
    async with offering(tmp_path, flow, offers_logins=True) as (gateway, browser):
        where = gateway.url + gateway.gateway.login_paths[NAME]
        assert not gateway.gateway.snapshot.credentials
        sent = {"Origin": gateway.url}
        async with browser.post(where, data={"kind": "browser"}, headers=sent, allow_redirects=False) as reply:
            assert reply.status == 303
            assert "Access-Control-Allow-Origin" not in reply.headers
        state = flow.starts[0].entropy[:16].hex()
        assert flow.callback is not None
        query = {"code": "bob", "state": state}
        async with browser.get(f"http://localhost:{flow.callback.port}/callback", params=query) as reply:
            assert "You are logged in" in await reply.text()

        async with asyncio.timeout(10):
            while not gateway.gateway.snapshot.credentials:
                await asyncio.sleep(0.02)
        assert [one.label for one in gateway.gateway.snapshot.credentials] == ["bob@acme.example"]
        async with browser.get(f"{gateway.url}/v1/models", headers={"x-api-key": KEY}) as reply:
            assert (await reply.json())["data"]


async def test_logins_under_way_end_with_the_gateway(tmp_path: Path) -> None:
    """Nobody listens any more, and nothing was written."""
    flow = Flow(callback=Callback(free_port(), "/callback"))
    async with offering(tmp_path, flow, offers_logins=True) as (gateway, browser):
        sent = {"Origin": gateway.url}
        async with browser.post(
            gateway.url + gateway.gateway.login_paths[NAME], headers=sent, allow_redirects=False
        ) as reply:
            assert reply.status == 303
        assert flow.callback is not None
        assert not is_free(flow.callback.port)

    assert is_free(flow.callback.port)
    assert list(tmp_path.glob("*.json")) == []


async def test_nothing_is_offered_unless_asked_for(tmp_path: Path) -> None:
    """The pages need no key, so they must be wanted."""
    async with offering(tmp_path, Flow()) as (gateway, browser):
        for path in ("/oauth", f"/oauth/{NAME}", "/codex/callback"):
            async with browser.get(gateway.url + path, headers={"x-api-key": KEY}) as reply:
                assert reply.status == 404
        assert gateway.gateway.login_paths == {}


def test_the_command_prints_where_to_log_in(tmp_path: Path) -> None:
    """A link for each vendor, which is a page with a button: nothing begins by looking."""
    file = tmp_path / "config.yaml"
    file.write_text(f"host: 127.0.0.1\nport: 0\nauth-dir: {tmp_path}\n")
    with started("serve", "--enable-oauth", "--config", file) as command:
        command.line_with("only clients on this machine are served")
        lines = [line for line in command.err if line.startswith("log in to ")]
        command.process.terminate()
        assert command.process.wait(PATIENCE) == 0

    named = {line.split()[3].rstrip(":") for line in lines}
    assert {"claude", "codex", "qwen", "iflow", "kimi"} <= named
    assert all(re.search(rf"/oauth/{line.split()[3].rstrip(':')}\?ticket=[\w-]{{22}}$", line) for line in lines)
