"""
Messages as nearly all of them are, decoded in one go: known blocks, each field of its usual type and none besides.

Whatever is not of this shape is refused as a whole and read again, field by field, in `messages` and `blocks`.

Source: `reference` sheet `claude-messages` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Literal, assert_never

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import (
    CacheMark,
    FileId,
    Inline,
    Link,
    Media,
    MediaKind,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages.blocks import ATTRIBUTION, result_content
from cliproxy.dialects.anthropic_messages.media import VENDOR
from cliproxy.dialects.anthropic_messages.proofs import read_signature
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.data_url import plain_base64, sniffed


class _Mark(Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["ephemeral"]
    ttl: str | None = None


class _Text(Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    text: str
    citations: None = None
    cache_control: _Mark | None = None


class _Base64(Struct, tag_field="type", tag="base64", forbid_unknown_fields=True, gc=False):
    data: str
    media_type: str = ""


class _Url(Struct, tag_field="type", tag="url", forbid_unknown_fields=True, gc=False):
    url: str


class _File(Struct, tag_field="type", tag="file", forbid_unknown_fields=True, gc=False):
    file_id: str


class _Image(Struct, tag_field="type", tag="image", forbid_unknown_fields=True, gc=False):
    source: _Base64 | _Url | _File
    cache_control: _Mark | None = None


class _Caller(Struct, forbid_unknown_fields=True, gc=False):
    type: Literal["direct"]


class _ToolUse(Struct, tag_field="type", tag="tool_use", forbid_unknown_fields=True, gc=False):
    id: str
    name: str
    input: Raw
    caller: _Caller | None = None
    cache_control: _Mark | None = None


class _ToolResult(Struct, tag_field="type", tag="tool_result", forbid_unknown_fields=True, gc=False):
    tool_use_id: str
    content: str | list[_Text | _Image] | None = None
    is_error: bool | None = None
    cache_control: _Mark | None = None


class _Thinking(Struct, tag_field="type", tag="thinking", forbid_unknown_fields=True, gc=False):
    thinking: str
    signature: str = ""


class _Redacted(Struct, tag_field="type", tag="redacted_thinking", forbid_unknown_fields=True, gc=False):
    data: str


_Block = _Text | _ToolUse | _ToolResult | _Thinking | _Redacted | _Image


class Message(Struct, forbid_unknown_fields=True, gc=False):
    """One message of plain blocks."""

    role: str
    content: str | list[_Block]


_decode_all = msgspec.json.Decoder(list[Message]).decode
_decode_one = msgspec.json.Decoder(Message).decode


def plain_messages(raw: Raw) -> list[Message] | None:
    """Return all messages; None where one is not plain."""
    try:
        return _decode_all(raw)
    except UNREADABLE:
        return None


def plain_message(raw: Raw) -> Message | None:
    """Return one message; None where it is not plain."""
    try:
        return _decode_one(raw)
    except UNREADABLE:
        return None


def plain_parts(message: Message) -> list[Part]:
    """Return what a message says."""
    content = message.content
    return [Text(content)] if isinstance(content, str) else [_part(block) for block in content]


def _part(block: _Block) -> Part:
    match block:
        case _Text(text):
            return Text(text, cache=_cache(block.cache_control))
        case _ToolUse(id_, name):
            return ToolCall(id_, name, _arguments(block.input), cache=_cache(block.cache_control))
        case _ToolResult(id_, content):
            result = _result(content)
            return ToolResult(id_, result, block.is_error is True, cache=_cache(block.cache_control))
        case _Thinking(thinking, signature):
            return Reasoning(thinking, read_signature(signature) if signature else None)
        case _Redacted(data):
            return Reasoning("", read_signature(data), redacted=True)
        case _Image():
            return _media(block)
        case _:
            assert_never(block)


def _cache(mark: _Mark | None) -> CacheMark | None:
    return None if mark is None else CacheMark(mark.ttl or "")


def _arguments(raw: Raw) -> str:
    text = bytes(raw).decode()
    if text[:1] == '"':  # some clients send JSON in a string
        return msgspec.json.decode(raw, type=str)
    return "{}" if text == "null" else text


def _result(content: str | list[_Text | _Image] | None) -> tuple[Text | Media, ...]:
    if isinstance(content, str) and not content.startswith(ATTRIBUTION):
        return (Text(content),)
    parts: list[Part] = [Text(content)] if isinstance(content, str) else [_part(block) for block in content or ()]
    return tuple(part for part in result_content(parts) if isinstance(part, (Text, Media)))


def _media(image: _Image) -> Media:
    cache = _cache(image.cache_control)
    match image.source:
        case _Base64(data, mime_type):
            plain = plain_base64(data)
            return Media(MediaKind.IMAGE, Inline(plain), mime_type or sniffed(plain), cache=cache)
        case _Url(url):
            return Media(MediaKind.IMAGE, Link(url), cache=cache)
        case _File(id_):
            return Media(MediaKind.IMAGE, FileId(VENDOR, id_), cache=cache)
        case _:
            assert_never(image.source)
