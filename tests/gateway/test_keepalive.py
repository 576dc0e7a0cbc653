"""While the upstream is silent, the client hears that it is not forgotten, in a form that no client minds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from cliproxy.config.schema import Streaming
from cliproxy.simulator import Delay, Hang
from cliproxy.transport.http import HttpTransport
from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    CHAT,
    FIRST,
    GEMINI,
    MESSAGES,
    RESPONSES,
    SAID,
    SECOND,
    STREAMS,
    WAYS,
    Way,
    eventually,
    upstream_and_gateway,
)
from tests.gateway.reading import error_within, frames_of, text_of

KEEP_ALIVES = {
    (CHAT, "stream"): b": keep-alive\n\n",
    (RESPONSES, "stream"): b": keep-alive\n\n",
    (MESSAGES, "stream"): b'event: ping\ndata: {"type":"ping"}\n\n',
    (GEMINI, "stream"): b"data: {}\n\n",  # never a comment: it breaks them all
}
WHITE = b"\n"  # before JSON it is JSON
ON = {"streaming": Streaming(keepalive_seconds=1), "nonstream_keepalive_interval": 1}


def keep_alive_of(way: Way) -> bytes:
    return KEEP_ALIVES.get((way.dialect, way.form), WHITE)


async def all_at_once(ways: Sequence[Way], one: Callable[[Way], Coroutine[Any, Any, None]]) -> None:
    """Run one story for each way, side by side: each takes its second of silence."""
    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(one(way), name=str(way))


async def test_before_the_head() -> None:
    """And what follows is the answer, clean."""

    async def story(way: Way) -> None:
        async with upstream_and_gateway(ON) as scene:
            scene.fails(Delay(1.2))
            reply = await scene.ask(way)

            assert reply.body.startswith(keep_alive_of(way)), way
            assert reply.body.count(keep_alive_of(way)) == 1 or keep_alive_of(way) == WHITE
            assert text_of(way, reply) == SAID, way
            assert scene.asked == [FIRST]

    await all_at_once(WAYS, story)


async def test_failing_over_is_still_possible() -> None:
    """A keep-alive is not content: when the silence ends in a failure, another credential answers."""

    async def story(way: Way) -> None:
        transport = HttpTransport(connect_timeout=1, idle_timeout=1.2)
        async with upstream_and_gateway(ON, transport=transport) as scene:
            scene.fails(Hang())
            reply = await scene.ask(way)

            assert reply.body.startswith(keep_alive_of(way)), way
            assert text_of(way, reply) == SAID, way
            assert scene.asked == [FIRST, SECOND]

    await all_at_once(WAYS, story)


async def test_when_nobody_answers_the_error_is_in_the_stream() -> None:
    """The status is gone; the body is still one the client can read."""

    async def story(way: Way) -> None:
        transport = HttpTransport(connect_timeout=1, idle_timeout=1.2)
        async with upstream_and_gateway(ON, keys=(FIRST,), transport=transport) as scene:
            scene.fails(Hang())
            reply = await scene.ask(way)

            assert reply.body.startswith(keep_alive_of(way)), way
            assert "did not answer in time" in error_within(way, reply), way
            assert scene.gateway.records[0].outcome is Outcome.FAILED

    await all_at_once(WAYS, story)


async def test_in_the_opening_and_in_mid_stream() -> None:
    """It stands between whole frames, also where the upstream stopped in the middle of one."""

    async def story(way: Way) -> None:
        async with upstream_and_gateway(ON, keys=(FIRST,)) as scene:
            whole = await scene.ask(way)
            place = scene.upstream.calls[0].sent * 2 // 3
            scene.fails(Hang(place))
            async with scene.asking(way) as response:
                heard = b""
                while not (b"You" in heard and heard.endswith(keep_alive_of(way))):
                    heard += await response.content.readany()

            if way.form == "array":
                assert json.loads(heard + b"]")
            else:
                whole.body = heard
                assert frames_of(way, whole), way
            await eventually(lambda: scene.upstream.calls[-1].abandoned)
            await eventually(lambda: scene.gateway.records[-1].outcome is Outcome.ABANDONED)

    await all_at_once(STREAMS, story)


@pytest.mark.parametrize("way", [Way(CHAT), Way(MESSAGES, "stream"), Way(GEMINI, "array")], ids=str)
async def test_none_where_none_is_needed(way: Way) -> None:
    """An answer that is there at once is the upstream's, byte for byte."""
    async with upstream_and_gateway(ON, keys=(FIRST,)) as scene, upstream_and_gateway(keys=(FIRST,)) as without:
        assert (await scene.ask(way)).body == (await without.ask(way)).body
