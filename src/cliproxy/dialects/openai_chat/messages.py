"""
What is said in Chat Completions requests -> messages and parts.

Source: `reference` sheets `openai-chat` sections 3 and 8, `translation` sections 4 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

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
    Opaque,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from cliproxy.dialects.base import fields_of, given, text_of, unknown_fields
from cliproxy.dialects.openai_chat import schema
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.data_url import read_data_url, sniffed

NAME = "openai_chat"

_INSTRUCTING = ("system", "developer")
_AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm", "g711_ulaw": "audio/basic", "g711_alaw": "audio/basic"}
_FILE_TYPES = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "xml": "application/xml",
    "json": "application/json",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
_TEXTS = ("text", "input_text", "output_text")
_IMAGES = ("image_url", "input_image")

_decode_message = msgspec.json.Decoder(schema.Message).decode
_decode_part = msgspec.json.Decoder(schema.Part).decode
_decode_call = msgspec.json.Decoder(schema.ToolCall).decode
_decode_function = msgspec.json.Decoder(schema.Function).decode
_decode_detail = msgspec.json.Decoder(schema.ReasoningDetail).decode
_decode_mark = msgspec.json.Decoder(schema.CacheControl).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode

_MESSAGE_FIELDS = fields_of(schema.Message)
_CALL_FIELDS = fields_of(schema.ToolCall)
_PART_FIELDS = {
    "text": {"type", "text", "cache_control"},
    "refusal": {"type", "refusal", "cache_control"},
    "image_url": {"type", "image_url", "cache_control"},
    "file": {"type", "file", "cache_control"},
    "input_audio": {"type", "input_audio", "cache_control"},
}


def decode_messages(raws: list[Raw]) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """Return the instructions that open the conversation, and its turns."""
    instructions: list[Text] = []
    turns: list[Message] = []
    for raw in raws:
        message = _decode_message(raw)
        extras = unknown_fields(raw, _MESSAGE_FIELDS)
        parts = _marked(_said(message, extras), mark_of(message.cache_control))
        if message.role in _INSTRUCTING:
            texts = tuple(part for part in parts if isinstance(part, Text) and part.text)
            if not turns:
                instructions.extend(texts)
            elif texts:
                turns.append(Message(Role.SYSTEM, texts, extras))
        elif message.role == "assistant":
            turns.append(Message(Role.ASSISTANT, tuple(parts), extras))
        elif isinstance(parts[0] if parts else None, ToolResult):
            if turns and turns[-1].role is Role.USER and all(isinstance(p, ToolResult) for p in turns[-1].parts):
                parts = [*turns.pop().parts, *parts]
            turns.append(Message(Role.USER, tuple(parts)))
        else:
            turns.append(Message(Role.USER, tuple(parts), extras))
    return tuple(instructions), tuple(turns)


def mark_of(raw: Raw) -> CacheMark | None:
    """Return what a `cache_control` says."""
    return CacheMark(_decode_mark(raw).ttl or "") if given(raw) else None


def _marked(parts: list[Part], mark: CacheMark | None) -> list[Part]:
    """A message's own mark stands for one on its last part."""
    if mark is None or not parts:
        return parts
    last = parts[-1]
    if isinstance(last, (Reasoning, Foreign)) or last.cache is not None:
        return parts
    return [*parts[:-1], msgspec.structs.replace(last, cache=mark)]


def _said(message: schema.Message, extras: Extras) -> list[Part]:
    if message.role == "assistant":
        return list(_assistant_parts(message))
    if message.role in ("tool", "function"):
        return [ToolResult(message.tool_call_id or "", _result(message.content), extras=extras)]
    return _content(message.content)


def _assistant_parts(message: schema.Message) -> Iterable[Part]:
    yield from _reasoning(message)
    yield from (part for part in _content(message.content) if not (isinstance(part, Text) and not part.text))
    if message.refusal:
        yield Text(message.refusal, refusal=True)
    for raw in message.tool_calls or ():
        call = _decode_call(raw)
        if call.function is None:
            yield Foreign(NAME, f"tool_calls.{call.type}", raw.copy())
        else:
            yield _call(call.id or "", call.function, unknown_fields(raw, _CALL_FIELDS))
    if given(message.function_call):
        yield _call("", _decode_function(message.function_call), {})


def _call(id_: str, function: schema.Function, extras: Extras) -> ToolCall:
    return ToolCall(id_, function.name or "", text_of(function.arguments), extras=extras)


def _reasoning(message: schema.Message) -> Iterable[Reasoning]:
    proved = list(proofs(message.reasoning_details))
    words = text_of(message.reasoning_content) or text_of(message.reasoning)
    if words and not any(thought.text for thought in proved):
        # A client that collects a stream keeps the words apart from the proof that came after them.
        place = next((place for place, thought in enumerate(proved) if not thought.redacted), None)
        if place is None:
            yield Reasoning(words)
        else:
            proved[place] = msgspec.structs.replace(proved[place], text=words)
    yield from proved


def proofs(details: list[Raw] | None) -> Iterable[Reasoning]:
    """
    Return the reasoning that stands in `reasoning_details`, the form OpenRouter gave to signed thoughts.

    Source: recordings of openrouter with feature `reasoning-replay`.
    """
    for raw in details or ():
        try:
            detail = _decode_detail(raw)
        except UNREADABLE:
            continue
        text = detail.text or detail.summary or ""
        if detail.data:
            yield Reasoning("", _proof(detail.data, raw), redacted=True)
        elif detail.signature:
            yield Reasoning(text, _proof(detail.signature, raw))
        elif text:
            yield Reasoning(text)


def _proof(value: str, detail: Raw) -> Opaque:
    """
    Return the proof that a detail holds.

    One made in this dialect is the whole detail but for its text: which upstream made it, for which call, stands in
    its other fields, and has to come back with it.
    """
    proof = read_proof(value, NAME)
    if proof.dialect != NAME:
        return proof
    fields = {name: inner for name, inner in _decode_object(detail).items() if name not in ("text", "summary")}
    if fields.keys() <= {"type", "signature", "data", "index"}:
        return proof
    return Opaque(NAME, _encode(fields).decode())


def _result(raw: Raw) -> tuple[Text | Media | Foreign, ...]:
    parts = _content(raw)
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].text[:1] == "[":
        parts = _pictures(parts[0].text) or parts
    return tuple(part for part in parts if isinstance(part, (Text, Media, Foreign))) or (Text(""),)


def _pictures(text: str) -> list[Part]:
    """Return the parts of a list that was sent as text, where one of them is a picture and all are well-formed."""
    if '"image_url"' not in text and '"input_image"' not in text:
        return []
    try:
        parts = [_part(raw) for raw in _decode_list(text)]
    except (*UNREADABLE, UnicodeEncodeError):
        return []
    well_formed = all(isinstance(part, (Text, Media)) for part in parts)
    return parts if well_formed and any(isinstance(part, Media) for part in parts) else []


def _content(raw: Raw) -> list[Part]:
    """Return a message's content, of whatever shape: what is not text or parts becomes JSON text."""
    if not given(raw):
        return []
    try:
        content = _decode_content(raw)
    except msgspec.ValidationError:
        return [Text(text_of(raw))]
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part) for part in content]


def _part(raw: Raw) -> Part:
    if bytes(raw).lstrip()[:1] == b'"':
        return Text(text_of(raw))
    part = _decode_part(raw)
    extras = unknown_fields(raw, _PART_FIELDS[part.type]) if part.type in _PART_FIELDS else {}
    cache = mark_of(part.cache_control)
    if part.type in _TEXTS and part.text is not None:
        return Text(part.text, extras=extras, cache=cache)
    if part.type == "refusal" and part.refusal is not None:
        return Text(part.refusal, refusal=True, extras=extras, cache=cache)
    if part.type in _IMAGES and part.image_url is not None:
        image = part.image_url if isinstance(part.image_url, schema.ImageUrl) else schema.ImageUrl(part.image_url)
        media = _media(MediaKind.IMAGE, image.url, detail=image.detail or "")
    elif part.type == "file" and part.file is not None and part.file.file_data is not None:
        media = _media(MediaKind.DOCUMENT, part.file.file_data, name=part.file.filename or "")
    elif part.type == "input_audio" and part.input_audio is not None:
        audio = part.input_audio if isinstance(part.input_audio, schema.Audio) else schema.Audio(part.input_audio)
        mime_type = _AUDIO_TYPES.get(audio.format, f"audio/{audio.format}" if audio.format else "")
        media = Media(MediaKind.AUDIO, Inline(audio.data), mime_type)
    else:
        return Foreign(NAME, part.type, raw.copy())
    return msgspec.structs.replace(media, extras=extras, cache=cache) if extras or cache else media


def _media(kind: MediaKind, url: str, *, name: str = "", detail: str = "") -> Media:
    inline = read_data_url(url)
    if inline is not None:
        mime_type = inline.mime_type or sniffed(inline.data) or _type_by_name(name) or "application/octet-stream"
        return Media(kind, Inline(inline.data), mime_type, name, detail)
    if kind is MediaKind.DOCUMENT and "://" not in url:
        return Media(kind, Inline(url), _type_by_name(name) or sniffed(url) or "application/pdf", name, detail)
    return Media(kind, Link(url), "", name, detail)


def _type_by_name(name: str) -> str:
    return _FILE_TYPES.get(name.rpartition(".")[2].lower(), "")
