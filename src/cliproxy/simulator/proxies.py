"""
Proxies: HTTP (tunnels, and requests with a whole address) and SOCKS5 (names only, so that nobody else looked them up).

Both ask for a login if they are given one, keep what they were asked for and by how many connections, and can be told
to refuse. Where a name leads is told by a route; what has none is refused.

Source: RFC 9110 §9.3.6, §11.7 (CONNECT, Proxy-Authorization), RFC 9112 §3.2.2, RFC 1928, RFC 1929.
"""

import asyncio
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import ClassVar, TypeAlias
from urllib.parse import quote, urlsplit

Route: TypeAlias = Callable[[str, int], tuple[str, int] | None]  # from a name and port to where it leads
CHUNK = 65_536  # bytes
DROPPED = {"connection", "proxy-connection", "proxy-authorization"}
GRANTED, NOT_ALLOWED, UNREACHABLE, NO_SUCH_COMMAND, NO_SUCH_ADDRESS = 0, 2, 4, 7, 8


class Proxy(ABC):
    """
    A proxy that listens on loopback.

    Args:
        route: Where names lead.
        user, password: The login it asks for; none without a user.
    """

    scheme: ClassVar[str]

    def __init__(self, route: Route, *, user: str = "", password: str = "") -> None:
        self.port = 0  # until it listens
        self.connections = 0
        self.asked: list[str] = []  # `name:port`, granted or not
        self.refuses = False
        self._route = route
        self._user = user
        self._password = password

    @property
    def url(self) -> str:
        """Its address, with the login it asks for."""
        return self.url_with(self._user, self._password)

    def url_with(self, user: str, password: str = "") -> str:
        """Return its address with some login."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{self.scheme}://{login}127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen as long as the block lasts."""
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self.serve(reader, writer)
        finally:
            writer.close()

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""

    def lead(self, name: str, port: int) -> tuple[str, int] | None:
        """Return where a name leads, and remember that it was asked for; None: it is refused."""
        self.asked.append(f"{name}:{port}")
        return None if self.refuses else self._route(name.lower(), port)


class HttpProxy(Proxy):
    """An HTTP proxy; without the right login it answers 407, to a name it does not know 403."""

    scheme: ClassVar[str] = "http"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, headers = _head(await reader.readuntil(b"\r\n\r\n"))
        method, _, rest = line.partition(" ")
        target, _, version = rest.rpartition(" ")
        if not self._is_welcome(headers):
            writer.write(_reply(407, "Proxy Authentication Required", 'proxy-authenticate: Basic realm="proxy"\r\n'))
        elif method == "CONNECT":
            await self._tunnel(target, reader, writer)
        else:
            await self._forward(method, target, version, headers, reader, writer)
        await writer.drain()

    def _is_welcome(self, headers: list[tuple[str, str]]) -> bool:
        login = "Basic " + b64encode(f"{self._user}:{self._password}".encode()).decode()
        return not self._user or dict(headers).get("proxy-authorization") == login

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, _, port = target.rpartition(":")
        address = self.lead(name, int(port)) if port.isdecimal() else None
        if address is None:
            writer.write(_reply(403, "Forbidden"))
            return
        async with _reached(address) as (far_reader, far_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _join(reader, writer, far_reader, far_writer)

    async def _forward(
        self,
        method: str,
        target: str,
        version: str,
        headers: list[tuple[str, str]],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send a request on as its own server wants it; the connection is over after it."""
        parts = urlsplit(target)
        address = self.lead(parts.hostname or "", parts.port or 80) if parts.scheme == "http" else None
        if address is None:
            writer.write(_reply(403, "Forbidden"))
            return
        kept = [f"{name}: {value}\r\n" for name, value in headers if name not in DROPPED]
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        async with _reached(address) as (far_reader, far_writer):
            far_writer.write(f"{method} {path} {version}\r\n{''.join(kept)}connection: close\r\n\r\n".encode("latin-1"))
            await _join(reader, writer, far_reader, far_writer)


class SocksProxy(Proxy):
    """A SOCKS5 proxy that takes names and refuses addresses."""

    scheme: ClassVar[str] = "socks5"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        wanted = 2 if self._user else 0
        if wanted not in offered:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes((5, wanted)))
        if wanted and not await self._is_welcome(reader):
            writer.write(b"\x01\x01")
            return
        if wanted:
            writer.write(b"\x01\x00")
        await self._connect(reader, writer)

    async def _is_welcome(self, reader: asyncio.StreamReader) -> bool:
        await reader.readexactly(1)
        user = await reader.readexactly((await reader.readexactly(1))[0])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        return (user, password) == (self._user.encode(), self._password.encode())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, command, _, kind = await reader.readexactly(4)
        if kind != 3:
            writer.write(_socks_reply(NO_SUCH_ADDRESS))
            return
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
        port = int.from_bytes(await reader.readexactly(2))
        if command != 1:
            writer.write(_socks_reply(NO_SUCH_COMMAND))
            return
        address = self.lead(name, port)
        if address is None:
            writer.write(_socks_reply(NOT_ALLOWED if self.refuses else UNREACHABLE))
            return
        async with _reached(address) as (far_reader, far_writer):
            writer.write(_socks_reply(GRANTED))
            await _join(reader, writer, far_reader, far_writer)


@asynccontextmanager
async def _reached(address: tuple[str, int]) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until both sides have said all; what breaks on one side breaks on the other."""
    ways = [asyncio.create_task(_carry(reader, far_writer)), asyncio.create_task(_carry(far_reader, writer))]
    try:
        await asyncio.gather(*ways)
    except OSError:
        writer.transport.abort()
        far_writer.transport.abort()
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _head(head: bytes) -> tuple[str, list[tuple[str, str]]]:
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    return line, [(name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]


def _reply(status: int, reason: str, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} {reason}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n".encode()


def _socks_reply(code: int) -> bytes:
    return bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0))
