"""Clients that leave whenever they like, over sockets and from host to host: nothing is left of what they began."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import aiohttp
from aiohttp import web

from cliproxy.simulator import Refuse
from cliproxy.simulator.hosts import NO_CAPACITY
from tests.gateway.asking import FIRST, PATHS, SECOND, eventually
from tests.gateway.test_codex_socket import asked, id_of, scene_of
from tests.gateway.test_hosts import MODEL, antigravity, fails
from tests.gateway.test_websocket import ask
from tests.running import Running

CLIENTS = 60
LEAVING = 0.7  # share of clients that leave early

_GONE = (aiohttp.ClientError, ConnectionError, TimeoutError, AssertionError, KeyError)  # also of half an answer


async def hurried(chance: Random, talk: Callable[[], Awaitable[None]]) -> None:
    """Come at some time, and leave early as often as not."""
    await asyncio.sleep(chance.random() * 0.3)
    with contextlib.suppress(*_GONE):
        async with asyncio.timeout(chance.random() * 0.06 if chance.random() < LEAVING else 5):
            await talk()


async def settled(gateway: Running) -> None:
    """See that nothing is under way any more, and that no attempt was counted twice."""
    pool = gateway.gateway.pool
    ids = [credential.id for credential in gateway.gateway.snapshot.credentials]
    await eventually(lambda: not any(pool.in_flight(one) for one in ids))
    attempts = [(record.exchange_id, record.attempt) for record in gateway.records]
    assert attempts
    assert len(attempts) == len(set(attempts))


async def test_over_sockets_while_the_gateway_is_reloaded() -> None:
    """Some upgrades are refused, so that turns go over HTTP or to the other account."""
    chance = Random(1)
    async with scene_of(FIRST, SECOND) as scene:
        gateway = scene.gateway.gateway
        scene.upstream.refusals += [web.Response(status=chance.choice((426, 503, 500))) for _ in range(10)]

        async def talk() -> None:
            async with scene.socket() as socket:
                first = await ask(socket, asked("one"))
                await ask(socket, asked("two", previous_response_id=id_of(first)))

        async def reload() -> None:
            while True:
                await asyncio.sleep(0.02)
                gateway.configured(gateway.snapshot.config)

        reloading = asyncio.create_task(reload())
        await asyncio.gather(*(hurried(chance, talk) for _ in range(CLIENTS)))
        reloading.cancel()

        await settled(scene.gateway)
        await eventually(lambda: scene.upstream.open == 0)


async def test_from_host_to_host(tmp_path: Path) -> None:
    chance = Random(2)
    body = {"model": MODEL, "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    async with antigravity(tmp_path, request_retry=1) as vendors:
        fails(vendors, Refuse(429), 0)
        fails(vendors, NO_CAPACITY, 1, 2, times=20)

        async def talk() -> None:
            url = f"{vendors.gateway.url}{PATHS['anthropic_messages']}"
            async with vendors.session.post(url, json=body) as response:
                await response.read()

        await asyncio.gather(*(hurried(chance, talk) for _ in range(CLIENTS)))

        await settled(vendors.gateway)
