"""Frames of a websocket as an answer over HTTP would have said the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.transport.socket_turn import LONGEST_HELD, MOST_HELD, Gone, Turn, framed, refused
from cliproxy.transport.whole import WholeResponse

CREATED = '{"type":"response.created"}'
COMPLETED = '{"type":"response.completed","response":{}}'
LIMITS = '{"type":"codex.rate_limits","rate_limits":[]}'
ERROR = '{"type":"error","status":429,"error":{"message":"no"}}'


@asynccontextmanager
async def turn_before(*frames: str | bytes) -> AsyncIterator[tuple[Turn, list[bool]]]:
    """Open a socket to an upstream that says these frames when it is asked."""

    async def talk(connection: ServerConnection) -> None:
        await connection.recv()
        for frame in frames:
            await connection.send(frame)
        await connection.wait_closed()

    left: list[bool] = []
    async with serve(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", proxy=None) as connection:
            yield Turn(connection, 0.2, {"x-one": "1"}, left.append), left


async def said(*frames: str | bytes) -> tuple[bytes, bool]:
    """Return the stream that frames become, and whether the socket can serve another turn."""
    async with turn_before(*frames) as (turn, left):
        answer = await turn.ask(b"{}", 1.0)
        async with answer:
            stream = await answer.read(2000)
    return stream, left[-1]


@pytest.mark.parametrize(
    ("body", "frame"),
    [
        (b'{"model":"m"}', b'{"type":"response.create","model":"m"}'),
        (b' \n{ "model":"m"}', b'{"type":"response.create","model":"m"}'),
        (b"{}", b'{"type":"response.create"}'),
        (b"{ }", b'{"type":"response.create"}'),
    ],
)
def test_a_body_says_in_its_frame_what_is_wanted(body: bytes, frame: bytes) -> None:
    assert framed(body) == frame


async def test_frames_become_events_up_to_the_end() -> None:
    stream, is_clean = await said(CREATED, COMPLETED, CREATED)

    assert stream == f"data: {CREATED}\n\ndata: {COMPLETED}\n\n".encode()
    assert is_clean


async def test_an_error_is_the_end_however_odd_it_is() -> None:
    stream, is_clean = await said(CREATED, '{"type":"error","status":[],"headers":5}')

    assert stream.count(b"data: ") == 2
    assert not is_clean


@pytest.mark.parametrize("kind", ["completed", "incomplete", "failed", "cancelled"])
async def test_each_end_is_one(kind: str) -> None:
    stream, is_clean = await said(CREATED, json.dumps({"type": f"response.{kind}"}))

    assert stream.count(b"data: ") == 2
    assert is_clean


async def test_done_is_called_completed() -> None:
    stream, _ = await said('{"response":{"type":"response.done"},"type":"response.done"}')

    assert stream == b'data: {"response":{"type":"response.done"},"type":"response.completed"}\n\n'


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"response.output_text.delta","delta":"{\\"type\\":\\"error\\"}"}',
        '{"type":"response.output_item.done","item":{"type":"error"}}',
        '{"type":"response.output_item.added","item":{"result":{"type": "response.completed"}}}',
        '{"type":"response.',
    ],
)
async def test_what_only_looks_like_an_end_is_none(frame: str) -> None:
    """A model may write of errors, and a tool return one."""
    stream, _ = await said(frame, COMPLETED)

    assert stream.count(b"data: ") == 2


async def test_a_line_break_does_not_end_an_event() -> None:
    stream, _ = await said('{\r\n"type":"response.created"}', '{"type":\n"response.completed"}')

    assert stream == b'data: {  "type":"response.created"}\n\ndata: {"type": "response.completed"}\n\n'


async def test_what_is_said_of_the_account_comes_first() -> None:
    stream, _ = await said(LIMITS, CREATED, COMPLETED)

    assert stream.startswith(f"data: {LIMITS}\n\ndata: {CREATED}".encode())


async def test_no_more_than_a_few_frames_are_held() -> None:
    stream, _ = await said(*[LIMITS] * (MOST_HELD + 5), COMPLETED)

    assert stream.count(LIMITS.encode()) == MOST_HELD + 5


@pytest.mark.parametrize("before", [(), (LIMITS,)], ids=["at once", "after the limits"])
async def test_a_refusal_is_an_answer(before: tuple[str, ...]) -> None:
    async with turn_before(*before, ERROR) as (turn, left):
        answer = await turn.ask(b"{}", 1.0)

    assert isinstance(answer, WholeResponse)
    assert answer.status == 429
    assert answer.body == b'{"error":{"message":"no"}}'
    assert left == [True]


async def test_an_error_after_the_first_event_stays_one() -> None:
    stream, is_clean = await said(CREATED, ERROR)

    assert stream.endswith(f"data: {ERROR}\n\n".encode())
    assert not is_clean


@pytest.mark.parametrize(
    ("told", "status", "error"),
    [
        ({"status": 429, "error": {"message": "no"}}, 429, {"message": "no"}),
        ({"status_code": 503, "error": "busy"}, 503, "busy"),
        ({"status": "429", "error": "busy"}, 429, "busy"),
        ({"status": 401}, 401, {"type": "server_error", "message": "Unauthorized"}),
        ({"status": 599, "error": None}, 599, {"type": "server_error", "message": "the upstream refused"}),
    ],
)
def test_a_refusal_has_its_status_and_words(told: dict[str, Any], status: int, error: object) -> None:
    answer = refused(json.dumps({"type": "error", **told}))

    assert answer is not None
    assert answer.status == status
    assert json.loads(answer.body) == {"error": error}
    assert answer.headers["Content-Type"] == "application/json"


def test_a_refusal_brings_its_headers() -> None:
    answer = refused('{"type":"error","status":429,"headers":{"X-Codex-Primary-Used-Percent":100,"retry-after":"7"}}')

    assert answer is not None
    assert answer.headers["x-codex-primary-used-percent"] == "100"
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "frame",
    [
        CREATED,
        "",
        "[]",
        '{"type":"error"}',
        '{"type":"error","status":"x"}',
        '{"type":"error","status":200}',
        f'{{"type":"error","status":"{"4" * 5000}"}}',
        "{" * 9,
    ],
)
def test_everything_else_is_no_refusal(frame: str) -> None:
    assert refused(frame) is None


async def test_a_binary_frame_breaks_it_off() -> None:
    with pytest.raises(Unreachable, match="binary"):
        await said(b"\x00")
    with pytest.raises(BrokenOff, match="binary"):
        await said(CREATED, b"\x00")


async def test_silence_breaks_it_off() -> None:
    with pytest.raises(BrokenOff, match="silent"):
        await said(CREATED)


async def test_an_answer_is_bounded() -> None:
    with pytest.raises(TooLong):
        await said(CREATED, *[json.dumps({"type": "response.output_text.delta", "delta": "x" * 500})] * 9, COMPLETED)


@pytest.mark.parametrize("says_goodbye", [True, False])
async def test_a_socket_that_ends_without_a_word_is_gone(says_goodbye: bool) -> None:
    async def end(connection: ServerConnection) -> None:
        await connection.recv()
        if not says_goodbye:
            connection.transport.abort()

    with pytest.raises(Gone):
        await _asked(end)


async def _asked(talk: Callable[[ServerConnection], Awaitable[None]]) -> None:
    async with serve(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", proxy=None) as connection:
            await Turn(connection, 0.2, {}, lambda is_clean: None).ask(b"{}", 1.0)


async def test_a_turn_tells_what_came_with_the_upgrade() -> None:
    async with turn_before(CREATED) as (turn, _):
        await asyncio.sleep(0)
        assert turn.headers["X-One"] == "1"
        assert turn.headers["Content-Type"] == "text/event-stream"


async def test_no_more_than_a_little_is_held() -> None:
    """Frames may be large."""
    large = LIMITS[:-1] + f',"x":"{"y" * (LONGEST_HELD // 2)}"' + "}"
    async with turn_before(large, large) as (turn, _):
        async with asyncio.timeout(1):
            answer = await turn.ask(b"{}", 5.0)

        assert answer is turn


def test_a_refusal_brings_no_header_that_is_two() -> None:
    headers = {"x-evil": "a\r\nset-cookie: b", "retry-after": 5}
    refusal = refused(json.dumps({"type": "error", "status": 429, "headers": headers}))

    assert refusal is not None
    assert dict(refusal.headers) == {"retry-after": "5", "content-type": "application/json"}
