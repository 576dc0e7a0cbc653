"""What is hardly HTTP: it is refused or hung up on in time, and the next good request is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from cliproxy.config.schema import Limits
from cliproxy.server.listener import Front, Listener
from tests.gateway.asking import CHAT, SAID, Scene, Way, asked, eventually, upstream_and_gateway
from tests.gateway.reading import error_of, text_of

WAY = Way(CHAT)
PATH, BODY = asked(WAY)
DATA = json.dumps(BODY).encode()
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n".encode()
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(DATA) + DATA
SMUGGLED = b"POST /v1/smuggled HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n"


class Line:
    """A bare connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Write, also where nobody reads any more."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def hear(self, until: bytes = b"", within: float = 2.0) -> bytes:
        """Return what comes up to some words, or up to the end; a line that stays open too long fails the test."""
        heard = b""
        with suppress(ConnectionError):
            async with asyncio.timeout(within):
                while chunk := await self.reader.read(65536):
                    heard += chunk
                    if until and until in heard:
                        break
        return heard


@asynccontextmanager
async def line_to(scene: Scene) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(scene.url.rpartition(":")[2]))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def is_well(scene: Scene) -> bool:
    return text_of(WAY, await scene.ask(WAY)) == SAID


BAD_HEADS = {
    "garbage": bytes(range(256)) * 4 + b"\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an odd version": b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "one large header": HEAD + b"X-Large: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "a large header name": HEAD + b"x" * 1_000_000 + b": x\r\n\r\n",
    "ten thousand headers": HEAD + b"".join(b"X-%d: x\r\n" % i for i in range(10_000)) + b"\r\n",
    "a huge URL": b"GET /v1/models?" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + SMUGGLED,
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "not the last encoding": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "no chunked at all": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": HEAD + b"Content-Length : 5\r\n\r\n" + SMUGGLED,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length with a sign": HEAD + b"Content-Length: +5\r\n\r\n" + SMUGGLED,
    "no length that is a number": HEAD + b"Content-Length: 5, 5\r\n\r\n" + SMUGGLED,
    "a folded header": HEAD + b"X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a null in a header": HEAD + b"X-Null: a\0b\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("name", BAD_HEADS)
async def test_a_head_that_cannot_be_believed(name: str) -> None:
    """One answer at most, an error, and the line is closed: nothing that follows is taken for a request."""
    async with upstream_and_gateway() as scene:
        async with line_to(scene) as line:
            await line.send(BAD_HEADS[name])
            heard = await line.hear()

        assert heard.count(b"HTTP/1.") <= 1
        if heard:
            head, _, body = heard.partition(b"\r\n\r\n")
            assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
            assert b"aiohttp" not in heard
            assert json.loads(body)["error"]["type"] == "invalid_request_error"
        assert b"smuggled" not in heard
        assert scene.asked == []
        assert await is_well(scene)


@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"FFFFFFFFFFFFFFFFFF\r\n{}\r\n", b"2;\0\r\n{}"])
async def test_chunks_that_cannot_be_believed(body: bytes) -> None:
    async with upstream_and_gateway({"limits": Limits(header_timeout_seconds=1)}) as scene:
        async with line_to(scene) as line:
            await line.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED)
            heard = await line.hear()

        assert b"smuggled" not in heard
        assert heard.count(b"HTTP/1.1 4") <= 1
        assert scene.asked == []
        assert await is_well(scene)


async def test_requests_in_one_breath() -> None:
    """Answered in order, each once."""
    async with upstream_and_gateway() as scene:
        async with line_to(scene) as line:
            last = b"GET /nothing HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
            await line.send(GOOD + b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n" + GOOD + last)
            heard = await line.hear()

        assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"200", b"404"]
        assert heard.index(b'"choices"') < heard.index(b'{"status":"ok"}') < heard.rindex(b'"choices"')
        assert len(scene.asked) == 2


@pytest.mark.parametrize(
    ("first", "begun"),
    [(b"", b""), (b"", b"POST"), (b"", HEAD), (GOOD, b"P"), (GOOD, HEAD)],
    ids=["nothing", "a word", "no end", "a later letter", "a later head"],
)
async def test_half_a_head_is_waited_for_so_long(first: bytes, begun: bytes) -> None:
    async with upstream_and_gateway({"limits": Limits(header_timeout_seconds=1)}) as scene, line_to(scene) as line:
        await line.send(first)
        assert not first or await line.hear(b'"choices"')
        await line.send(begun)

        assert await line.hear(within=1.6) == b""
        assert await is_well(scene)


async def test_a_head_that_drips() -> None:
    """A byte now and then does not keep a line open."""
    async with upstream_and_gateway({"limits": Limits(header_timeout_seconds=1)}) as scene, line_to(scene) as line:
        ended = asyncio.create_task(line.hear())
        for place in range(len(HEAD)):
            if ended.done():
                break
            await line.send(HEAD[place : place + 1])
            await asyncio.sleep(0.05)

        assert ended.done()
        assert await ended == b""
        assert await is_well(scene)


async def test_an_answer_may_take_longer_than_a_head() -> None:
    """And a line at rest between two requests is not cut that soon."""
    settings = {"limits": Limits(header_timeout_seconds=1)}
    async with upstream_and_gateway(settings, pace=0.15) as scene, line_to(scene) as line:
        stream = json.dumps({**BODY, "stream": True}).encode()
        await line.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(stream) + stream)
        assert await line.hear(b"0\r\n\r\n")
        scene.upstream.pace = 0
        await asyncio.sleep(1.1)
        await line.send(GOOD)
        assert b'"choices"' in await line.hear(b'"choices"')


@pytest.mark.parametrize("sent", [b"", DATA[:20]], ids=["nothing", "a part"])
async def test_half_a_body_is_waited_for_so_long(sent: bytes) -> None:
    """The listener's own time; nobody is asked, and the client is told before the line is closed."""
    async with upstream_and_gateway() as scene:
        snapshot = scene.gateway.gateway.snapshot
        listener = Listener(
            Front(lambda: snapshot, lambda: pytest.fail("nobody is to be asked")), body_idle_timeout=0.2
        )
        port = await listener.start("127.0.0.1", 0)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            line = Line(reader, writer)
            await line.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(DATA) + sent)
            heard = await line.hear(b"did not arrive in time")
            writer.close()
        finally:
            await listener.stop()

        assert heard.startswith(b"HTTP/1.1 408 ")
        assert b"Connection: close" in heard


async def test_a_client_that_leaves_in_the_middle_of_its_body() -> None:
    async with upstream_and_gateway() as scene:
        async with line_to(scene) as line:
            await line.send(HEAD + b"Content-Length: 1000\r\n\r\n" + DATA[:20])
            await asyncio.sleep(0.05)

        assert await is_well(scene)
        assert len(scene.gateway.records) == 1


async def test_a_client_that_waits_to_be_asked_for_its_body() -> None:
    """As curl does before a large one; told nothing, it would wait for a second, and others for ever."""
    async with upstream_and_gateway() as scene, line_to(scene) as line:
        await line.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(DATA))
        assert await line.hear(b"\r\n\r\n", 0.5) == b"HTTP/1.1 100 Continue\r\n\r\n"
        await line.send(DATA)
        heard = await line.hear(b'"choices"')
        assert heard.startswith(b"HTTP/1.1 200 ")
        await line.send(GOOD)
        assert b'"choices"' in await line.hear(b'"choices"')


@pytest.mark.parametrize(("length", "keys", "status"), [(10**12, (), b"413"), (10, ("key",), b"401")])
async def test_one_that_waits_is_not_asked_for_what_is_refused(
    length: int, keys: tuple[str, ...], status: bytes
) -> None:
    async with upstream_and_gateway({"api_keys": keys}) as scene, line_to(scene) as line:
        await line.send(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % length)

        assert (await line.hear(b"\r\n\r\n", 0.5)).startswith(b"HTTP/1.1 " + status)


async def test_a_crowd_of_bad_clients_does_not_keep_a_good_one_out() -> None:
    async with upstream_and_gateway() as scene:
        port = int(scene.url.rpartition(":")[2])
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        for _, writer in crowd:
            writer.write(HEAD)
        assert await is_well(scene)
        for _, writer in crowd:
            writer.transport.abort()
        await eventually(lambda: len(scene.gateway.records) == 1)
        assert await is_well(scene)


async def test_an_answer_in_http_1_0() -> None:
    """Without chunks: the body ends with the line."""
    async with upstream_and_gateway() as scene, line_to(scene) as line:
        await line.send(GOOD.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        heard = await line.hear()

        assert b"Transfer-Encoding" not in heard
        assert json.loads(heard.partition(b"\r\n\r\n")[2])["choices"]


async def test_errors_of_http_have_the_words_of_an_api() -> None:
    async with upstream_and_gateway() as scene:
        reply = await scene.get("/v1/models", {"X-Large": "x" * 100_000})

        assert reply.status == 400
        assert "cannot be read as HTTP" in error_of(WAY, reply)
