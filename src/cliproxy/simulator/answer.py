"""
What reaches a simulated upstream and what it answers, apart from any socket.

A behaviour turns a `Request` into an `Answer` and is done; whoever plays the answer keeps the time: it waits where
there is a `Pause`, writes bytes where there are bytes, and drops the connection where there is a `Cut`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, Any]


class Request(msgspec.Struct, frozen=True):
    """One HTTP request, body and all. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    host: str = ""  # that was asked, in lower case, without a port; "": it does not matter


class Pause(msgspec.Struct, frozen=True):
    """Nothing happens for a while."""

    seconds: float


class Cut(msgspec.Struct, frozen=True):
    """The connection is dropped here, without a goodbye."""


Piece: TypeAlias = bytes | Pause | Cut


class Call(msgspec.Struct):
    """A request as the upstream kept it; `finished`, `abandoned` and `sent` are written by whoever plays the answer."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    key: str
    model: str
    finished: bool = False  # every piece was played
    abandoned: bool = False  # the caller left before that
    sent: int = 0  # bytes of body written
    host: str = ""  # that was asked

    def json(self) -> Any:
        """Return the body as JSON."""
        return msgspec.json.decode(self.body)


class Answer(msgspec.Struct, frozen=True):
    """A head, and a body in pieces. `before` happens ahead of the head; a `Cut` there means that no head is sent."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterable[Piece]
    before: tuple[Pause | Cut, ...] = ()
    call: Call | None = None


def whole(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return an answer whose body is one piece."""
    return Answer(status, headers, (body,) if body else ())
