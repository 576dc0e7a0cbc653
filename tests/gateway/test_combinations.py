"""
Client and upstream may differ in whether they stream: some upstreams stream whatever is asked, others never do.

What counts is the content type that came. Between all four dialects, and within each, all four combinations give the
client what it asked for.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from cliproxy.simulator import NotStreamed, WrongType, recorded
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    FIRST,
    MESSAGES,
    RESPONSES,
    SAID,
    Way,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of

PAIRS = [(client, "" if upstream == client else upstream) for client, upstream in itertools.product(DIALECTS, DIALECTS)]
WHOLE = [Way(client, "whole", upstream) for client, upstream in PAIRS]
STREAMED = [Way(client, "stream", upstream) for client, upstream in PAIRS]


def always_streaming(dialect: str, case: str = "text") -> WrongType:
    """Return the answer of an upstream that streams though nobody asked it to: a recorded stream."""
    pieces = recorded(dialect, case, stream=True).response.pieces
    return WrongType("text/event-stream", b"".join(pieces))


def spoken(dialect: str, stream: bytes) -> str:
    """Return the words of a recorded stream, read without the gateway's codecs."""
    lines = (line.removeprefix("data: ") for line in stream.decode().splitlines() if line.startswith("data: {"))
    return "".join(_words(dialect, json.loads(line)) for line in lines)


def _words(dialect: str, frame: Any) -> str:
    match dialect:
        case "openai_chat":
            return "".join(choice["delta"].get("content") or "" for choice in frame["choices"])
        case "openai_responses":
            return str(frame["delta"]) if frame["type"] == "response.output_text.delta" else ""
        case "anthropic_messages":
            return str(frame.get("delta", {}).get("text") or "")
        case _:
            parts = [part for one in frame["candidates"] for part in one["content"].get("parts", ())]
            return "".join(part.get("text", "") for part in parts)


def words_of(dialect: str, body: Any) -> str:
    """Return the words of a whole reply."""
    match dialect:
        case "openai_chat":
            return str(body["choices"][0]["message"]["content"])
        case "openai_responses":
            return "".join(part["text"] for item in body["output"] for part in item["content"])
        case "anthropic_messages":
            return "".join(block["text"] for block in body["content"])
        case _:
            return "".join(part["text"] for part in body["candidates"][0]["content"]["parts"])


def calls_of(dialect: str, body: Any) -> tuple[list[Any], str]:
    """Return the arguments of the calls in a whole reply, as JSON values, and why it says it ended."""
    match dialect:
        case "openai_chat":
            [choice] = body["choices"]
            calls = choice["message"]["tool_calls"]
            return [json.loads(call["function"]["arguments"]) for call in calls], choice["finish_reason"]
        case "openai_responses":
            calls = [item for item in body["output"] if item["type"] == "function_call"]
            return [json.loads(call["arguments"]) for call in calls], body["status"]
        case "anthropic_messages":
            return [block["input"] for block in body["content"] if block["type"] == "tool_use"], body["stop_reason"]
        case _:
            [candidate] = body["candidates"]
            calls = [part["functionCall"] for part in candidate["content"]["parts"] if "functionCall" in part]
            return [call["args"] for call in calls], candidate["finishReason"]


ENDS = {CHAT: "tool_calls", RESPONSES: "completed", MESSAGES: "tool_use"}


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
        assert words_of(way.dialect, reply.json()) == spoken(way.model, b"".join(expected.response.pieces))


@pytest.mark.parametrize("way", WHOLE, ids=str)
async def test_calls_survive_being_added_up(way: Way) -> None:
    """The arguments came in pieces and must be one JSON object again."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(always_streaming(way.model, "tools"))
        calls, end = calls_of(way.dialect, (await scene.ask(way)).json())

    assert calls
    assert all(isinstance(arguments, dict) for arguments in calls)
    assert end == ENDS.get(way.dialect, "STOP")


@pytest.mark.parametrize("way", WHOLE, ids=str)
async def test_a_stream_that_broke_off_is_not_added_up(way: Way) -> None:
    """Half an answer under 200 would look like a whole one; nothing was sent yet, so it is an error with a status."""
    body = always_streaming(way.model).body
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(WrongType("text/event-stream", body[: len(body) // 2]), times=None)
        reply = await scene.ask(way)

        assert reply.status == 502
        assert "broke off" in error_of(way, reply) or "ended" in error_of(way, reply)
