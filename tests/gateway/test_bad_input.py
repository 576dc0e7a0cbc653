"""Bodies that nobody should send: a clear error in the client's dialect, bounded memory, and service goes on."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import brotli  # type: ignore[import-untyped]  # it has no types
import psutil
import pytest
from backports import zstd

from cliproxy.config.schema import Limits
from cliproxy.simulator import Upstream, serving
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    JSON_TYPE,
    MESSAGES,
    SAID,
    WAYS,
    Way,
    asked,
    client,
    read,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of
from tests.gateway.serving import gateway_process

MEGABYTE = 1024 * 1024
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
NO_OBJECTS = {
    "nothing": b"",
    "white space": b" \n",
    "no end": b'{"model":"m","messages":[',
    "a list": b'[{"model":"m"}]',
    "a text": b'"model"',
    "null": b"null",
    "two": b'{"model":"m"} {"model":"m"}',
    "Python": b"{'model': 'm'}",
    "a comment": b'{"model":"m"} // please',
    "not a number": b'{"model":"m","temperature":NaN}',
    "no UTF-8": b'{"model":"\xff\xfe"}',
    "UTF-16": '{"model":"m"}'.encode("utf-16"),
    "a control character": b'{"model":"a\nb"}',
    "a form": b"model=m&stream=true",
    "depth": b'{"model":"m","messages":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "endless depth": b'{"model":"m","messages":' + b'{"a":' * 100_000,
}


@every_dialect
@pytest.mark.parametrize("name", NO_OBJECTS)
async def test_what_is_no_json_object(name: str, dialect: str) -> None:
    async with upstream_and_gateway() as scene:
        path, _ = asked(Way(dialect))
        reply = await scene.post(path, NO_OBJECTS[name])

        assert reply.status == 400
        assert "body" in error_of(Way(dialect), reply)
        assert scene.asked == []
        assert text_of(Way(dialect), await scene.ask(Way(dialect))) == SAID


@pytest.mark.parametrize("way", [Way(CHAT, "whole", MESSAGES), Way(MESSAGES, "stream", CHAT)], ids=str)
@pytest.mark.parametrize("messages", [5, "text", [5], [{"role": 5}]], ids=repr)
async def test_what_cannot_be_translated(messages: object, way: Way) -> None:
    """It never reached an upstream, so no account has it on its record."""
    async with upstream_and_gateway() as scene:
        path, body = asked(way)
        reply = await scene.post(path, {**body, "messages": messages})

        assert reply.status == 400
        assert error_of(way, reply)
        assert scene.asked == []
        assert scene.gateway.records == []


@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_half_a_surrogate_pair(way: Way) -> None:
    """Clients cut text in the middle of an emoji; that is no reason to refuse the conversation."""
    async with upstream_and_gateway() as scene:
        reply = await scene.ask(way, "one \ud83d two \U0001f600")

        assert text_of(way, reply) == 'You said: "one \ufffd two \U0001f600".'


def packed_zeros(encoding: str, megabytes: int) -> bytes:
    """Return a small body that unpacks to a large one."""
    if encoding == "br":
        return bytes(brotli.compress(bytes(megabytes * MEGABYTE), quality=1))
    if encoding == "zstd":
        return bytes(zstd.compress(bytes(megabytes * MEGABYTE), 1))
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1)  # a full flush forgets what came before, so the block fits again


PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("encoding", PACKERS)
async def test_packed_bodies_are_unpacked(encoding: str) -> None:
    """Codex packs its requests with zstd."""
    async with upstream_and_gateway() as scene:
        way = Way(CHAT)
        path, body = asked(way)
        packed = PACKERS[encoding](json.dumps(body).encode())

        assert text_of(way, await scene.post(path, packed, {"Content-Encoding": encoding})) == SAID
        assert "content-encoding" not in scene.upstream.calls[0].headers
        for broken in (packed[:-20], b"\x00" + packed, json.dumps(body).encode()):
            reply = await scene.post(path, broken, {"Content-Encoding": encoding})
            assert reply.status == 400, broken
            assert error_of(way, reply)
        assert text_of(way, await scene.ask(way)) == SAID


async def test_an_encoding_that_nobody_knows() -> None:
    async with upstream_and_gateway() as scene:
        path, _ = asked(Way(CHAT))
        reply = await scene.post(path, b"\x01\x02\x03", {"Content-Encoding": "compress"})

        assert reply.status == 400
        assert error_of(Way(CHAT), reply)


@every_dialect
async def test_the_limit_is_of_what_it_unpacks_to(dialect: str) -> None:
    async with upstream_and_gateway({"limits": Limits(max_body_mb=1)}) as scene:
        path, _ = asked(Way(dialect))
        for encoding in PACKERS:
            packer = "gzip" if encoding == "deflate" else encoding
            reply = await scene.post(path, packed_zeros(packer, 3), {"Content-Encoding": packer})

            assert reply.status == 413, encoding
            assert "max-body-mb" in error_of(Way(dialect), reply)
        assert text_of(Way(dialect), await scene.ask(Way(dialect))) == SAID


async def test_a_body_just_within_the_limit() -> None:
    """Conversations with pictures are large."""
    async with upstream_and_gateway({"limits": Limits(max_body_mb=3)}) as scene:
        way = Way(CHAT)
        text = "x" * (3 * MEGABYTE - 200)

        assert text_of(way, await scene.ask(way, text)) == f'You said: "{text}".'
        (call,) = scene.upstream.calls
        assert call.headers["content-length"] == str(len(call.body))
        assert "content-disposition" not in call.headers


class Memory:
    """The most memory that a process was seen to hold, beyond what it held at first."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._first = self._process.memory_info().rss
        self.most = 0

    def look(self) -> None:
        self.most = max(self.most, self._process.memory_info().rss - self._first)


def chunks(size: int) -> Iterator[bytes]:
    chunk = b"x" * MEGABYTE
    yield from (chunk for _ in range(size // MEGABYTE))


async def test_floods_leave_memory_bounded(tmp_path: Path) -> None:
    """A hundred megabytes, told ahead or not, and bodies that unpack to hundreds: each is a 413, then all is well."""
    floods: dict[str, tuple[bytes | int, dict[str, str]]] = {
        "told ahead": (100 * MEGABYTE, {"Content-Length": str(100 * MEGABYTE)}),
        "chunked": (100 * MEGABYTE, {}),
        "gzip": (packed_zeros("gzip", 1024), {"Content-Encoding": "gzip"}),
        "br": (packed_zeros("br", 200), {"Content-Encoding": "br"}),
        "zstd": (packed_zeros("zstd", 200), {"Content-Encoding": "zstd"}),
    }
    way = Way(CHAT)
    path, body = asked(way)
    async with serving(Upstream()) as upstream, gateway_process(tmp_path, upstream.url) as gateway, client() as session:
        async with session.post(gateway.url + path, json=body) as response:
            assert text_of(way, await read(response)) == SAID
        memory = Memory(gateway.pid)
        for name, (flood, headers) in floods.items():

            async def sent(flood: bytes | int = flood) -> AsyncIterator[bytes]:
                for chunk in chunks(flood) if isinstance(flood, int) else (flood,):
                    memory.look()
                    yield chunk

            async with session.post(gateway.url + path, data=sent(), headers={**JSON_TYPE, **headers}) as response:
                reply = await read(response)
            memory.look()
            assert reply.status == 413, name
            assert "max-body-mb" in error_of(way, reply), name
            assert memory.most < 256 * MEGABYTE, name
        async with session.post(gateway.url + path, json=body) as response:
            assert text_of(way, await read(response)) == SAID


async def test_a_body_that_is_too_long_is_refused_before_it_comes() -> None:
    """The announcement is enough."""
    async with upstream_and_gateway() as scene:
        path, _ = asked(Way(CHAT))

        async def never() -> AsyncIterator[bytes]:
            yield b"{"
            async with scene.session.get(scene.url + "/healthz") as response:  # the reply is there by then, or never
                await response.read()
            raise aiohttp.ClientConnectionError("enough")

        headers = {**JSON_TYPE, "Content-Length": str(10_000 * MEGABYTE)}
        async with scene.session.post(scene.url + path, data=never(), headers=headers) as response:
            assert response.status == 413
            response.close()
