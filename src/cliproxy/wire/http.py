"""The values of an HTTP call, on either side, without a framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

Headers = Mapping[str, str]  # looked up without regard to case where it came from a wire
HeaderList = tuple[tuple[str, str], ...]  # as they are sent, in order


class HttpRequest(Struct, frozen=True, gc=False):
    """A call to an upstream."""

    method: str
    url: str
    headers: HeaderList
    body: bytes
    proxy: str = ""  # URL; "": what the environment of the transport says; "direct": none

    def __repr__(self) -> str:
        """Headers and proxy hold secrets, the body what somebody said."""
        return f"HttpRequest({self.method} {self.url.partition('?')[0]}, {len(self.body)} bytes)"


class HttpResponse(Struct, frozen=True):
    """An answer that was read whole."""

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        """Headers and body may hold tokens."""
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


class Wait(Struct, frozen=True, gc=False):
    """A pause in a talk of several requests."""

    seconds: float


Steps = Generator["HttpRequest | Wait", "HttpResponse | None", T]
"""A talk of several requests, written as plain code: each `yield` is a request and its answer, or a pause (None)."""


class Inbound(Struct, frozen=True):
    """A client's call. `read` gives the body, bounded and decompressed."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    peer: str  # address of the other side of the socket
    read: Callable[[], Awaitable[bytes]]

    def __repr__(self) -> str:
        """Headers and query hold the client's key."""
        return f"Inbound({self.method} {self.path} from {self.peer})"
