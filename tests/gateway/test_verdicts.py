"""What follows a failure: stop, rest, another round, another credential; with a clock that is moved by hand."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from cliproxy.config.schema import ModelEntry, Routing, Streaming
from cliproxy.simulator import Refuse
from cliproxy.testing.clock import HandClock
from tests.gateway.asking import CHAT, DIALECTS, FIRST, MESSAGES, SAID, SECOND, WAYS, Way, upstream_and_gateway
from tests.gateway.reading import error_of, no_secret_in, text_of

every_way = pytest.mark.parametrize("way", WAYS, ids=str)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
ASK = Way(CHAT)
THIRD = "sk-third-secret"

WITHOUT_A_TIME = b'{"error":{"message":"Too many requests.","type":"requests","code":"rate_limit_exceeded"}}'


def by_hand(clock: HandClock) -> dict[str, Any]:
    return {"clock": clock, "sleep": clock.sleep}


@every_way
async def test_a_bad_request_stops_at_once(way: Way) -> None:
    """Every other account would refuse it too, and no account is to blame."""
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(400, b'{"error":{"message":"messages: too few","type":"invalid_request_error"}}'), key=None)

        reply = await scene.ask(way)

        assert reply.status == 400
        assert error_of_any(way, reply) == "messages: too few"
        assert scene.asked == [FIRST]
        await scene.ask(way)
        assert scene.asked == [FIRST, SECOND]  # its turn; neither rests


def error_of_any(way: Way, reply: Any) -> str:
    """Return the message; a relayed refusal is the upstream's own, which here has no more than a message."""
    return str(reply.json()["error"]["message"]) if not way.upstream else error_of(way, reply)


@every_dialect
async def test_a_relayed_bad_request_is_the_upstream_s_own_body(dialect: str) -> None:
    """Clients look for the vendor's exact words in a 400, and change their next request by them."""
    async with upstream_and_gateway() as scene:
        body = b'{"error": {"message": "no", "type": "invalid_request_error", "param": "x", "new": [1.50]}}'
        scene.fails(Refuse(422, body), key=None)

        reply = await scene.ask(Way(dialect))

        assert (reply.status, reply.body) == (422, body)


@pytest.mark.parametrize(
    ("status", "next_asked"), [(404, FIRST), (429, FIRST), (500, FIRST), (401, SECOND), (402, SECOND)]
)
async def test_a_failure_rests_a_model_or_the_whole_account(status: int, next_asked: str) -> None:
    """Without a valid key or money, no model is served; else the account's other models go on."""
    async with upstream_and_gateway() as scene:
        (upstream,) = scene.config.openai_compatibility
        models = (*upstream.models, ModelEntry("simulated-mini", "mini"))
        config = structs.replace(scene.config, openai_compatibility=(structs.replace(upstream, models=models),))
        scene.fails(Refuse(status), times=1)
        async with scene.beside(config) as beside:
            assert text_of(ASK, await beside.ask(ASK)) == SAID
            assert text_of(ASK, await beside.ask(Way(CHAT, "whole", "mini"))) == SAID

        assert scene.asked == [FIRST, SECOND, next_asked]


@every_dialect
async def test_a_model_that_nobody_has_is_a_404(dialect: str) -> None:
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(404), key=None)

        reply = await scene.ask(Way(dialect))

        assert reply.status == 404
        assert error_of(Way(dialect), reply)
        assert scene.asked == [FIRST, SECOND]


async def test_rests_double_up_to_half_an_hour() -> None:
    """1, 2, 4 ... seconds after one rate limit after another; a success starts it over."""
    clock = HandClock()
    async with upstream_and_gateway(keys=(FIRST,), **by_hand(clock)) as scene:
        limit = scene.upstream.script.add(Refuse(429, WITHOUT_A_TIME), times=None)
        for rest in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800):
            await scene.ask(ASK)
            asked = len(scene.asked)
            clock.advance(rest - 0.01)
            assert (await scene.ask(ASK)).headers["retry-after"] == "1"
            assert len(scene.asked) == asked, f"asked before its {rest} s were over"
            clock.advance(0.01)

        limit.times = limit.applied
        assert text_of(ASK, await scene.ask(ASK)) == SAID
        limit.times = None
        await scene.ask(ASK)
        clock.advance(1)
        await scene.ask(ASK)
        assert scene.asked == [FIRST] * (13 + 1 + 2)


@pytest.mark.parametrize(("stated", "rest"), [("7", 7), ("290", 290), ("7200", 20)])
async def test_a_stated_wait_is_kept(stated: str, rest: int) -> None:
    """To the second; of two hours nothing is believed but what the body says."""
    clock = HandClock()
    async with upstream_and_gateway(keys=(FIRST,), **by_hand(clock)) as scene:
        scene.fails(Refuse(429, headers={"retry-after": stated}), times=1)
        await scene.ask(ASK)

        clock.advance(rest - 0.5)
        assert (await scene.ask(ASK)).status == 429
        clock.advance(0.5)
        assert text_of(ASK, await scene.ask(ASK)) == SAID


async def test_rounds_are_counted() -> None:
    """`request-retry` rounds follow the first, each when the first credential is ready again."""
    clock = HandClock()
    async with upstream_and_gateway({"request_retry": 2}, **by_hand(clock)) as scene:
        scene.fails(Refuse(500), key=None)

        assert (await scene.ask(ASK)).status == 500
        assert scene.asked == [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]
        assert clock.slept == [1, 2]


async def test_a_later_round_may_answer() -> None:
    clock = HandClock()
    async with upstream_and_gateway({"request_retry": 3}, **by_hand(clock)) as scene:
        scene.fails(Refuse(429, headers={"retry-after": "30"}), key=None, times=2)

        assert text_of(ASK, await scene.ask(ASK)) == SAID
        assert clock.slept == [30]


async def test_a_timer_that_goes_off_early_costs_no_round() -> None:
    """Timers round to milliseconds: the time that was slept to has come, whatever the clock's last digit says."""
    clock = HandClock()

    async def early(seconds: float) -> None:
        await clock.sleep(seconds - 0.001)

    async with upstream_and_gateway({"request_retry": 1}, keys=(FIRST,), clock=clock, sleep=early) as scene:
        scene.fails(Refuse(500), times=1)

        assert text_of(ASK, await scene.ask(ASK)) == SAID
        assert len(clock.slept) == 1


@pytest.mark.parametrize("interval", [0, 29])
async def test_a_wait_that_is_too_long_is_not_waited(interval: int) -> None:
    """The client is told at once, and how long it would take."""
    clock = HandClock()
    settings = {"request_retry": 3, "max_retry_interval": interval}
    async with upstream_and_gateway(settings, **by_hand(clock)) as scene:
        scene.fails(Refuse(429, headers={"retry-after": "30"}), key=None)

        reply = await scene.ask(ASK)

        assert (reply.status, reply.headers["retry-after"]) == (429, "30")
        assert scene.asked == [FIRST, SECOND]
        assert clock.slept == []


async def test_a_round_may_be_limited_to_fewer_credentials() -> None:
    """`max-retry-credentials` per round; the next round goes on with those who were not asked."""
    clock = HandClock()
    settings = {"request_retry": 1, "max_retry_credentials": 2}
    async with upstream_and_gateway(settings, keys=(FIRST, SECOND, THIRD), **by_hand(clock)) as scene:
        scene.fails(Refuse(500), key=FIRST)
        scene.fails(Refuse(500), key=SECOND)

        assert text_of(ASK, await scene.ask(ASK)) == SAID
        assert scene.asked == [FIRST, SECOND, THIRD]

    async with upstream_and_gateway({"max_retry_credentials": 2}, keys=(FIRST, SECOND, THIRD)) as scene:
        scene.fails(Refuse(500), key=None)

        assert (await scene.ask(ASK)).status == 500
        assert scene.asked == [FIRST, SECOND]


async def test_a_stream_has_rounds_of_its_own() -> None:
    """`streaming.bootstrap-retries` where it is more than `request-retry`."""
    clock = HandClock()
    settings = {"streaming": Streaming(bootstrap_retries=1)}
    async with upstream_and_gateway(settings, keys=(FIRST,), **by_hand(clock)) as scene:
        scene.fails(Refuse(500), key=None)

        await scene.ask(ASK)
        assert len(scene.asked) == 1
        clock.advance(60)
        await scene.ask(Way(CHAT, "stream"))
        assert len(scene.asked) == 3


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("round-robin", [FIRST, SECOND, FIRST, SECOND]), ("fill-first", [FIRST, FIRST, FIRST, FIRST])],
)
async def test_strategies(strategy: Any, expected: list[str]) -> None:
    async with upstream_and_gateway({"routing": Routing(strategy, session_affinity=False)}) as scene:
        for _ in range(4):
            await scene.ask(ASK)

        assert scene.asked == expected


async def test_a_higher_priority_goes_first() -> None:
    """The others are asked only when none of it is ready."""
    clock = HandClock()
    async with upstream_and_gateway() as scene:
        first, second = scene.config.claude_api_key
        config = structs.replace(scene.config, claude_api_key=(first, structs.replace(second, priority=5)))
        async with scene.beside(config, **by_hand(clock)) as beside:
            way = Way(MESSAGES)
            await beside.ask(way)
            await beside.ask(way)
            scene.fails(Refuse(529), key=SECOND, times=1)
            await beside.ask(way)
            clock.advance(60)
            await beside.ask(way)

            assert scene.asked == [SECOND, SECOND, SECOND, FIRST, SECOND]


@every_dialect
@pytest.mark.parametrize(("status", "told"), [(429, 429), (500, 503)])
async def test_who_rests_until_when_is_told(dialect: str, status: int, told: int) -> None:
    """By handles, never by keys: 429 where all were rate limited, else 503."""
    clock = HandClock()
    async with upstream_and_gateway(**by_hand(clock)) as scene:
        scene.fails(Refuse(429, headers={"retry-after": "20"}), key=FIRST)
        scene.fails(Refuse(status, headers={"retry-after": "30"}), key=SECOND)
        await scene.ask(Way(dialect))

        reply = await scene.ask(Way(dialect))

        assert (reply.status, reply.headers["retry-after"]) == (told, "20")
        message = error_of(Way(dialect), reply)
        handles = dict.fromkeys(one.handle for one in scene.gateway.gateway.snapshot.credentials)
        mentioned = [handle for handle in handles if handle in message]
        assert len(mentioned) == 2
        assert f"{mentioned[0]} resting for 20 s (rate limited, model)" in message
        assert no_secret_in(reply)
        assert len(scene.asked) == 2
