"""What the simulator has to know about a vendor: how it reads, how it speaks, how it refuses."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.talk import Asked, Said

SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"
CREATED = 1767225600  # unix time of everything said here, 2026-01-01: no clock is read


class Problem(Enum):
    """Why a vendor refuses before a model is asked."""

    NO_KEY = auto()
    BAD_KEY = auto()
    BAD_JSON = auto()
    UNKNOWN_MODEL = auto()
    UNKNOWN_PATH = auto()
    WRONG_FORM = auto()  # a recorded case was asked for in a form it was not recorded in


class Refusal(msgspec.Struct, frozen=True):
    """A vendor's no. `message` may hold one `{}` for what was found."""

    status: int
    message: str
    kind: str = ""  # the vendor's word; by default the one that belongs to the status
    code: str | None = None
    param: str | None = None

    def about(self, found: str) -> "Refusal":
        return msgspec.structs.replace(self, message=self.message.replace("{}", found))


class Refused(Exception):  # noqa: N818 - it is not an error of ours: the vendor said no
    """Raised while reading a request that the vendor would not accept."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, message, param=param, code=code)

    @classmethod
    def because(cls, refusal: Refusal) -> "Refused":
        refused = cls(refusal.message)
        refused.refusal = refusal
        return refused


Headers: TypeAlias = Mapping[str, str]


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """
    One vendor's API.

    `frames` yields the stream cut into frames; the first `opening` of them carry no content. Ids are made from a
    serial number. `stream_error` says no in the middle of a stream, after so many frames; it may take several.
    """

    dialect: str
    key_of: Callable[[Request], str]
    read: Callable[[Request, JsonObject], Asked]
    whole: Callable[[Asked, Said, int], bytes]
    frames: Callable[[Asked, Said, int], Iterator[bytes]]
    count: Callable[[Asked], bytes]
    models: Callable[[tuple[str, ...]], bytes]
    problems: Mapping[Problem, Refusal]
    error_body: Callable[[Refusal, int], bytes]
    stream_error: Callable[[Asked, Refusal, int, int], list[bytes]]
    opening: int
    usual: Mapping[int, Refusal]
    overload: int  # the status under which it says that it has too much to do
    request_id: Callable[[int], Headers]
    compact: Callable[[Asked, int], bytes] | None = None  # a conversation made shorter, where the vendor does that
    bad_bearer: Refusal | None = None  # where an unknown token is answered differently from an unknown key
    stream_type: str = SSE
    json_type: str = JSON

    def usual_refusal(self, status: int) -> Refusal:
        """Return what this vendor says with a status."""
        return self.usual.get(status, Refusal(status, "The server had an error while processing your request."))

    def bad_key(self, request: Request, key: str) -> Refusal:
        """Return what this vendor says to a key it does not know."""
        if self.bad_bearer is not None and bearer(request):
            return self.bad_bearer
        return self.problems[Problem.BAD_KEY].about(key[:8] + "*" * len(key[8:]))


def bearer(request: Request) -> str:
    """Return the key in an Authorization header, or nothing."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def event(name: str | None, data: JsonObject) -> bytes:
    """Return one frame of an event stream."""
    head = b"event: " + name.encode() + b"\n" if name else b""
    return head + b"data: " + msgspec.json.encode(data) + b"\n\n"
