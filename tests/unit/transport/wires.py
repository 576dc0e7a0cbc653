"""Servers that do as they are told, for looking at what really goes over a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


@dataclass
class Listening:
    """What a server has seen."""

    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def listening(talk: Callable[[Listening, Reader, Writer], Awaitable[None]]) -> AsyncIterator[Listening]:
    """Serve as long as the block lasts; each connection is one `talk`."""
    seen = Listening()
    talks: set[asyncio.Task[None]] = set()

    async def on_connection(reader: Reader, writer: Writer) -> None:
        seen.connections += 1
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await talk(seen, reader, writer)
        writer.close()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def request_in(seen: Listening, reader: Reader) -> None:
    """Read one request and keep its head and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    seen.heads.append(head)
    length = next((line for line in head.split("\r\n") if line.lower().startswith("content-length:")), "x: 0")
    seen.bodies.append(await reader.readexactly(int(length.partition(":")[2])))


async def answers(seen: Listening, reader: Reader, writer: Writer) -> None:
    """Answer every request with OK."""
    while True:
        await request_in(seen, reader)
        writer.write(OK)
        await writer.drain()


def answering(*pieces: bytes) -> Callable[[Listening, Reader, Writer], Awaitable[None]]:
    """Return a talk that answers the first request with these bytes, and hangs up."""

    async def talk(seen: Listening, reader: Reader, writer: Writer) -> None:
        await request_in(seen, reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return talk


async def socks_proxy(seen: Listening, reader: Reader, writer: Writer) -> None:
    """Be a SOCKS5 proxy that answers in place of whoever is asked for; the name it is given is kept as a head."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")  # no login
    _, _, _, kind = await reader.readexactly(4)
    assert kind == 3, "the name was resolved before the proxy"
    [length] = await reader.readexactly(1)
    seen.heads.append((await reader.readexactly(length)).decode())
    await reader.readexactly(2)
    writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    await answers(seen, reader, writer)
