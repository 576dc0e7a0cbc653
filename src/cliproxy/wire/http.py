"""The values of an HTTP call, on either side, without a framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

Headers = Mapping[str, str]  # looked up without regard to case where it came from a wire
HeaderList = tuple[tuple[str, str], ...]  # as they are sent, in order


class HttpRequest(Struct, frozen=True, gc=False):
    """A call to an upstream."""

    method: str
    url: str
    headers: HeaderList
    body: bytes
    proxy: str = ""  # URL; "": what the environment of the transport says; "direct": none


class Inbound(Struct, frozen=True):
    """A client's call. `read` gives the body, bounded and decompressed."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    peer: str  # address of the other side of the socket
    read: Callable[[], Awaitable[bytes]]
