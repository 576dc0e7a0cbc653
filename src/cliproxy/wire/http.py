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

    def __repr__(self) -> str:
        """Headers and proxy hold secrets, the body what somebody said."""
        return f"HttpRequest({self.method} {self.url.partition('?')[0]}, {len(self.body)} bytes)"


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
