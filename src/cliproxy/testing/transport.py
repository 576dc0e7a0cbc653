"""
A `Transport` that plays what simulated upstreams answer: no sockets, and the time is the loop's.

    transport = SimulatedTransport({"api.example": Upstream().answer, "login.example": token_server.answer})

Each host has a behaviour, which turns a request into an `Answer`. Pauses pass as `asyncio.sleep`, so under `run` of
`testing.loop` they cost nothing; a `Cut` breaks the connection off, silence beyond the idle timeout as well. A caller
that leaves before the end is seen in the upstream's `Call`, as a socket would show it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from cliproxy.simulator.answer import Answer, Cut, Pause, Request
from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.wire.http import HttpRequest

IDLE_TIMEOUT = 300.0  # seconds

Behaviour = Callable[[Request], Answer]


class SimulatedTransport:
    """Calls behaviours instead of upstreams."""

    def __init__(self, hosts: Mapping[str, Behaviour], *, idle_timeout: float = IDLE_TIMEOUT) -> None:
        """
        Make a transport.

        Args:
            hosts: Who answers at which host; another host cannot be reached. May be changed while calls are made.
            idle_timeout: Seconds of silence after which an answer counts as broken off; before its head, as none.
        """
        self.open = 0  # answers that were begun and not left
        self._hosts = hosts
        self._idle_timeout = idle_timeout

    async def send(self, request: HttpRequest) -> SimulatedResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        host, asked = _asked(request)
        behaviour = self._hosts.get(host)
        if behaviour is None:
            raise Unreachable(f"{host} could not be reached: unknown host")
        response = SimulatedResponse(behaviour(asked), self._idle_timeout, self._closed)
        self.open += 1
        try:
            await response.head(host)
        except BaseException:
            response.leave()
            raise
        return response

    async def close(self) -> None:
        """Nothing is kept open."""

    def _closed(self) -> None:
        self.open -= 1


class SimulatedResponse:
    """An answer that is being played."""

    def __init__(self, answer: Answer, idle_timeout: float, closed: Callable[[], None]) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = AnyCase(answer.headers)
        self._answer = answer
        self._idle_timeout = idle_timeout
        self._closed = closed
        self._finished = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    async def head(self, host: str) -> None:
        """Wait for the head. Raises Unreachable."""
        await asyncio.sleep(0)  # even the nearest upstream takes a turn
        for piece in self._answer.before:
            if isinstance(piece, Cut):
                self._finished = True
                raise Unreachable(f"{host} could not be reached: reset")
            if not await self._passes(piece):
                raise Unreachable(f"{host} did not answer in time", timed_out=True)

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        body = bytearray()

        def take(chunk: bytes) -> None:
            body.extend(chunk)
            if len(body) > longest:
                raise TooLong(f"the answer is longer than {longest} bytes")

        await self.pump(take, _nothing)
        return bytes(body)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every chunk to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        call = self._answer.call
        for piece in self._answer.pieces:
            if isinstance(piece, bytes):
                if call is not None:
                    call.sent += len(piece)
                into(piece)
                await flush()
            elif isinstance(piece, Cut):
                self._finished = True
                raise BrokenOff("the upstream broke off in the middle of its answer")
            elif not await self._passes(piece):
                raise BrokenOff("the upstream fell silent")
        self._finished = True

    def leave(self) -> None:
        """Let go of the answer; the upstream sees whether that was before its end."""
        call = self._answer.call
        if call is not None:
            call.finished, call.abandoned = self._finished, not self._finished
        self._closed()

    async def _passes(self, pause: Pause) -> bool:
        """Wait; tell whether it was short enough."""
        await asyncio.sleep(min(pause.seconds, self._idle_timeout))
        return pause.seconds < self._idle_timeout


class AnyCase(Mapping[str, str]):
    """Headers, looked up without regard to case."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def _asked(request: HttpRequest) -> tuple[str, Request]:
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers}
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    host = url.hostname or ""
    return host, Request(request.method, unquote(url.path), query, headers, request.body, host)


async def _nothing() -> None:
    """There is nobody to wait for."""
