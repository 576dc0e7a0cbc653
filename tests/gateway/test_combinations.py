"""
Client and upstream may differ in whether they stream: some upstreams stream whatever is asked, others never do.

What counts is the content type that came. Between chat and Messages, and within each, all four combinations give the
client what it asked for.
"""

from __future__ import annotations

import json

import pytest

from cliproxy.simulator import NotStreamed, WrongType, recorded
from tests.gateway.asking import (
    CHAT,
    CROSSED_STREAMS,
    CROSSED_WHOLE,
    FIRST,
    GEMINI,
    MESSAGES,
    RESPONSES,
    SAID,
    Way,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of

WHOLE = (Way(CHAT), Way(MESSAGES), *CROSSED_WHOLE)
STREAMED = (Way(CHAT, "stream"), Way(MESSAGES, "stream"), *CROSSED_STREAMS)


def always_streaming(dialect: str, case: str = "text") -> WrongType:
    """Return the answer of an upstream that streams though nobody asked it to: a recorded stream."""
    pieces = recorded(dialect, case, stream=True).response.pieces
    return WrongType("text/event-stream", b"".join(pieces))


def spoken(stream: bytes) -> str:
    """Return the words of a recorded stream, read without the gateway's codecs."""
    words = ""
    for line in stream.decode().splitlines():
        if line.startswith("data: {"):
            frame = json.loads(line.removeprefix("data: "))
            deltas = [choice["delta"].get("content") for choice in frame.get("choices", ())]
            words += "".join(delta or "" for delta in (*deltas, frame.get("delta", {}).get("text")))
    return words


@pytest.mark.parametrize("way", STREAMED, ids=str)
async def test_a_stream_is_made_of_an_answer_that_came_whole(way: Way) -> None:
    """A body where a stream was asked for sends some clients into a loop of requests."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(NotStreamed())
        reply = await scene.ask(way)

        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert text_of(way, reply) == SAID


@pytest.mark.parametrize("way", WHOLE, ids=str)
async def test_a_stream_that_nobody_asked_for_is_added_up(way: Way) -> None:
    """Some upstreams only stream; a client that wants one body gets one."""
    expected = recorded(way.model, "text", stream=True)
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(always_streaming(way.model))
        reply = await scene.ask(way)

        assert reply.status == 200
        assert reply.headers["content-type"].startswith("application/json")
        body = reply.json()
        words = body["choices"][0]["message"]["content"] if way.dialect == CHAT else body["content"][0]["text"]
        assert words == spoken(b"".join(expected.response.pieces))


@pytest.mark.parametrize("way", WHOLE, ids=str)
async def test_calls_survive_being_added_up(way: Way) -> None:
    """The arguments came in pieces and must be one JSON object again."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(always_streaming(way.model, "tools"))
        reply = (await scene.ask(way)).json()

    if way.dialect == CHAT:
        assert reply["choices"][0]["finish_reason"] == "tool_calls"
        assert reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].startswith("{")
    else:
        assert reply["stop_reason"] == "tool_use"
        assert isinstance(next(block for block in reply["content"] if block["type"] == "tool_use")["input"], dict)


@pytest.mark.parametrize("way", WHOLE, ids=str)
async def test_a_stream_that_broke_off_is_not_added_up(way: Way) -> None:
    """Half an answer under 200 would look like a whole one; nothing was sent yet, so it is an error with a status."""
    body = always_streaming(way.model).body
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(WrongType("text/event-stream", body[: len(body) // 2]), times=None)
        reply = await scene.ask(way)

        assert reply.status == 502
        assert "broke off" in error_of(way, reply) or "ended" in error_of(way, reply)


@pytest.mark.parametrize("dialect", [RESPONSES, GEMINI])
async def test_what_cannot_be_translated_yet_is_an_error(dialect: str) -> None:
    """These are only relayed: a body for a stream cannot be mended, and must not be passed on as one."""
    way = Way(dialect, "stream")
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(NotStreamed(), times=None)
        reply = await scene.ask(way)

        assert reply.status == 502
