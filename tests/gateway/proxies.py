"""Two small proxies: HTTP, with CONNECT and whole URLs, over TLS too, and SOCKS5; both ask for a login if told to."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """A proxy that is listening, and where it was asked to go."""

    def __init__(self, scheme: str, port: int, login: str) -> None:
        self.scheme = scheme
        self.port = port
        self.login = login
        self.destinations: list[str] = []

    @property
    def url(self) -> str:
        """Return its address, with the login in it."""
        return self.with_login(self.login)

    def with_login(self, login: str) -> str:
        return f"{self.scheme}://{login + '@' if login else ''}127.0.0.1:{self.port}"


@asynccontextmanager
async def http_proxy(login: str = "", tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Serve an HTTP proxy. `login`: `user:password`, or nothing; `tls`: what it shows."""
    async with _serving("http" if tls is None else "https", login, _http, tls) as proxy:
        yield proxy


@asynccontextmanager
async def socks_proxy(login: str = "") -> AsyncIterator[Proxy]:
    """Serve a SOCKS5 proxy; it resolves names, and `upstream.example` is this machine."""
    async with _serving("socks5", login, _socks) as proxy:
        yield proxy


@asynccontextmanager
async def _serving(
    scheme: str,
    login: str,
    serve: Callable[[Proxy, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Proxy]:
    tasks: set[asyncio.Task[None]] = set()
    proxy = Proxy(scheme, 0, login)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await serve(proxy, reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _http(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, target, _ = line.split(" ")
    asked = dict(header.lower().split(": ", 1) for header in headers if header)
    wanted = "basic " + base64.b64encode(proxy.login.encode()).decode().lower()
    if proxy.login and asked.get("proxy-authorization") != wanted:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return
    url = urlsplit(f"//{target}" if method == "CONNECT" else target)
    proxy.destinations.append(f"{method} {url.netloc}")
    there = await asyncio.open_connection(_host(url.hostname or ""), url.port or 80)
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        path = url.path + (f"?{url.query}" if url.query else "")
        kept = [header for header in headers if header and not header.lower().startswith("proxy-")]
        there[1].write("\r\n".join([f"{method} {path} HTTP/1.1", *kept, "", ""]).encode())
    await join((reader, writer), there)


async def _socks(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _, count = await reader.readexactly(2)
    offered = await reader.readexactly(count)
    method = 2 if proxy.login else 0
    if method not in offered:
        writer.write(b"\x05\xff")
        return
    writer.write(bytes((5, method)))
    if proxy.login:
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        is_right = f"{user.decode()}:{password.decode()}" == proxy.login
        writer.write(b"\x01\x00" if is_right else b"\x01\x01")
        if not is_right:
            return
    _, _, _, kind = await reader.readexactly(4)
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = ".".join(map(str, await reader.readexactly(4)))
    port = int.from_bytes(await reader.readexactly(2), "big")
    proxy.destinations.append(f"{host}:{port}")
    there = await asyncio.open_connection(_host(host), port)
    writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    await join((reader, writer), there)


def _host(name: str) -> str:
    return "127.0.0.1" if name.endswith(".example") else name


async def join(here: Streams, there: Streams) -> None:
    """Carry bytes both ways until one side ends."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    try:
        await asyncio.gather(carry(here[0], there[1]), carry(there[0], here[1]))
    finally:
        there[1].close()
