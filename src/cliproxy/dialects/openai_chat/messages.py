"""
What is said in Chat Completions requests -> messages and parts.

Source: `reference` sheets `openai-chat` sections 3 and 8, `translation` sections 4 and 13.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    FileId,
    Foreign,
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
from cliproxy.dialects.base import ABSENT, given, text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.annotations import citations
from cliproxy.dialects.openai_chat.beyond import Reader
from cliproxy.dialects.openai_chat.media import VENDOR, media_of
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reasoning import GOOGLE, thoughts
from cliproxy.wire.body import UNREADABLE

_INSTRUCTING = ("system", "developer")
_KINDS = ("text", "refusal", "thinking", "image_url", "file", "input_audio", "video_url", "document_url")
_TEXTS = ("text", "input_text", "output_text")

_read_message = Reader(schema.Message)
_read_part = Reader(schema.Part)
_read_call = Reader(schema.ToolCall)
_read_function = Reader(schema.Function)
_decode_mark = msgspec.json.Decoder(schema.CacheControl).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode
_encode = msgspec.json.Encoder().encode


def decode_messages(raws: list[Raw]) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """Return the instructions that open the conversation, and its turns."""
    instructions: list[Text] = []
    turns: list[Message] = []
    results: list[Part] = []  # one after another, which are one turn
    shown: list[Part] = []  # pictures among instructions, which no vendor takes there
    for raw in raws:
        message, extras = _message(raw)
        if given(message.name):
            extras = {"name": message.name.copy(), **extras}
        if message.role in ("tool", "function"):
            result = ToolResult(message.tool_call_id or "", _result(message.content), extras=extras)
            results += _marked([result], message)
            continue
        if results:
            turns.append(Message(Role.USER, tuple(results)))
            results = []
        if message.role == "assistant":
            turns.append(Message(Role.ASSISTANT, tuple(_marked(list(_assistant_parts(message)), message)), extras))
        elif message.role in _INSTRUCTING:
            parts = _marked(_content(message.content), message)
            texts = [part for part in parts if isinstance(part, Text) and part.text]
            shown += [part for part in parts if isinstance(part, Media)]
            if turns and texts:
                turns.append(Message(Role.SYSTEM, tuple(texts), extras))
            elif texts:
                texts[0] = msgspec.structs.replace(texts[0], extras=texts[0].extras | extras) if extras else texts[0]
                instructions += texts
        else:
            turns.append(Message(Role.USER, tuple(_marked(_content(message.content), message)), extras))
    if results:
        turns.append(Message(Role.USER, tuple(results)))
    return tuple(instructions), tuple(_shown(turns, shown) if shown else turns)


def _message(raw: Raw) -> tuple[schema.Message, Extras]:
    try:
        return _read_message(raw)
    except msgspec.ValidationError:
        return _read_message(_with_text(raw))


def _with_text(raw: Raw) -> bytes:
    """Return a message whose content is no text and no list of parts as one that says it in JSON."""
    fields = _decode_object(raw)
    try:
        _decode_content(fields.get("content", Raw(b"null")))
    except msgspec.ValidationError:
        fields["content"] = Raw(_encode(text_of(fields["content"])))
    return _encode(fields)


def _shown(turns: list[Message], pictures: list[Part]) -> list[Message]:
    """Show pictures in the first turn of the user in which he says something himself."""
    for place, turn in enumerate(turns):
        if turn.role is Role.USER and not any(isinstance(part, ToolResult) for part in turn.parts):
            said = msgspec.structs.replace(turn, parts=(*pictures, *turn.parts))
            return [*turns[:place], said, *turns[place + 1 :]]
    return [*turns, Message(Role.USER, tuple(pictures))]


def mark_of(raw: Raw) -> CacheMark | None:
    """Return what a `cache_control` says."""
    return CacheMark(_decode_mark(raw).ttl or "") if given(raw) else None


def _marked(parts: list[Part], message: schema.Message) -> list[Part]:
    """A message's own mark stands for one on its last part."""
    mark = mark_of(message.cache_control) if message.cache_control else None
    if mark is None or not parts:
        return parts
    last = parts[-1]
    if isinstance(last, (Reasoning, Foreign)) or last.cache is not None:
        return parts
    return [*parts[:-1], msgspec.structs.replace(last, cache=mark)]


# What the assistant said


def _assistant_parts(message: schema.Message) -> Iterable[Part]:
    words = message.reasoning_content or message.reasoning
    if words or message.reasoning_details:
        said = text_of(message.reasoning_content) or text_of(message.reasoning)
        yield from thoughts(said, message.reasoning_details)
    spoken = [part for part in _content(message.content) if not (isinstance(part, Text) and not part.text)]
    if message.annotations or message.extra_content is not None:
        spoken = _sourced(spoken, message)
    yield from spoken
    if message.refusal:
        yield Text(message.refusal, refusal=True)
    for raw in message.images or ():
        yield _part(raw)
    if message.audio is not None:
        if message.audio.transcript and not spoken:
            yield Text(message.audio.transcript)
        if message.audio.id:
            yield Media(MediaKind.AUDIO, FileId(VENDOR, message.audio.id))
    for raw in message.tool_calls or ():
        yield _call(raw)
    if given(message.function_call):
        function, _ = _read_function(message.function_call)
        yield ToolCall("", function.name or "", text_of(function.arguments))


def _sourced(parts: list[Part], message: schema.Message) -> list[Part]:
    """Hang on the last text what the message tells of its words: where they come from, and their proof."""
    place = next((place for place in reversed(range(len(parts))) if isinstance(parts[place], Text)), None)
    if place is None:
        return parts
    before = sum(len(part.text) for part in parts[:place] if isinstance(part, Text))
    found = tuple(citations(message.annotations, before)) if message.annotations else ()
    proof = _proof(message.extra_content, "text")
    text = msgspec.structs.replace(parts[place], citations=found, proof=proof)
    return [*parts[:place], text, *parts[place + 1 :]]


def _proof(content: schema.ExtraContent | None, on: str) -> Opaque | None:
    signature = content.google.thought_signature if content and content.google else None
    return Opaque(GOOGLE, signature, on) if signature else None


def _call(raw: Raw) -> ToolCall | Foreign:
    call, extras = _read_call(raw)
    proof = _proof(call.extra_content, "call")
    if call.function is not None:
        function = call.function
        return ToolCall(call.id or "", function.name or "", text_of(function.arguments), proof, extras)
    if call.custom is not None:
        custom = call.custom
        return ToolCall(call.id or "", custom.name or "", text_of(custom.input), proof, extras, free_text=True)
    return Foreign(NAME, f"tool_calls.{call.type}", raw.copy())


# Content


def _result(content: str | list[Raw] | None) -> tuple[Text | Media | Foreign, ...]:
    parts = _content(content)
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


def _content(content: str | list[Raw] | None) -> list[Part]:
    if content is None:
        return []
    return [Text(content)] if isinstance(content, str) else [_part(part) for part in content]


def _part(raw: Raw) -> Part:
    if bytes(raw).lstrip()[:1] == b'"':
        return Text(text_of(raw))
    try:
        part, extras = _read_part(raw)
    except msgspec.ValidationError:
        kind = text_of(_decode_object(raw).get("type", ABSENT))
        if kind in _KINDS:
            raise
        return Foreign(NAME, kind, raw.copy())
    cache = mark_of(part.cache_control) if part.cache_control else None
    if part.type in _TEXTS and part.text is not None:
        return Text(part.text, extras=extras, cache=cache)
    if part.type == "refusal" and part.refusal is not None:
        return Text(part.refusal, refusal=True, extras=extras, cache=cache)
    if part.type == "thinking":
        return Reasoning(text_of(part.thinking), extras=extras)
    media = media_of(part)
    if media is None:
        return Foreign(NAME, part.type, raw.copy())
    return msgspec.structs.replace(media, extras=extras, cache=cache) if extras or cache else media
