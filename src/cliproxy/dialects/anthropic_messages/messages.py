"""
What is said in Messages requests -> messages and parts.

Source: `reference` sheets `claude-messages` sections 2 and 8, `translation` section 4 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw

from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.base import fields_of, given, text_of, unknown_fields
from cliproxy.wire.data_url import plain_base64, sniffed

NAME = "anthropic_messages"
ATTRIBUTION = "x-anthropic-billing-header: "  # a pseudo-header in the first system block; nothing to other vendors

_decode_message = msgspec.json.Decoder(schema.Message).decode
_decode_block = msgspec.json.Decoder(schema.Block).decode
_decode_source = msgspec.json.Decoder(schema.Source).decode
_decode_mark = msgspec.json.Decoder(schema.CacheControl).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode

_MESSAGE_FIELDS = fields_of(schema.Message)
_BLOCK_FIELDS = {
    "text": {"type", "text", "cache_control"},
    "image": {"type", "source", "cache_control"},
    "document": {"type", "source", "title", "cache_control"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "text", "signature"},
    "redacted_thinking": {"type", "data"},
}


def decode_instructions(system: str | list[Raw] | None) -> tuple[tuple[Text, ...], str]:
    """Return the system texts that say something, and the attribution line, which is no instruction."""
    blocks = [Text(system)] if isinstance(system, str) else [decode_block(raw) for raw in system or ()]
    texts = []
    attribution = ""
    for block in blocks:
        if not isinstance(block, Text):
            continue
        text = without_attribution(block.text)
        attribution = attribution or block.text[: len(block.text) - len(text)]
        if text.strip():
            texts.append(block if text is block.text else msgspec.structs.replace(block, text=text))
    return tuple(texts), attribution


def without_attribution(text: str) -> str:
    """Return a text without the attribution line that it begins with."""
    return text.partition("\n")[2] if text.startswith(ATTRIBUTION) else text


def decode_turn(raw: Raw) -> Message:
    """Return one message."""
    message = _decode_message(raw)
    extras = unknown_fields(raw, _MESSAGE_FIELDS)
    parts = _parts(message.content)
    if message.role == "assistant":
        return Message(Role.ASSISTANT, tuple(parts), extras)
    # Thoughts in a user's mouth are nobody's: a client could plant them.
    parts = [part for part in parts if not isinstance(part, Reasoning)]
    return Message(Role.REMINDER if message.role == "system" else Role.USER, tuple(parts), extras)


def _parts(raw: Raw) -> list[Part]:
    """Return content of whatever shape: a string, a list of strings or blocks, one bare block, or any JSON as text."""
    if not given(raw):
        return []
    first = bytes(raw).lstrip()[:1]
    if first == b"{":
        return [decode_block(raw)] if "type" in _decode_object(raw) else [Text(text_of(raw))]
    try:
        content = _decode_content(raw)
    except msgspec.ValidationError:
        return [Text(text_of(raw))]
    if content is None:
        return []
    return [Text(content)] if isinstance(content, str) else [decode_block(part) for part in content]


def decode_block(raw: Raw) -> Part:
    """Return one content block; one without a neutral meaning stays as it came."""
    if bytes(raw).lstrip()[:1] == b'"':
        return Text(text_of(raw))
    block = _decode_block(raw)
    extras = unknown_fields(raw, _BLOCK_FIELDS[block.type]) if block.type in _BLOCK_FIELDS else {}
    cache = mark_of(block.cache_control)
    match block.type:
        case "text":
            return Text(block.text or "", extras=extras, cache=cache)
        case "image":
            return _media(MediaKind.IMAGE, block, extras, cache) or Foreign(NAME, "image", raw.copy())
        case "document":
            return _media(MediaKind.DOCUMENT, block, extras, cache) or _foreign(block, raw)
        case "tool_use":
            return ToolCall(block.id or "", block.name or "", _arguments(block.input), extras=extras, cache=cache)
        case "tool_result":
            return _tool_result(block, extras, cache)
        case "thinking":
            proof = read_proof(block.signature, NAME) if block.signature else None
            return Reasoning(_thinking(block), proof, extras=extras)
        case "redacted_thinking":
            return Reasoning("", read_proof(block.data or "", NAME), redacted=True, extras=extras)
        case _:
            return _foreign(block, raw)


def mark_of(raw: Raw) -> CacheMark | None:
    """Return what a `cache_control` says."""
    return CacheMark(_decode_mark(raw).ttl or "") if given(raw) else None


def _tool_result(block: schema.Block, extras: Extras, cache: CacheMark | None) -> ToolResult:
    content: list[Text | Media | Foreign] = []
    for part in _parts(block.content):
        if isinstance(part, Text) and part.text.startswith(ATTRIBUTION):
            content.append(msgspec.structs.replace(part, text=without_attribution(part.text)))
        elif isinstance(part, (Text, Media, Foreign)):
            content.append(part)
    return ToolResult(
        block.tool_use_id or "", tuple(content) or (Text(""),), block.is_error is True, extras=extras, cache=cache
    )


def _foreign(block: schema.Block, raw: Raw) -> Foreign:
    return Foreign(NAME, block.type, raw.copy(), tuple(_instead(block)))


def _instead(block: schema.Block) -> Iterator[Text | Media]:
    """Say what a block means in words that every vendor has."""
    match block.type:
        case "document" if given(block.source):
            source = _decode_source(block.source)
            inner = [Text(source.data)] if source.type == "text" and source.data else _told(source.content)
            if inner:
                yield from _heading(block.title, block.context)
                yield from inner
        case "search_result":
            yield from _heading(block.title, text_of(block.source))
            yield from _told(block.content)
        case "tool_reference" if block.tool_name:
            yield Text(f"The tool {block.tool_name} can be used now.")
        case "compaction":
            yield from _told(block.content)
        case _:
            return


def _heading(*lines: str | None) -> Iterable[Text]:
    text = "\n".join(line for line in lines if line)
    return [Text(text)] if text else []


def _told(raw: Raw) -> list[Text | Media]:
    return [part for part in _parts(raw) if isinstance(part, (Text, Media))]


def _thinking(block: schema.Block) -> str:
    """Return the words of a thinking block: a string, or an object with `text`, or under `text` beside it."""
    raw = block.thinking
    if not given(raw):
        return block.text or ""
    if bytes(raw)[:1] != b"{":
        return text_of(raw)
    inner = _decode_object(raw).get("text")
    return text_of(inner) if inner is not None else ""


def _arguments(raw: Raw) -> str:
    """Return a call's input as JSON text; some clients send it as a JSON string already."""
    return text_of(raw) if bytes(raw)[:1] == b'"' else bytes(raw).decode() if given(raw) else "{}"


def _media(kind: MediaKind, block: schema.Block, extras: Extras, cache: CacheMark | None) -> Media | None:
    if not given(block.source):
        return None
    source = _decode_source(block.source)
    mime_type = source.media_type or source.mime_type or ""
    name = block.title or ""
    if source.type == "url" and source.url:
        return Media(kind, Link(source.url), mime_type, name, extras=extras, cache=cache)
    data = plain_base64(source.data or source.base64 or "")
    if source.type == "base64" and data:
        return Media(kind, Inline(data), mime_type or sniffed(data), name, extras=extras, cache=cache)
    return None
