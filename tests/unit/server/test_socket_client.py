"""What goes onto a socket: the data of each event, and errors in the one shape that clients look at."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from aiohttp import WSMsgType, web

from cliproxy import dialects as dialect_package
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.errors import Failure, FailureKind, GatewayError, RequestError, UpstreamError
from cliproxy.server.socket_client import SocketClient
from cliproxy.wire.frames import Framing

RESPONSES = declared(dialect_package, "DIALECT", Dialect)["openai_responses"]


class Wire:
    """Takes frames as aiohttp's socket does; it can be slow."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.pings = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None:
        assert opcode is WSMsgType.TEXT
        self.frames.append(message)
        await self.may_go_on.wait()

    async def ping(self) -> None:
        self.pings += 1


def client(wire: Wire, **more: Any) -> SocketClient:
    return SocketClient(cast("web.WebSocketResponse[bool]", wire), RESPONSES, **more)


async def sent(*units: bytes, **more: Any) -> list[bytes]:
    """Return the frames that units of a stream become."""
    wire = Wire()
    way_back = client(wire, **more)
    way_back.begin(Framing.EVENT_STREAM, ())
    way_back.write(units)
    await way_back.finish()
    return wire.frames


async def failed(error: GatewayError) -> Any:
    wire = Wire()
    await client(wire).fail(error)
    (frame,) = wire.frames
    return json.loads(frame)


async def test_each_event_is_one_frame() -> None:
    """However events are cut into units; comments and the mark of the end stay behind."""
    assert await sent(
        b'event: a\ndata: {"type":"a"}\n\ndata: {"type":"b"}\n\n',
        b": keep-alive\n\n",
        b'event: c\r\ndata: {"type":\r\ndata: "c"}\r\n\r\n',
        b"data: [DONE]\n\n",
        b'data: {"type":"d"}',
    ) == [b'{"type":"a"}', b'{"type":"b"}', b'{"type":\n"c"}', b'{"type":"d"}']


async def test_a_lane_is_told_in_every_event() -> None:
    (frame,) = await sent(b'data: {"type":"a"}\n\n', stream_id='say "x"')

    assert json.loads(frame) == {"type": "a", "stream_id": 'say "x"'}


async def test_what_is_no_utf8_becomes_so() -> None:
    """A client must hang up on a text frame that is not."""
    assert await sent(b'data: {"a":"\xff"}\n\n', 'data: {"a":"ü"}\n\n'.encode()) == [
        '{"a":"\ufffd"}'.encode(),
        '{"a":"ü"}'.encode(),
    ]


async def test_two_flushes_at_once_keep_the_order() -> None:
    """The opening may be flushed by its timer while the stream goes on."""
    wire = Wire()
    wire.may_go_on.clear()
    way_back = client(wire)
    way_back.write([b'data: {"n":1}\n\ndata: {"n":2}\n\n'])
    first = asyncio.create_task(way_back.flush())
    await asyncio.sleep(0)
    way_back.write([b'data: {"n":3}\n\n'])
    second = asyncio.create_task(way_back.flush())
    await asyncio.sleep(0)
    wire.may_go_on.set()
    await asyncio.gather(first, second)

    assert wire.frames == [b'{"n":1}', b'{"n":2}', b'{"n":3}']


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        ({"code": "rate_limit_exceeded", "message": "slow"}, 429, "rate_limit_exceeded"),
        ({"error": {"type": "x", "code": "server_is_overloaded", "message": "slow"}}, 503, "server_is_overloaded"),
        ({"message": "slow"}, 502, "internal_server_error"),
        ({"code": None, "message": "slow", "param": None, "sequence_number": 4}, 502, "internal_server_error"),
        ({"status": 418, "message": "slow"}, 418, None),
        ({"status": "late", "message": "slow"}, 502, "internal_server_error"),
    ],
)
async def test_an_error_event_gets_the_shape_of_a_socket(event: dict[str, Any], status: int, code: str | None) -> None:
    (frame,) = await sent(b"event: error\ndata: " + json.dumps({"type": "error", **event}).encode() + b"\n\n")
    told = json.loads(frame)

    assert set(told) == {"type", "status", "error"}
    assert told["status"] == status
    assert told["error"]["message"] == "slow"
    assert told["error"]["code"] == code


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"error","status":429,"error":{"type":"x","message":"as it came"},"headers":{"a":"b"}}',
        b'{"type":"response.failed","response":{"error":{"code":"a","message":"b"}}}',
        b'{"type":"response.output_item.done","item":{"type":"error"}}',
        b'["type":"error"]',
    ],
)
async def test_anything_else_is_left_as_it_came(data: bytes) -> None:
    assert await sent(b"data: " + data + b"\n\n") == [data]


async def test_an_error_of_ours_has_the_status_of_an_answer() -> None:
    told = await failed(RequestError("what is this?", status=413))

    assert (told["type"], told["status"]) == ("error", 413)
    assert told["error"]["message"] == "what is this?"
    assert "headers" not in told


@pytest.mark.parametrize(("wait", "told"), [(0.2, "1"), (7.0, "7"), (7.1, "8")])
async def test_how_long_to_wait_stands_in_the_frame(wait: float, told: str) -> None:
    assert (await failed(GatewayError("later", status=429, retry_after=wait)))["headers"] == {"retry-after": told}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"theirs","odd":1}}', "theirs"),
        (b'{"error":"theirs"}', "ours"),
        (b"<html>", "ours"),
        (b"[]", "ours"),
        (b"", "ours"),
    ],
)
async def test_an_upstream_s_words_are_passed_on(body: bytes, message: str) -> None:
    """Where they are in the family's shape; else what was understood of them."""
    failure = Failure(FailureKind.BAD_REQUEST, 400, "ours")
    told = await failed(UpstreamError(failure, status=400, message="ours", body=body))

    assert told["status"] == 400
    assert told["error"]["message"] == message


async def test_an_error_follows_what_was_written_before_it() -> None:
    wire = Wire()
    way_back = client(wire)
    way_back.write([b'data: {"type":"a"}\n\n'])
    await way_back.fail(GatewayError("no"))

    assert [json.loads(frame)["type"] for frame in wire.frames] == ["a", "error"]


async def test_a_client_is_pinged_only_while_it_waits() -> None:
    wire = Wire()
    way_back = client(wire, silence=0.005)
    async with way_back.kept_alive():
        async with asyncio.timeout(2):
            while wire.pings < 2:
                await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    pings = wire.pings
    await asyncio.sleep(0.02)

    assert wire.pings == pings
