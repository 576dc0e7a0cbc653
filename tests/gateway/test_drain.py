"""Told to stop, the gateway takes nothing new and lets what is under way finish, for as long as it may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import aiohttp
import pytest

from cliproxy.simulator import Upstream, serving
from tests.gateway.asking import CHAT, SAID, Reply, Way, asked, client, eventually, read
from tests.gateway.reading import text_of
from tests.gateway.serving import Process, gateway_process

WAY = Way(CHAT, "stream")


async def stream_from(gateway: Process, session: aiohttp.ClientSession) -> tuple[Reply, Awaitable[Reply]]:
    """Return the head of a reply, and the promise of all of it."""
    path, body = asked(WAY)
    response = await session.post(gateway.url + path, json=body)

    async def rest() -> Reply:
        async with response:
            return await read(response)

    return Reply(response.status, response.headers), rest()


async def is_refusing(gateway: Process) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it fell into the moment of closing
        return True
    writer.close()
    return False


async def test_a_stream_under_way_comes_to_its_end(tmp_path: Path) -> None:
    upstream = Upstream(pace=0.1)
    async with serving(upstream) as server, gateway_process(tmp_path, server.url) as gateway, client() as session:
        head, rest = await stream_from(gateway, session)
        assert head.status == 200
        gateway.terminate()

        async with asyncio.timeout(1):
            while not await is_refusing(gateway):
                await asyncio.sleep(0.01)
        assert not upstream.calls[0].finished
        assert text_of(WAY, await rest) == SAID
        assert await asyncio.wait_for(gateway.process.wait(), 2) == 0


async def test_a_stream_that_takes_too_long_is_cut(tmp_path: Path) -> None:
    """After `shutdown-seconds` the process ends; the client sees a cut, and not a clean end."""
    upstream = Upstream(pace=1)
    async with (
        serving(upstream) as server,
        gateway_process(tmp_path, server.url, "shutdown-seconds: 1") as gateway,
        client() as session,
    ):
        _, rest = await stream_from(gateway, session)
        told = time.monotonic()
        gateway.terminate()

        assert await asyncio.wait_for(gateway.process.wait(), 3) == 0
        assert 0.9 < time.monotonic() - told < 1.8
        assert (await rest).is_cut
        await eventually(lambda: upstream.calls[0].abandoned)


@pytest.mark.parametrize("seconds", [0, 30])
async def test_nothing_under_way(tmp_path: Path, seconds: int) -> None:
    """Connections that only wait for another request do not hold the gateway up."""
    async with (
        serving(Upstream()) as server,
        gateway_process(tmp_path, server.url, f"shutdown-seconds: {seconds}") as gateway,
        client() as session,
    ):
        async with session.get(gateway.url + "/healthz") as response:
            assert await response.json() == {"status": "ok"}
        gateway.terminate()

        assert await asyncio.wait_for(gateway.process.wait(), 2) == 0
