"""A client leaves: the upstream is hung up on within a second, and nobody is blamed."""

from __future__ import annotations

import asyncio

import pytest

from cliproxy.simulator import Fault, Hang, Refuse
from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    CHAT,
    FIRST,
    GEMINI,
    MESSAGES,
    RESPONSES,
    SAID,
    STREAMS,
    WAYS,
    Scene,
    Way,
    eventually,
    upstream_and_gateway,
)
from tests.gateway.reading import text_of

LAST_WORDS = {
    CHAT: b"data: [DONE]\n\n",
    RESPONSES: b'"response":{"id":"resp_00000000000000000000000000000001","object":"response","created_at":1767225600,'
    b'"status":"completed"',
    MESSAGES: b"event: message_stop",
    GEMINI: b'"finishReason"',
}
every_way = pytest.mark.parametrize("way", WAYS, ids=str)
every_stream = pytest.mark.parametrize("way", STREAMS, ids=str)


async def is_unharmed(scene: Scene, way: Way) -> bool:
    """Ask again, now that nothing goes wrong: the only credential must be ready."""
    scene.upstream.script.rules.clear()
    return text_of(way, await scene.ask(way)) == SAID


@every_stream
async def test_in_mid_stream(way: Way) -> None:
    async with upstream_and_gateway(keys=(FIRST,), pace=0.03) as scene:
        async with scene.asking(way) as response:
            assert await response.content.readany()
        (call,) = scene.upstream.calls

        await eventually(lambda: call.abandoned)
        await eventually(lambda: len(scene.gateway.records) == 1)
        assert scene.gateway.records[0].outcome is Outcome.ABANDONED
        scene.upstream.pace = 0
        assert await is_unharmed(scene, way)


@every_way
@pytest.mark.parametrize("fault", [Hang(), Hang(30)], ids=["before the head", "before content"])
async def test_while_waiting(fault: Fault, way: Way) -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(fault)
        client = asyncio.create_task(scene.ask(way))
        await eventually(lambda: bool(scene.asked))
        client.cancel()

        await eventually(lambda: scene.upstream.calls[0].abandoned)
        await eventually(lambda: len(scene.gateway.records) == 1)
        assert scene.gateway.records[0].outcome is Outcome.ABANDONED
        assert await is_unharmed(scene, way)


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_while_a_credential_rests(form: str) -> None:
    """Nobody waits on behalf of a client that is gone, and nobody is asked for it."""
    sleeps: list[str] = []

    async def sleep(seconds: float) -> None:
        sleeps.append("begun")
        try:
            await asyncio.sleep(seconds)
        finally:
            sleeps.append("ended")

    async with upstream_and_gateway({"request_retry": 3}, keys=(FIRST,), sleep=sleep) as scene:
        scene.fails(Refuse(429, headers={"retry-after": "25"}))
        client = asyncio.create_task(scene.ask(Way(CHAT, form)))
        await eventually(lambda: sleeps == ["begun"])
        client.cancel()

        await eventually(lambda: sleeps == ["begun", "ended"])
        assert scene.asked == [FIRST]
        assert [record.outcome for record in scene.gateway.records] == [Outcome.FAILED]


@every_stream
async def test_right_after_the_last_event(way: Way) -> None:
    """
    Codex hangs up on `response.completed`, the OpenAI SDK on `[DONE]`: that is success, and its tokens are counted.

    The upstream leaves the body open, so that nothing but the events says that the reply is complete.
    """
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        length = await length_of_stream(way)
        if not way.upstream:  # what is translated ends with the body
            scene.fails(Hang(length))
        async with scene.asking(way) as response:
            seen = b""
            while LAST_WORDS[way.dialect] not in seen:
                seen += await response.content.readany()

        await eventually(lambda: len(scene.gateway.records) == 1)
        (record,) = scene.gateway.records
        assert record.outcome is Outcome.SUCCEEDED
        assert record.usage.output_tokens == 5
        assert await is_unharmed(scene, way)


async def length_of_stream(way: Way) -> int:
    """Return how many bytes the upstream sends."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        await scene.ask(way)
        return scene.upstream.calls[0].sent


async def test_a_client_that_does_not_read() -> None:
    """It slows its upstream down; nothing piles up in between."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        async with scene.asking(Way(CHAT, "stream"), "word " * 300_000) as response:
            (call,) = scene.upstream.calls
            before = -1
            while call.sent != before:
                before = call.sent
                await asyncio.sleep(0.2)
            assert 0 < call.sent < 30_000_000  # of 70: what the sockets hold
            assert response.status == 200

        await eventually(lambda: call.abandoned)


async def test_one_that_leaves_does_not_disturb_another() -> None:
    async with upstream_and_gateway(keys=(FIRST,), pace=0.02) as scene:
        way = Way(CHAT, "stream")
        staying = asyncio.create_task(scene.ask(way))
        async with scene.asking(way) as response:
            await response.content.readany()

        assert text_of(way, await staying) == SAID
