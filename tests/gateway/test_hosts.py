"""A vendor with several hosts: each is asked where the one before does not serve, and the account has one verdict."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cliproxy.providers.antigravity import HOSTS
from cliproxy.simulator import Fault, Match, Refuse
from cliproxy.simulator.hosts import NO_CAPACITY
from cliproxy.usage.record import Outcome
from tests.gateway.asking import PATHS
from tests.gateway.vendors import Vendors, vendors_and_gateway

NAMES = [host.removeprefix("https://") for host in HOSTS]
MODEL = "gemini-3-pro-high"
BUSY = Refuse(503, b'{"error":{"code":503,"message":"Try again later","status":"UNAVAILABLE"}}')


@asynccontextmanager
async def antigravity(folder: Path, **settings: Any) -> AsyncIterator[Vendors]:
    kept = '{"project_id":"project-1"}'
    async with vendors_and_gateway(folder, "antigravity", "google", kept=kept, **settings) as vendors:
        yield vendors


def fails(vendors: Vendors, fault: Fault, *places: int, times: int | None = None) -> None:
    for place in places:
        vendors.internet.script.add(fault, Match(host=NAMES[place]), times=times)


def asked(vendors: Vendors) -> list[int]:
    """Return which hosts were asked, in order."""
    return [NAMES.index(call.host) for call in vendors.internet.calls if call.host in NAMES]


async def ask(vendors: Vendors) -> int:
    body = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
    async with vendors.session.post(f"{vendors.gateway.url}{PATHS['anthropic_messages']}", json=body) as response:
        await response.read()
        return response.status


@pytest.mark.parametrize("fault", [Refuse(429), NO_CAPACITY], ids=["a limit", "no capacity"])
async def test_the_next_host_serves_and_nobody_is_blamed(tmp_path: Path, fault: Refuse) -> None:
    async with antigravity(tmp_path) as vendors:
        fails(vendors, fault, 0)

        assert await ask(vendors) == 200
        assert asked(vendors) == [0, 1]
        assert [record.outcome for record in vendors.gateway.records] == [Outcome.SUCCEEDED]
        assert await ask(vendors) == 200


async def test_all_that_limit_are_one_refusal(tmp_path: Path) -> None:
    async with antigravity(tmp_path) as vendors:
        fails(vendors, Refuse(429), 0, 1, 2)

        assert await ask(vendors) == 429
        assert asked(vendors) == [0, 1, 2]
        assert [record.outcome for record in vendors.gateway.records] == [Outcome.FAILED]


async def test_whatever_else_a_host_says_counts(tmp_path: Path) -> None:
    async with antigravity(tmp_path) as vendors:
        fails(vendors, BUSY, 0)

        assert await ask(vendors) == 503
        assert asked(vendors) == [0]


async def test_a_host_that_cannot_be_reached_is_passed_over(tmp_path: Path) -> None:
    async with antigravity(tmp_path) as vendors:
        proxy = vendors.net.http
        leads = proxy._route
        proxy._route = lambda name, port: None if name == NAMES[0] else leads(name, port)

        assert await ask(vendors) == 200
        assert [place.removesuffix(":443") for place in proxy.asked] == NAMES[:2]


async def test_where_none_has_capacity_all_are_asked_again(tmp_path: Path) -> None:
    """As often as the configuration lets one account be asked."""
    async with antigravity(tmp_path, request_retry=1) as vendors:
        fails(vendors, NO_CAPACITY, 0, 1, 2, times=1)

        assert await ask(vendors) == 200
        assert asked(vendors) == [0, 1, 2, 0]
        assert [record.outcome for record in vendors.gateway.records] == [Outcome.SUCCEEDED]
