"""
What a tool gave <-> `functionResponse.response`, which must be an object.

Google's own words for it are `output` and `error`; clients have others. An object with more in it is the result itself.

Source: `reference` sheets `dialects/gemini` section 2, `translation` section 4.3; recordings/gemini (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import Text
from cliproxy.dialects.base import given, text_of
from cliproxy.wire.body import UNREADABLE

_WRAPPERS = ("result", "output", "content", "error")

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


class _Block(Struct, forbid_unknown_fields=True):
    """A text, as parts or content blocks are written."""

    text: str
    type: str = "text"


_decode_block = msgspec.json.Decoder(_Block).decode
_decode_blocks = msgspec.json.Decoder(list[_Block]).decode


def result_content(response: Raw, name: str) -> tuple[tuple[Text, ...], bool]:
    """
    Return what a tool gave, and whether it failed.

    Args:
        response: As it came; usually one field around the result.
        name: The tool's, which some clients repeat beside it.
    """
    if not given(response):
        return (Text(""),), False
    if bytes(memoryview(response)[:1]) != b"{":
        return _texts(response), False
    fields = {field: value for field, value in _decode_object(response).items() if bytes(value) != b"null"}
    is_error = "error" in fields
    if len(fields) == 2 and "name" in fields and text_of(fields["name"]) == name:
        del fields["name"]
    if not fields:
        return (Text(""),), False
    field, value = next(iter(fields.items()))
    if len(fields) == 1 and field in _WRAPPERS:
        return _texts(value), is_error
    return (Text(bytes(response).decode("utf-8", "replace")),), is_error


def response_of(texts: Sequence[Text], *, is_error: bool, origin: str, has_media: bool) -> dict[str, object] | Raw:
    """
    Return what a tool gave, as an object.

    Args:
        texts: What it said.
        is_error: Whether it failed.
        origin: The client's dialect. Messages' lists of blocks stay lists; Responses' strings may hold JSON.
        has_media: Whether pictures stood among the texts, so that they were a list.
    """
    key = "error" if is_error else "result"
    if origin == "anthropic_messages" and (has_media or len(texts) > 1):
        blocks = [{"type": "text", "text": text.text} for text in texts]
        value: object = "" if not blocks else blocks[0] if len(blocks) == 1 else blocks
        return {key: value}
    if origin == "gemini" and len(texts) > 1:
        return {key: [{"text": text.text} for text in texts]}
    whole = "\n".join(text.text for text in texts)
    if origin not in ("openai_responses", "gemini"):
        return {key: whole}
    value_of = _parsed(whole)
    if origin == "gemini" and value_of is not None and _stands_alone(value_of, is_error=is_error):
        return value_of
    return {key: whole if value_of is None else value_of}


def _texts(value: Raw) -> tuple[Text, ...]:
    """Return a result as texts: a string bare, texts in blocks one by one, anything else as JSON."""
    first = bytes(memoryview(value)[:1])
    blocks: list[_Block] = []
    try:
        if first == b"[":
            blocks = _decode_blocks(value)
        elif first == b"{":
            blocks = [_decode_block(value)]
    except UNREADABLE:
        pass
    if blocks:
        return tuple(Text(block.text) for block in blocks)
    return (Text(text_of(value) if first == b'"' else bytes(value).decode("utf-8", "replace")),)


def _parsed(text: str) -> Raw | None:
    """Return a text as JSON where it is one object or list."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "[") or stripped[-1:] not in ("}", "]"):
        return None
    try:
        return msgspec.json.decode(stripped, type=Raw).copy()
    except (*UNREADABLE, UnicodeEncodeError):
        return None


def _stands_alone(value: Raw, *, is_error: bool) -> bool:
    """Tell whether an object reads as the whole result when it is not wrapped."""
    if bytes(memoryview(value)[:1]) != b"{":
        return False
    fields = _decode_object(value)
    return (
        bool(fields)
        and ("error" in fields) is is_error
        and not (len(fields) <= 2 and any(w in fields for w in _WRAPPERS))
    )
