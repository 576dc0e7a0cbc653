"""The simulated upstream behind a socket."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from io import BytesIO

import aiohttp
import msgspec
import pytest

from cliproxy.simulator import CutAt, Delay, Hang, Serving, Upstream, serving
from tests.unit.simulator.asking import KEYS, body_of, saying

PATH = "/v1/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True}


@pytest.fixture
async def server() -> AsyncIterator[Serving]:
    async with serving(Upstream()) as running:
        yield running


@pytest.fixture
async def client(server: Serving) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.url, headers=KEYS) as session:
        yield session


async def becomes_true(condition: Callable[[], bool], within: float = 1.0) -> bool:
    """Wait until a condition holds; tell whether it did in time."""
    until = time.monotonic() + within
    while not condition() and time.monotonic() < until:
        await asyncio.sleep(0.005)
    return condition()


async def test_bytes_pass_unchanged(server: Serving, client: aiohttp.ClientSession) -> None:
    """The socket adds nothing and takes nothing away."""
    async with client.post(PATH, json=BODY) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert await response.read() == body_of(Upstream().answer(saying("openai_chat", "hello", "m", stream=True)))
    [call] = server.upstream.calls
    assert await becomes_true(lambda: call.finished)
    assert (call.path, call.key, call.abandoned) == (PATH, "sk-1", False)
    assert call.sent > 0


async def test_frames_arrive_one_by_one(server: Serving, client: aiohttp.ClientSession) -> None:
    """Each is written on its own, when its time has come."""
    server.upstream.pace = 0.02
    async with client.post(PATH, json=BODY) as response:
        chunks = [chunk async for chunk in response.content.iter_any()]

    assert len(chunks) == 6
    assert all(chunk.endswith(b"\n\n") for chunk in chunks)


async def test_a_whole_reply_has_a_length_and_a_stream_has_none(client: aiohttp.ClientSession) -> None:
    """As the vendors' have; also when the stream is a recorded one."""
    async with client.post(PATH, json={**BODY, "stream": False}) as response:
        assert int(response.headers["content-length"]) == len(await response.read())
    async with client.post(PATH, json={**BODY, "model": "text"}) as response:
        assert "content-length" not in response.headers


@pytest.mark.parametrize("byte", [0, 100])
async def test_a_cut_aborts_the_connection(server: Serving, client: aiohttp.ClientSession, byte: int) -> None:
    """The bytes before it arrive; then it is not an end, but an error."""
    server.upstream.script.add(CutAt(byte))
    async with client.post(PATH, json=BODY) as response:
        assert len(await response.content.readexactly(byte)) == byte
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()
    assert server.upstream.calls[-1].finished


async def test_a_cut_before_the_head_is_no_answer(server: Serving, client: aiohttp.ClientSession) -> None:
    """aiohttp asks once more on a connection it has used before; so there is no second rule."""
    server.upstream.script.add(CutAt(None), times=None)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post(PATH, json=BODY)


@pytest.mark.parametrize("fault", [Hang(), Hang(after=50), Delay(60)])
async def test_a_caller_who_leaves_is_noticed(
    server: Serving, client: aiohttp.ClientSession, fault: Hang | Delay
) -> None:
    """Also while nothing is being written."""
    server.upstream.script.add(fault)
    asking = asyncio.create_task(read(client))
    assert await becomes_true(lambda: bool(server.upstream.calls))
    await asyncio.sleep(0.05)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    [call] = server.upstream.calls

    assert await becomes_true(lambda: call.abandoned)
    assert not call.finished


async def test_a_hanging_answer_does_not_keep_the_server_up() -> None:
    """Leaving the block ends it at once."""
    upstream = Upstream()
    upstream.script.add(Hang())
    async with aiohttp.ClientSession(headers=KEYS) as client:
        async with serving(upstream) as server:
            asking = asyncio.create_task(client.post(server.url + PATH, json=BODY))
            assert await becomes_true(lambda: bool(upstream.calls))
            began = time.monotonic()
        assert time.monotonic() - began < 1
        with pytest.raises(aiohttp.ClientError):
            await asking


async def test_a_large_body_arrives_whole(server: Serving, client: aiohttp.ClientSession) -> None:
    """Pictures and long histories make requests of many megabytes."""
    text = "x" * 20_000_000
    body = BytesIO(msgspec.json.encode({"model": "m", "messages": [{"role": "user", "content": text}]}))
    async with client.post(PATH, data=body) as response:
        assert response.status == 200
        assert len(await response.read()) > len(text)
    assert len(server.upstream.calls[-1].body) > len(text)


async def read(client: aiohttp.ClientSession) -> bytes:
    async with client.post(PATH, json=BODY) as response:
        return await response.read()
