"""
Content blocks of Messages requests -> parts, in every shape that clients send.

Source: `reference` sheets `claude-messages` sections 2 and 8, `translation` section 4 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    Foreign,
    Media,
    MediaKind,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.citations import read_citations
from cliproxy.dialects.anthropic_messages.media import read_media
from cliproxy.dialects.anthropic_messages.proofs import read_signature
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.anthropic_messages.traces import kind_of, trace
from cliproxy.dialects.base import fields_of, given, text_of, unknown_fields

ATTRIBUTION = "x-anthropic-billing-header: "  # a pseudo-header in the first system block; nothing to other vendors

_KINDS = {"image": MediaKind.IMAGE, "document": MediaKind.DOCUMENT}
_FIELDS = {  # what is known of a block, by its type
    "text": {"type", "text", "citations", "cache_control"},
    "image": {"type", "source", "cache_control"},
    "document": {"type", "source", "title", "cache_control"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "text", "signature"},
    "redacted_thinking": {"type", "data"},
}
_TOLD_FIELDS = {  # of those that other vendors are told in words
    "document": {"type", "source", "title", "context", "cache_control"},
    "search_result": {"type", "source", "title", "content", "cache_control"},
    "tool_reference": {"type", "tool_name"},
    "compaction": {"type", "content", "cache_control"},
}
_DEFAULTS: dict[str, object] = {"caller": {"type": "direct"}, "citations": {"enabled": False}}  # they change nothing
_MARK_FIELDS = fields_of(schema.CacheControl)

_decode_block = msgspec.json.Decoder(schema.Block).decode
_decode_source = msgspec.json.Decoder(schema.Source).decode
_decode_mark = msgspec.json.Decoder(schema.CacheControl).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


def parts_of(raw: Raw) -> list[Part]:
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
    if bytes(raw)[:1] == b'"':
        return Text(text_of(raw))
    try:
        block = _decode_block(raw)
    except msgspec.ValidationError:
        if kind_of(raw) in {"", *_FIELDS}:
            raise
        return trace(raw.copy())  # of a kind whose fields are of other types than those of the same name we know
    known = _FIELDS.get(block.type)
    if known is None:
        return _foreign(block, raw)
    extras = _unknown(raw, known)
    cache = mark_of(block.cache_control, extras)
    match block.type:
        case "text":
            return Text(block.text or "", extras=extras, cache=cache, citations=read_citations(block.citations))
        case "image" | "document":
            return read_media(_KINDS[block.type], block, extras, cache) or _foreign(block, raw)
        case "tool_use":
            return ToolCall(block.id or "", block.name or "", _arguments(block.input), extras=extras, cache=cache)
        case "tool_result":
            content = result_content(parts_of(block.content))
            return ToolResult(block.tool_use_id or "", content, block.is_error is True, extras=extras, cache=cache)
        case "thinking":
            proof = read_signature(block.signature) if block.signature else None
            return Reasoning(_thinking(block), proof, extras=extras)
        case _:
            return Reasoning("", read_signature(block.data or ""), redacted=True, extras=extras)


def mark_of(raw: Raw, extras: Extras) -> CacheMark | None:
    """Return what a `cache_control` says; what is not understood of it goes to the extras."""
    if not given(raw):
        return None
    mark = _decode_mark(raw)
    extras |= {f"cache_control.{name}": value for name, value in unknown_fields(raw, _MARK_FIELDS).items()}
    if mark.type != "ephemeral":
        extras["cache_control.type"] = Raw(msgspec.json.encode(mark.type))
    return CacheMark(mark.ttl or "")


def without_attribution(text: str) -> str:
    """Return a text without the attribution line that it begins with."""
    return text.partition("\n")[2] if text.startswith(ATTRIBUTION) else text


def result_content(parts: list[Part]) -> tuple[Text | Media | Foreign, ...]:
    """Return what a tool gave; nothing is an empty text."""
    content: list[Text | Media | Foreign] = []
    for part in parts:
        if isinstance(part, Text) and part.text.startswith(ATTRIBUTION):
            content.append(msgspec.structs.replace(part, text=without_attribution(part.text)))
        elif isinstance(part, (Text, Media, Foreign)):
            content.append(part)
    return tuple(content) or (Text(""),)


def _unknown(raw: Raw, known: set[str]) -> Extras:
    extras = unknown_fields(raw, known)
    for name in extras.keys() & _DEFAULTS.keys():
        if msgspec.json.decode(extras[name]) == _DEFAULTS[name]:
            del extras[name]
    return extras


def _foreign(block: schema.Block, raw: Raw) -> Foreign:
    instead = list(_instead(block))
    known = _TOLD_FIELDS.get(block.type)
    if instead and known is not None:
        extras = _unknown(raw, known)
        cache = mark_of(block.cache_control, extras)
        if isinstance(instead[0], Text):
            instead[0] = msgspec.structs.replace(instead[0], extras=instead[0].extras | extras)
        instead[-1] = msgspec.structs.replace(instead[-1], cache=instead[-1].cache or cache)
        found = (block.tool_name,) if block.type == "tool_reference" and block.tool_name else ()
        return Foreign(NAME, block.type, raw.copy(), tuple(instead), tools=found)
    return trace(raw.copy())


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


def _heading(*lines: str | None) -> list[Text]:
    text = "\n".join(line for line in lines if line)
    return [Text(text)] if text else []


def _told(raw: Raw) -> list[Text | Media]:
    return [part for part in parts_of(raw) if isinstance(part, (Text, Media))]


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
