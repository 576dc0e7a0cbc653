"""
One turn over a websocket: the request is one text frame, and each frame of the answer one event of an event stream.

    {"type":"response.create", <the body>}          ->
                                                    <-   {"type":"response.created", ...}       data: {...}
                                                    <-   {"type":"response.completed", ...}     data: {...}

So what reads event streams reads these turns too. A refusal that comes before any event of a reply becomes an answer
with the status, headers and body it would have had over HTTP.

Source: `reference` sheet `providers/codex` section c2; OpenAI's guide to the Responses API's websocket mode
(read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import http
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

import msgspec
from msgspec import Raw, Struct
from multidict import CIMultiDict
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from cliproxy.transport.base import BrokenOff, Unreachable
from cliproxy.transport.whole import WholeResponse, gathered
from cliproxy.wire.body import UNREADABLE, close_body, open_body, put
from cliproxy.wire.headers import carried
from cliproxy.wire.http import Headers

EVENT_STREAM = "text/event-stream"
MOST_HELD = 16  # frames about the account that may come before the first about the reply
LONGEST_HELD = 1024 * 1024  # characters of them

_CREATE = b'{"type":"response.create"'
_ERROR, _DONE = "error", "response.done"
_ENDS = (_ERROR, "response.completed", "response.incomplete", "response.failed", "response.cancelled", _DONE)
_END = re.compile(r'"type"\s*:\s*"(?:error|response\.(?:completed|incomplete|failed|cancelled|done))"')
_ABOUT_ACCOUNT = "codex."  # how the types of such frames begin
_TOO_OLD = "websocket_connection_limit_reached"  # a socket serves for an hour
_STATUS_LENGTH = 3  # digits
_SPACES = str.maketrans("\r\n", "  ")
_NOTHING = Raw()


class Gone(Exception):  # noqa: N818 (a state of the socket)
    """The socket ended before anything was said of an answer."""


class _Kind(Struct):
    """What every frame says first."""

    type: str = ""


class _Told(_Kind):
    """What a refusal says."""

    status: int | str | None = None
    status_code: int | str | None = None
    error: Raw = _NOTHING
    headers: Mapping[str, object] | None = None


_decode_kind = msgspec.json.Decoder(_Kind).decode
_decode_told = msgspec.json.Decoder(_Told).decode
_encode = msgspec.json.Encoder().encode


class Turn:
    """One request and its answer, over a socket that has no other meanwhile."""

    status = 200

    def __init__(
        self,
        connection: ClientConnection,
        idle_timeout: float,
        headers: Mapping[str, str],
        left: Callable[[bool], None],
    ) -> None:
        """
        Make ready to ask.

        Args:
            connection: The socket.
            idle_timeout: Seconds of silence after which an answer counts as broken off.
            headers: What the upstream said with the handshake, if this is the first turn.
            left: Is told at the end whether the socket can serve another turn.
        """
        self._connection = connection
        self._idle_timeout = idle_timeout
        self._left = left
        self._held: list[bytes] = []
        self._has_ended = False
        self._is_clean = False  # what the upstream said is read to its end
        kept: CIMultiDict[str] = CIMultiDict(headers)
        kept["content-type"] = EVENT_STREAM
        self.headers: Headers = kept

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left(self._is_clean)

    async def ask(self, body: bytes, answer_timeout: float) -> Self | WholeResponse:
        """
        Send the request, and return the answer once something is said of it.

        Args:
            body: Of the request.
            answer_timeout: Seconds until then.

        Raises:
            Gone: The socket had ended, or ends without a word.
            Unreachable: The upstream is silent for too long, or makes no sense.
        """
        try:
            async with asyncio.timeout(answer_timeout):
                await self._connection.send(framed(body), text=True)
                frame = await self._first()
        except ConnectionClosed as error:
            raise Gone(f"the websocket was closed: {error.rcvd.code if error.rcvd else 'cut'}") from None
        except TimeoutError:
            raise Unreachable("the upstream did not answer in time", timed_out=True) from None
        except BrokenOff as error:
            raise Unreachable(str(error)) from None
        refusal = refused(frame)
        if refusal is None:
            self._held.append(self._event(frame))
            return self
        if _TOO_OLD.encode() in refusal.body:
            raise Gone("the websocket has served for too long")
        self._is_clean = True
        self._left(self._is_clean)
        return refusal

    async def read(self, longest: int) -> bytes:
        """Return the whole stream. Raises BrokenOff, TooLong."""
        return await gathered(self.pump, longest)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every event to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        for event in self._held:
            into(event)
        self._held.clear()
        await flush()
        while not self._has_ended:
            try:
                frame = await self._received(self._idle_timeout)
            except ConnectionClosed:
                raise BrokenOff("the upstream closed its websocket in the middle of its answer") from None
            except TimeoutError:
                raise BrokenOff("the upstream fell silent") from None
            into(self._event(frame))
            await flush()

    async def _first(self) -> str:
        """Return the first frame that speaks of the reply; what speaks of the account is held until then."""
        size = 0
        while True:
            frame = await self._received(None)
            size += len(frame)
            is_too_much = len(self._held) >= MOST_HELD or size > LONGEST_HELD
            if is_too_much or not _type_of(frame).startswith(_ABOUT_ACCOUNT):
                return frame
            self._held.append(_as_event(frame))

    async def _received(self, within: float | None) -> str:
        async with asyncio.timeout(within):
            frame = await self._connection.recv()
        if isinstance(frame, bytes):
            raise BrokenOff("the upstream sent a binary frame")
        return frame

    def _event(self, frame: str) -> bytes:
        """Return a frame as an event, and note whether it is the last."""
        if _END.search(frame):
            kind = _type_of(frame)
            self._has_ended = kind in _ENDS
            self._is_clean = self._has_ended and kind != _ERROR  # after an error, more may come
            if kind == _DONE:
                return _as_event(_renamed(frame))
        return _as_event(frame)


def framed(body: bytes) -> bytes:
    """Return a request's body as the frame that asks for a reply."""
    rest = body.lstrip()[1:].lstrip()
    return _CREATE + (b"" if rest.startswith(b"}") else b",") + rest


def refused(frame: str) -> WholeResponse | None:
    """Return a refusal as an answer; None: the frame is none, or does not say with which status."""
    if not _END.search(frame):
        return None
    try:
        told = _decode_told(frame)
    except UNREADABLE:
        return None
    status = _number(told.status) or _number(told.status_code)
    if told.type != _ERROR or not 400 <= status < 600:
        return None
    stated = (told.headers or {}).items()
    headers: CIMultiDict[str] = CIMultiDict(carried((name, str(value)) for name, value in stated))
    headers["content-type"] = "application/json"
    error: object = told.error
    if not bytes(told.error).startswith((b"{", b'"')):
        error = {"type": "server_error", "message": _phrase(status)}
    return WholeResponse(status, headers, _encode({"error": error}))


def _number(status: int | str | None) -> int:
    text = str(status)
    return int(text) if text.isdecimal() and len(text) == _STATUS_LENGTH else 0


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "the upstream refused"


def _type_of(frame: str) -> str:
    try:
        return _decode_kind(frame).type
    except UNREADABLE:
        return ""


def _renamed(frame: str) -> str:
    top = open_body(frame.encode())
    put(top, "type", "response.completed")
    return close_body(top).decode()


def _as_event(frame: str) -> bytes:
    return b"data: %b\n\n" % (frame.translate(_SPACES) if "\n" in frame or "\r" in frame else frame).encode()
