"""
Codex over a WebSocket: a text frame asks for an answer, and each event of the answer is a text frame.

A later turn names the answer before it and brings only what is new: what was said before is remembered here, as long
as the socket lasts, and nowhere else. `generate: false` has a turn remembered that is not answered.

Source: sheet `providers/codex` c2.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import msgspec

from cliproxy.simulator.answer import Answer, Cut, JsonObject, Pause
from cliproxy.simulator.loose import mapping, mappings, string
from cliproxy.simulator.vendor import CREATED

LOST = 1006  # what a connection's end is called that had no goodbye
NOT_TEXT = 1003
BROKEN_OFF = 1011


class Frames(Protocol):
    """The vendor's end of a WebSocket."""

    async def receive(self) -> str | bytes | None:
        """Return the next frame; None once the other side is gone."""

    async def send(self, text: str) -> None:
        """Send a text frame; raises ConnectionError once the other side is gone."""

    async def close(self, code: int) -> None:
        """End it with a code; 1006: drop the connection without a word."""


class Turns:
    """
    The turns of one socket.

    Args:
        frames: The socket.
        ask: Gives the answer to a frame whose conversation has been put together.
    """

    def __init__(self, frames: Frames, ask: Callable[[bytes, JsonObject], Answer]) -> None:
        self._frames = frames
        self._ask = ask
        self._last_id = ""
        self._said: list[Any] = []  # items of the conversation up to the last answer
        self._prewarmed = 0

    async def play(self) -> None:
        """Answer frame by frame until one side ends it."""
        while (frame := await self._frames.receive()) is not None:
            if isinstance(frame, bytes):
                await self._frames.close(NOT_TEXT)
                return
            try:
                await self._turn(frame.encode())
            except _Ended as ended:
                await self._frames.close(ended.code)
                return
            except ConnectionError:
                return

    async def _turn(self, frame: bytes) -> None:
        body = _object(frame)
        if body is None or body.pop("type", None) != "response.create":
            await self._fail(400, _error("Expected a frame of type response.create.", "invalid_request_error"))
            return
        previous = body.pop("previous_response_id", None)
        if previous is not None and (not self._last_id or previous != self._last_id):
            message = f"Previous response with id '{previous}' not found."
            error = _error(message, "invalid_request_error", "previous_response_not_found", "previous_response_id")
            await self._fail(400, error)
            return
        if previous is not None and isinstance(body.get("input"), list):
            body["input"] = [*self._said, *body["input"]]
        if body.pop("generate", True) is False:
            await self._prewarm(body)
        else:
            await self._answer({"stream": True, **body}, self._ask(frame, {"stream": True, **body}))

    async def _prewarm(self, body: JsonObject) -> None:
        self._prewarmed += 1
        self._remember(f"resp_warm_{self._prewarmed}", body, [])
        response = {"id": self._last_id, "object": "response", "created_at": CREATED, "output": []}
        response |= {"model": string(body.get("model")), "usage": None}
        for number, (name, status) in enumerate((("created", "in_progress"), ("completed", "completed"))):
            event = {"type": f"response.{name}", "response": {**response, "status": status}, "sequence_number": number}
            await self._frames.send(msgspec.json.encode(event).decode())

    async def _answer(self, body: JsonObject, answer: Answer) -> None:
        for piece in answer.before:
            await _wait(piece)
        if answer.status != 200:
            content = b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))
            headers = {name: value for name, value in answer.headers.items() if name.startswith(("x-", "retry-after"))}
            await self._fail(answer.status, _error_in(content), headers)
            return
        items: list[Any] = []
        async for data in _events(answer):
            event = mapping(msgspec.json.decode(data))
            await self._frames.send(data.decode())
            if event.get("type") == "response.output_item.done":
                items.append(event["item"])
            if event.get("type") in ("response.completed", "response.incomplete"):
                self._remember(string(event["response"]["id"]), body, items)
                return
            if event.get("type") == "response.failed":
                return
        raise _Ended(BROKEN_OFF)

    def _remember(self, response_id: str, body: JsonObject, items: list[Any]) -> None:
        self._last_id, self._said = response_id, [*mappings(body.get("input")), *items]

    async def _fail(self, status: int, error: JsonObject, headers: dict[str, str] | None = None) -> None:
        said: JsonObject = {"type": "error", "status": status, "error": error}
        await self._frames.send(msgspec.json.encode(said | ({"headers": headers} if headers else {})).decode())


class _Ended(Exception):  # noqa: N818 - a turn in the story, not an error
    """This side ends the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def _events(answer: Answer) -> AsyncIterator[bytes]:
    """Yield the data of each event as soon as it is whole; raises _Ended where the connection is cut."""
    held = b""
    for piece in answer.pieces:
        if not isinstance(piece, bytes):
            await _wait(piece)
            continue
        *frames, held = (held + piece).split(b"\n\n")
        for frame in frames:
            for line in frame.split(b"\n"):
                if line.startswith(b"data: "):
                    yield line.removeprefix(b"data: ")


async def _wait(piece: Pause | Cut) -> None:
    if isinstance(piece, Cut):
        raise _Ended(LOST)
    await asyncio.sleep(piece.seconds)


def _object(frame: bytes) -> JsonObject | None:
    try:
        return msgspec.json.decode(frame, type=dict)
    except msgspec.MsgspecError:
        return None


def _error_in(content: bytes) -> JsonObject:
    body = _object(content) or {}
    return mapping(body.get("error")) or _error(string(body.get("detail")) or "Server error", "invalid_request_error")


def _error(message: str, kind: str, code: str | None = None, param: str | None = None) -> JsonObject:
    return {"type": kind, "code": code, "message": message, "param": param}
