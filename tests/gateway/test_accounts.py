"""Several accounts, some of them in trouble, under many clients at once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import Concurrency, Routing, Streaming
from cliproxy.simulator import Upstream, serving
from cliproxy.simulator.accounts import Account, Accounts, Window
from tests.gateway.asking import CHAT, GEMINI, MESSAGES, RESPONSES, SAID, WAYS, Scene, Way, client, config_of
from tests.gateway.reading import no_secret_in, text_of
from tests.running import running

SPENT, REVOKED, SLOW = "sk-spent-key", "sk-revoked-key", "sk-slow-key"
PERIOD = 3.0  # seconds of the quota
HEADER = "x-cliproxy-credential"


@asynccontextmanager
async def accounts_and_gateway(accounts: dict[str, Account], **settings: Any) -> AsyncIterator[Scene]:
    upstream = Upstream(accounts=Accounts(accounts, time.time))
    async with serving(upstream) as server:
        config = structs.replace(config_of(server.url, tuple(accounts)), shutdown_seconds=0, **settings)
        async with running(config) as gateway, client() as session:
            yield Scene(gateway, upstream, gateway.url, session=session)


def in_trouble() -> dict[str, Account]:
    return {
        SPENT: Account((Window(4, PERIOD),)),
        REVOKED: Account(revoked=True),
        SLOW: Account(delay=0.3),
    }


async def test_fifty_clients_are_answered_though_two_of_three_accounts_cannot() -> None:
    """One is out of quota, one revoked, one slow."""
    async with accounts_and_gateway(in_trouble(), routing=Routing(credential_header=True)) as scene:
        ways = [WAYS[number % len(WAYS)] for number in range(50)]
        replies = await asyncio.gather(*[scene.ask(way, f"{number} two three") for number, way in enumerate(ways)])

        for number, (way, reply) in enumerate(zip(ways, replies, strict=True)):
            assert text_of(way, reply) == f'You said: "{number} two three".'
            assert no_secret_in(reply)
        served = Counter(reply.headers[HEADER] for reply in replies)
        assert len(served) == 2

        told = [scene.gateway.gateway.explanations.get(reply.headers["x-request-id"]) for reply in replies]
        assert all(one is not None and "answered" in str(one) for one in told)
        stories = "\n".join(map(str, told))
        assert "refused" in stories
        assert not any(key in stories for key in (SPENT, REVOKED, SLOW))


async def test_an_account_answers_again_soon_after_its_reset() -> None:
    async with accounts_and_gateway({SPENT: Account((Window(2, PERIOD),))}, request_retry=0) as scene:
        way = Way(CHAT)
        assert [(await scene.ask(way, f"{number}")).status for number in range(3)] == [200, 200, 429]
        asked = len(scene.asked)
        assert (await scene.ask(way, "again")).status == 429
        assert len(scene.asked) == asked  # who rests is not asked

        spent_at = time.monotonic()
        while (await scene.ask(way, "now?")).status != 200:
            assert time.monotonic() - spent_at < PERIOD + 5
            await asyncio.sleep(0.1)


async def test_who_comes_while_an_account_is_tested_waits_for_it() -> None:
    """Fifty at once must not all find out that it is still spent."""
    async with accounts_and_gateway({SPENT: Account((Window(1, 2.0),))}, request_retry=0) as scene:
        way = Way(MESSAGES)
        assert (await scene.ask(way)).status == 200
        assert (await scene.ask(way)).status == 429
        scene.upstream.accounts.change(SPENT, windows=(), delay=0.1)  # type: ignore[union-attr]
        await asyncio.sleep(3.1)
        asked = len(scene.asked)

        replies = await asyncio.gather(*[scene.ask(way, f"{number}") for number in range(20)])

        assert [reply.status for reply in replies] == [200] * 20
        assert len(scene.asked) == asked + 20


async def test_requests_beyond_the_limit_wait_for_a_place() -> None:
    limited = Concurrency(per_credential=2)
    async with accounts_and_gateway({SLOW: Account(delay=0.05)}, concurrency=limited, request_retry=0) as scene:
        most = 0

        async def watch() -> None:
            nonlocal most
            gateway = scene.gateway.gateway
            while True:
                most = max(most, *[gateway.pool.in_flight(one.id) for one in gateway.snapshot.credentials])
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        replies = await asyncio.gather(*[scene.ask(Way(RESPONSES), f"{number}") for number in range(12)])
        watching.cancel()

        assert [reply.status for reply in replies] == [200] * 12
        assert most == 2


async def test_a_line_is_bounded() -> None:
    limited = Concurrency(per_credential=1, queue=3)
    async with accounts_and_gateway({SLOW: Account(delay=0.2)}, concurrency=limited, request_retry=0) as scene:
        replies = await asyncio.gather(*[scene.ask(Way(GEMINI), f"{number}") for number in range(10)])

        assert Counter(reply.status for reply in replies) == {200: 4, 429: 6}


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, MESSAGES, GEMINI])
async def test_a_conversation_stays_with_its_account(dialect: str) -> None:
    """Its prompt cache is there. Other conversations go elsewhere."""
    accounts = {"sk-one-key": Account(), "sk-two-key": Account(), "sk-three-key": Account()}
    async with accounts_and_gateway(accounts) as scene:
        for _ in range(3):
            for talk in ("about trees", "about cars", "about stars"):
                await scene.ask(Way(dialect), talk)

        asked = scene.asked
        assert asked[:3] == asked[3:6] == asked[6:]
        assert len(set(asked[:3])) == 3


async def test_a_conversation_moves_when_its_account_fails_and_the_answer_is_the_same() -> None:
    accounts = {"sk-one-key": Account(), "sk-two-key": Account()}
    async with accounts_and_gateway(accounts) as scene:
        way = Way(CHAT)
        await scene.ask(way)
        home = scene.asked[0]
        scene.upstream.accounts.revoke(home)  # type: ignore[union-attr]
        for _ in range(3):
            assert text_of(way, await scene.ask(way)) == SAID

        assert scene.asked[1] == home
        assert home not in scene.asked[2:]


async def test_an_account_that_answers_is_named_only_where_that_is_wanted() -> None:
    async with accounts_and_gateway({"sk-one-key": Account()}) as scene:
        assert HEADER not in (await scene.ask(Way(CHAT))).headers


async def test_a_client_that_waits_for_a_place_is_kept_alive() -> None:
    settings = {"concurrency": Concurrency(per_credential=1), "streaming": Streaming(keepalive_seconds=1)}
    async with accounts_and_gateway({SLOW: Account(delay=2.2)}, **settings) as scene:
        way = Way(CHAT, "stream")
        first, second = await asyncio.gather(scene.ask(way, "one"), scene.ask(way, "two"))

        for reply, text in ((first, "one"), (second, "two")):
            assert text_of(way, reply) == f'You said: "{text}".'
        assert max(first.body.count(b": keep-alive"), second.body.count(b": keep-alive")) >= 4


async def test_talks_that_begin_alike_at_once_are_no_funnel() -> None:
    """A script that starts thirty agents with the same words has thirty talks."""
    accounts = {key: Account(delay=0.3) for key in ("sk-one-key", "sk-two-key", "sk-three-key")}
    async with accounts_and_gateway(accounts) as scene:
        await asyncio.gather(*[scene.ask(Way(MESSAGES), "begin") for _ in range(30)])

        assert set(Counter(scene.asked).values()) == {10}
