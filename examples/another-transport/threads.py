"""
A transport of one's own: the standard library's HTTP client, in threads.

Whoever wants another HTTP or TLS stack writes these two classes around it. What they owe: a redirect is an answer like
any other; chunks are handed on as they come; leaving an answer before its end closes its connection.

    python threads.py config.yaml
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Self, cast
from urllib.parse import urlsplit

from cliproxy import BrokenOff, Gateway, Headers, HttpRequest, TooLong, Unreachable

MOST_AT_ONCE = 64  # answers that are waited for, each in a thread
LONGEST_SILENCE = 300.0  # seconds
CHUNK = 65536  # bytes

FAILED = (OSError, HTTPException, ValueError)


class Threads:
    """Calls each upstream on a connection of its own; proxies are not for it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE)

    async def send(self, request: HttpRequest) -> ThreadedResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        url = urlsplit(request.url)
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.netloc, timeout=LONGEST_SILENCE)
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"

        def ask() -> HTTPResponse:
            connection.request(request.method, target, request.body, dict(request.headers))
            return connection.getresponse()

        try:
            response = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except FAILED as error:
            connection.close()
            raise Unreachable(f"{url.hostname} could not be reached: {type(error).__name__}") from None
        except asyncio.CancelledError:
            hang_up(connection)
            raise
        return ThreadedResponse(connection, response, self._threads)

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)


class ThreadedResponse:
    """An answer that a thread reads."""

    def __init__(self, connection: HTTPConnection, response: HTTPResponse, threads: ThreadPoolExecutor) -> None:
        self.status = response.status
        self.headers = cast(Headers, response.headers)  # looked up without regard to case, as it must be
        self._connection = connection
        self._response = response
        self._threads = threads

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        hang_up(self._connection)

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        body = bytearray()

        def take(chunk: bytes) -> None:
            body.extend(chunk)
            if len(body) > longest:
                raise TooLong(f"the answer is longer than {longest} bytes")

        async def nothing() -> None:
            """There is nobody to wait for."""

        await self.pump(take, nothing)
        return bytes(body)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every chunk to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                chunk = await loop.run_in_executor(self._threads, self._response.read1, CHUNK)
            except FAILED as error:
                raise BrokenOff("the upstream broke off in the middle of its answer") from error
            if not chunk:
                return
            into(chunk)
            await flush()


def hang_up(connection: HTTPConnection) -> None:
    """Close a connection, and wake the thread that may be reading from it."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()


if __name__ == "__main__":
    file = sys.argv[1] if len(sys.argv) > 1 else "config.yaml"
    asyncio.run(Gateway.from_file(file, transport=Threads()).serve())
