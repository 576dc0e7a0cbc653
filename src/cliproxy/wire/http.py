"""The values of an HTTP call, on either side, without a framework."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

Headers = Mapping[str, str]  # looked up without regard to case where it came from a wire
HeaderList = tuple[tuple[str, str], ...]  # as they are sent, in order


class Carrier(enum.Enum):
    """What a call goes over."""

    HTTP = "http"
    WEBSOCKET = "websocket"  # the body is one text frame, each frame of the answer one event of a stream
    RELAY = "relay"  # a page that dialled in makes the call


class HttpRequest(Struct, frozen=True, gc=False):
    """A call to an upstream."""

    method: str
    url: str
    headers: HeaderList
    body: bytes
    proxy: str = ""  # URL; "": what the environment of the transport says; "direct": none
    carrier: Carrier = Carrier.HTTP
    channel: str = ""  # over a websocket, for whom the socket is kept; over a relay, which page; else ""

    def __repr__(self) -> str:
        """Headers and proxy hold secrets, the body what somebody said."""
        return f"HttpRequest({self.method} {self.url.partition('?')[0]}, {len(self.body)} bytes)"


class HttpResponse(Struct, frozen=True):
    """An answer that was read whole."""

    status: int
    headers: Headers
    body: bytes
    at: float = 0.0  # unix time at which it was there

    def __repr__(self) -> str:
        """Headers and body may hold tokens."""
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


class Wait(Struct, frozen=True, gc=False):
    """A pause in a talk of several requests."""

    seconds: float


class Ask(Struct, frozen=True):
    """A question to the person who started the talk. The answer is a text: a choice's, or his own; "": the default."""

    question: str
    choices: tuple[str, ...] = ()  # what he may say; (): anything
    default: str = ""
    is_secret: bool = False  # so that it is not shown while he types


Step = HttpRequest | Wait | Ask

Steps = Generator[Step, "HttpResponse | str | None", T]
"""A talk of several requests, written as plain code: a `yield` is a request, a pause (None) or a question (text)."""


def fetched(request: HttpRequest) -> Steps[HttpResponse]:
    """Send a request as one step of a talk, and return its answer."""
    answer = yield request
    assert isinstance(answer, HttpResponse)
    return answer


def told(ask: Ask) -> Steps[str]:
    """Ask a question as one step of a talk, and return what was said; "" means the default."""
    answer = yield ask
    return (answer if isinstance(answer, str) else "").strip() or ask.default


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
