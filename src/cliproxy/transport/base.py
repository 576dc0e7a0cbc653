"""
How an upstream is called. The gateway's own way is `http.py`; whoever wants another HTTP or TLS stack writes a
`Transport`.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import NotRequired, Protocol, Self, TypedDict

from cliproxy.wire.http import Headers, HttpRequest


class Calling(TypedDict):
    """
    How upstreams are called.

    connect_timeout: Seconds until a connection must stand; proxy, TLS and upgrade included.
    idle_timeout: Seconds of silence after which an answer counts as broken off.
    answer_timeout: Seconds after which a call of which nothing was heard has no answer; None: as `idle_timeout`.
    proxy: URL for calls that name none; "direct": none; "": the environment's.
    tls: How TLS is spoken to upstreams and proxies; None: as the system does.
    """

    connect_timeout: float
    idle_timeout: float
    answer_timeout: NotRequired[float | None]
    proxy: NotRequired[str]
    tls: NotRequired[ssl.SSLContext | None]


class TransportError(Exception):
    """The upstream could not be talked to. The message holds no secret."""


class Unreachable(TransportError):  # noqa: N818 (a state of the upstream)
    """No answer came: refused, unknown host, silent too long."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class BrokenOff(TransportError):  # noqa: N818 (a state of the reply)
    """The answer began and did not end: reset, cut, silent too long."""


class TooLong(TransportError):  # noqa: N818 (a state of the reply)
    """A reply that is to be read whole is longer than its bound."""


def answer_timeout(calling: Calling) -> float:
    """Return the seconds that an upstream may take to say anything."""
    stated = calling.get("answer_timeout")
    return calling["idle_timeout"] if stated is None else stated


class UpstreamResponse(Protocol):
    """An answer that has begun. Leaving its context frees the connection; an unread one is closed."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Headers:
        """The headers, looked up without regard to case."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        ...

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every chunk to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        ...


class Transport(Protocol):
    """Calls upstreams."""

    async def send(self, request: HttpRequest) -> UpstreamResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
