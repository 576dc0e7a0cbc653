"""
Requests that go on from a reply by its id -> the same requests, with all that came before said in full.

Source: `reference` sheet `openai-responses` sections 2, 6 and 7.8, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

from cliproxy.dialects.base import Continuing, Heard, given
from cliproxy.dialects.openai_responses import schema
from cliproxy.errors import GatewayError, RequestError
from cliproxy.wire.body import UNREADABLE, close_body, open_body, put, settled
from cliproxy.wire.frames import Frame

_ITEM_DONE = "response.output_item.done"
_ENDS = ("response.completed", "response.incomplete")

_decode_turn = msgspec.json.Decoder(schema.Turn).decode
_decode_said = msgspec.json.Decoder(schema.Said).decode
_decode_item = msgspec.json.Decoder(schema.Item).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


def items(body: bytes) -> tuple[bytes, ...]:
    """Return the items of a request's own input. One that cannot be read has none."""
    try:
        return tuple(bytes(item) for item in _items(_decode_turn(body).input))
    except UNREADABLE:
        return ()


def continued(body: bytes, before: Sequence[bytes]) -> bytes:
    """Return a request with everything that came before in its input. Raises RequestError."""
    top = open_body(body)
    top.pop("previous_response_id", None)
    try:
        own = _items(top.get("input", Raw(b"null")))
    except UNREADABLE as error:
        raise RequestError(f"input cannot be read: {error}") from None
    put(top, "input", [*(Raw(item) for item in before), *own])
    return close_body(top)


def heard(frame: Frame) -> Heard | None:
    """Return what an event, or a whole reply, adds to what can be gone on from."""
    try:
        said = _decode_said(settled(frame.data))
    except UNREADABLE:
        return None
    if said.type == _ITEM_DONE:
        return Heard((bytes(said.item),)) if given(said.item) else None
    reply = said.response if said.type in _ENDS else said
    if reply is None or reply.object != "response" or not reply.id:
        return None
    return Heard(tuple(bytes(item) for item in reply.output or ()), reply.id)


def not_found(id_: str) -> GatewayError:
    """Return the vendor's error for a reply that nobody knows."""
    return RequestError(f"Previous response with id '{id_}' not found.", code="previous_response_not_found")


def _items(given_input: Raw) -> list[Raw]:
    if not given(given_input):
        return []
    if bytes(given_input)[:1] == b'"':
        return [Raw(_encode({"type": "message", "role": "user", "content": given_input}))]
    return _decode_list(given_input)


def is_taken_back(item: bytes) -> bool:
    """Tell whether the API takes an item back: reasoning is only read again by its encrypted form."""
    if b'"reasoning"' not in item:
        return True
    try:
        read = _decode_item(item)
    except UNREADABLE:
        return True
    return read.type != "reasoning" or bool(read.encrypted_content)


CONTINUING = Continuing(
    items=items,
    continued=continued,
    is_taken_back=is_taken_back,
    heard=heard,
    signs=re.compile(rb'"response\.(?:output_item\.done|completed|incomplete)"'),
    not_found=not_found,
)
