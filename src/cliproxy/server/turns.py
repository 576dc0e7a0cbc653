"""
Frames that a client sends over a websocket -> requests; and the one reply that is given without an upstream.

A frame is the body of `POST /v1/responses` and says in `type` what it is for. What has a meaning on a socket only is
taken out of it: `stream`, for everything is streamed there; `stream_id`, which every event of the reply repeats; and
`generate`, unless it is false, which makes the request a warm-up. Only an upstream that is asked over a socket itself
is asked that. Where there is none, what was said is kept here, and stands before the input of a request that goes on
from it by `previous_response_id`.

Source: `reference` sheets `real-clients` trap 10 and Codex, `http-api` section 7.7, `dialects/openai-responses`
section 5; the event types of openai-python 3.52 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, TopLevel, close_body, not_readable, open_body, put, readable

LONGEST_STREAM_ID = 256  # characters; every event repeats it

_CREATE = "response.create"
_LONGEST_SHOWN = 100  # characters of a client's word that an error repeats
_ECHOED: Mapping[
    str, object
] = {  # what a response says again of its request, and what stands there where the request said nothing
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "model": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": None,
    "store": True,
    "temperature": None,
    "text": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
_NOTHING_USED = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}


class Turn(Struct, frozen=True):
    """One request of a socket."""

    body: bytes  # as it would have been posted
    stream_id: str = ""  # "": the client gave none
    is_warm_up: bool = False


class _Frame(Struct):
    """What of a frame is looked at."""

    type: str = ""
    model: str | None = None
    generate: bool | None = None
    stream_id: str | None = None
    previous_response_id: str | None = None


class _Warm(Struct, frozen=True):
    """What a warm-up said."""

    id: str
    items: tuple[Raw, ...]
    previous: Raw | None  # the reply that it goes on from itself


_decode_frame = msgspec.json.Decoder(_Frame).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


class Turns:
    """Reads the frames of one socket; it keeps the last warm-up, and the model that was named last."""

    def __init__(self) -> None:
        self._warm: _Warm | None = None
        self._model = ""

    def read(self, frame: bytes) -> Turn:
        """Return what a frame asks. Raises RequestError."""
        frame = readable(frame)
        try:
            told = _decode_frame(frame)
        except UNREADABLE as error:
            raise not_readable(error) from None
        if told.type != _CREATE:
            shown = told.type[:_LONGEST_SHOWN]
            raise RequestError(f"unsupported websocket request type: {shown!r}; send {_CREATE!r}")
        if told.stream_id and len(told.stream_id) > LONGEST_STREAM_ID:
            raise RequestError(f"`stream_id` is longer than {LONGEST_STREAM_ID} characters")
        top = open_body(frame)
        is_warm_up = told.generate is False
        for name in ("type", "stream_id") if is_warm_up else ("type", "generate", "stream_id"):
            top.pop(name, None)
        put(top, "stream", value=True)
        if not told.model and self._model:
            put(top, "model", self._model)
        self._model = told.model or self._model
        if self._warm is not None and told.previous_response_id == self._warm.id:
            _go_on(top, self._warm)
        return Turn(close_body(top), told.stream_id or "", is_warm_up=is_warm_up)

    def warm_up(self, turn: Turn, *, reply_id: str, now: float) -> tuple[bytes, ...]:
        """
        Keep what a warm-up said, and return the events of its reply. Raises RequestError.

        Args:
            turn: The warm-up.
            reply_id: By which the client goes on from it.
            now: Unix time.
        """
        top = open_body(turn.body)
        self._warm = _Warm(reply_id, _items(top), top.get("previous_response_id"))
        response = {
            "id": reply_id,
            "object": "response",
            "created_at": int(now),
            "background": False,
            "error": None,
            "incomplete_details": None,
            "output": [],
            **{name: top.get(name, default) for name, default in _ECHOED.items()},
        }
        ended = {"status": "completed", "completed_at": int(now), "usage": _NOTHING_USED}
        return (
            _event("response.created", 0, {**response, "status": "in_progress", "usage": None}),
            _event("response.completed", 1, {**response, **ended}),
        )


def _event(kind: str, number: int, response: dict[str, object]) -> bytes:
    return _encode({"type": kind, "sequence_number": number, "response": response})


def _go_on(top: TopLevel, warm: _Warm) -> None:
    """Put what a warm-up said before the input of a request that goes on from it."""
    put(top, "input", [*warm.items, *_items(top)])
    if warm.previous is None:
        del top["previous_response_id"]
    else:
        top["previous_response_id"] = warm.previous


def _items(top: TopLevel) -> tuple[Raw, ...]:
    """Return the input as items: a string is one message of the user. Each is its own copy. Raises RequestError."""
    given = bytes(top.get("input", b"null"))
    if given == b"null":
        return ()
    if given.startswith(b'"'):
        return (Raw(b'{"role":"user","content":%b}' % given),)
    try:
        return tuple(item.copy() for item in _decode_list(given))
    except msgspec.DecodeError:
        raise RequestError("`input` is neither text nor a list of items") from None
