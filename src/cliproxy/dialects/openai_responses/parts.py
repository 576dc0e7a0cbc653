"""
The parts of messages and outputs -> text, media, and what hangs on words.

Source: `reference` sheets `openai-responses` section 3, `translation` section 4.5 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    FileId,
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Text,
)
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import given, text_of, unknown_fields
from cliproxy.dialects.openai_responses import schema
from cliproxy.wire.body import UNREADABLE
from cliproxy.wire.data_url import plain_base64, read_data_url, sniffed

NAME = "openai_responses"
VENDOR = "openai"  # whose file ids these are

_TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text")
_IMAGES = ("input_image", "image_url")
_FILES = ("input_file", "file")
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
_MARKS = ("prompt_cache_breakpoint", "cache_control")
_PART_FIELDS = {
    **{kind: {"type", "text", "annotations", "logprobs", *_MARKS} for kind in _TEXTS},
    **{kind: {"type", "image_url", "file_id", "detail", *_MARKS} for kind in _IMAGES},
    **{kind: {"type", "file_data", "file_id", "file_url", "filename", *_MARKS} for kind in _FILES},
    "refusal": {"type", "refusal", *_MARKS},
    "input_audio": {"type", "input_audio", "data", "format", *_MARKS},
}

_decode_only_text = msgspec.json.Decoder(schema.OnlyText).decode
_decode_part = msgspec.json.Decoder(schema.Part).decode
_decode_image = msgspec.json.Decoder(schema.ImageUrl).decode
_decode_audio = msgspec.json.Decoder(schema.Audio).decode
_decode_mark = msgspec.json.Decoder(schema.Breakpoint).decode
_decode_annotation = msgspec.json.Decoder(schema.Annotation).decode
_decode_logprobs = msgspec.json.Decoder(list[schema.Logprob]).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode

_encode = msgspec.json.Encoder().encode

Said = Text | Media | Foreign
Content = Raw | str | list[schema.OnlyText] | None


def first_sign(raw: Raw) -> bytes:
    """Return what a value begins with, which tells its type."""
    return bytes(memoryview(raw)[:1])


def decode_content(content: Content) -> list[tuple[str, Said]]:
    """
    Return content of whatever shape as parts, each with its type.

    A string is one text; what is neither a string nor a list of parts becomes JSON text.
    """
    if isinstance(content, str):
        return [("", Text(content))]
    if isinstance(content, list):
        return [_plain(part) for part in content]
    if content is None or not given(content):
        return []
    return _of_any_shape(content)


def _of_any_shape(raw: Raw) -> list[tuple[str, Said]]:
    first = first_sign(raw)
    if first == b"[":
        return [decode_part(part) for part in _decode_list(raw)]
    if first == b"{":
        kind, part = decode_part(raw)
        return [(kind, Text(text_of(raw)) if isinstance(part, Foreign) else part)]
    return [("", Text(text_of(raw)))]


def readable_texts(content: Content) -> list[tuple[int, Text]]:
    """Return the texts in content of whatever shape, each with its place; what cannot be read is passed over."""
    try:
        return [(place, part) for place, (_, part) in enumerate(decode_content(content)) if isinstance(part, Text)]
    except UNREADABLE:
        pass
    raws = _decode_list(content) if isinstance(content, Raw) and first_sign(content) == b"[" else []
    texts = []
    for place, raw in enumerate(raws):
        try:
            part = decode_part(raw)[1]
        except UNREADABLE:
            continue
        if isinstance(part, Text):
            texts.append((place, part))
    return texts


def decode_output(output: Content) -> tuple[Said, ...]:
    """Return what a tool gave; a list with pictures that was sent as a string is a list again."""
    content = decode_content(output)
    is_anything = any(not kind and isinstance(part, Foreign) for kind, part in content)
    if isinstance(output, Raw) and (is_anything or first_sign(output) == b"{"):
        return (Text(bytes(output).decode("utf-8", "replace")),)
    parts = tuple(part for _, part in content)
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].text[:1] == "[":
        return _pictures(parts[0].text) or parts
    return parts or (Text(""),)


def _pictures(text: str) -> tuple[Said, ...]:
    if '"input_image"' not in text and '"image_url"' not in text:
        return ()
    try:
        parts = tuple(decode_part(raw)[1] for raw in _decode_list(text))
    except (*UNREADABLE, UnicodeEncodeError):
        return ()
    well_formed = not any(isinstance(part, Foreign) for part in parts)
    return parts if well_formed and any(isinstance(part, Media) for part in parts) else ()


def decode_part(raw: Raw) -> tuple[str, Said]:
    """Return one part, and its type; one without a neutral meaning stays as it came."""
    try:
        return _plain(_decode_only_text(raw))
    except msgspec.ValidationError:
        pass
    if first_sign(raw) == b'"':
        return "", Text(text_of(raw))
    part = _decode_part(raw)
    known = _PART_FIELDS.get(part.type or "input_text")
    extras = unknown_fields(raw, known) if known else {}
    kind = part.type or ("input_text" if given(part.text) else "")
    cache = _mark(part.prompt_cache_breakpoint) or _mark(part.cache_control)
    if kind in _TEXTS:
        said: Said | None = Text(
            text_of(part.text),
            extras=extras,
            cache=cache,
            citations=citations_of(part.annotations),
            logprobs=logprobs_of(part.logprobs),
        )
    elif kind == "refusal":
        said = Text(part.refusal or "", refusal=True, extras=extras, cache=cache)
    else:
        said = _media(kind, part, extras, cache)
    return kind, said or Foreign(NAME, kind, raw.copy())


def _plain(part: schema.OnlyText) -> tuple[str, Said]:
    if part.type not in _TEXTS:
        fields = {"annotations": part.annotations, "logprobs": part.logprobs}
        said = {name: value for name, value in fields.items() if value}
        return part.type, Foreign(NAME, part.type, Raw(_encode({"type": part.type, "text": part.text, **said})))
    if not part.annotations and not part.logprobs:
        return part.type, Text(part.text)
    citations, logprobs = citations_of(part.annotations), logprobs_of(part.logprobs)
    return part.type, Text(part.text, citations=citations, logprobs=logprobs)


def _mark(raw: Raw) -> CacheMark | None:
    return CacheMark(_decode_mark(raw).ttl or "") if given(raw) else None


def _media(kind: str, part: schema.Part, extras: Extras, cache: CacheMark | None) -> Media | None:
    if kind in _IMAGES:
        url, detail = _image_url(part)
        source = FileId(VENDOR, part.file_id) if part.file_id and not url else None
        return _shown(MediaKind.IMAGE, url, source, "", detail, extras, cache)
    if kind in _FILES:
        url = part.file_data or part.file_url or ""
        source = FileId(VENDOR, part.file_id) if part.file_id and not url else None
        if part.file_data and read_data_url(url) is None:
            mime_type = _type_by_name(part.filename or "") or sniffed(url) or "application/pdf"
            return Media(
                MediaKind.DOCUMENT, Inline(plain_base64(url)), mime_type, part.filename or "", "", extras, cache
            )
        return _shown(MediaKind.DOCUMENT, url, source, part.filename or "", _word(part.detail), extras, cache)
    if kind == "input_audio":
        inner = bytes(part.input_audio)[:1] == b"{"
        audio = _decode_audio(part.input_audio) if inner else schema.Audio(part.data or "", part.format)
        if audio.data:
            return Media(MediaKind.AUDIO, _audio(audio.data), _audio_type(audio.format), extras=extras, cache=cache)
    return None


def _shown(
    kind: MediaKind,
    url: str,
    source: FileId | None,
    name: str,
    detail: str,
    extras: Extras,
    cache: CacheMark | None,
) -> Media | None:
    if source is not None:
        return Media(kind, source, "", name, detail, extras, cache)
    if not url:
        return None
    inline = read_data_url(url)
    if inline is None:
        return Media(kind, Link(url), "", name, detail, extras, cache)
    mime_type = inline.mime_type or sniffed(inline.data) or _type_by_name(name) or "application/octet-stream"
    return Media(kind, Inline(inline.data), mime_type, name, detail, extras, cache)


def _image_url(part: schema.Part) -> tuple[str, str]:
    """Return a picture's address and how closely to look at it: the address may stand in an object, as in Chat."""
    detail = _word(part.detail)
    if bytes(part.image_url)[:1] != b"{":
        return text_of(part.image_url), detail
    image = _decode_image(part.image_url)
    return image.url, detail or _word(image.detail)


def _word(raw: Raw) -> str:
    return text_of(raw) if bytes(raw)[:1] == b'"' else ""


def _audio(data: str) -> Inline:
    inline = read_data_url(data)
    return Inline(inline.data if inline is not None else plain_base64(data))


def _audio_type(form: str | None) -> str:
    return _AUDIO_TYPES.get(form, f"audio/{form}") if form else ""


def _type_by_name(name: str) -> str:
    return _FILE_TYPES.get(name.rpartition(".")[2].lower(), "")


def citations_of(raw: Raw) -> tuple[Citation, ...]:
    """Return what `annotations` say."""
    if not given(raw) or bytes(raw) == b"[]":
        return ()
    try:
        return tuple(_citations(_decode_list(raw)))
    except UNREADABLE:
        return ()


def _citations(annotations: list[Raw]) -> Iterator[Citation]:
    for raw in annotations:
        citation = citation_of(raw)
        if citation is not None:
            yield citation


def citation_of(raw: Raw) -> Citation | None:
    """Return what one annotation says; None where it cannot be read."""
    try:
        annotation = _decode_annotation(raw)
    except UNREADABLE:
        return None
    start, end = annotation.start_index, annotation.end_index
    return Citation(
        annotation.url or "",
        annotation.title or "",
        start=-1 if start is None else start,
        end=-1 if end is None else end,
        dialect=NAME,
        body=raw.copy(),
    )


def logprobs_of(raw: Raw) -> tuple[Logprob, ...]:
    """Return how likely the tokens were."""
    if not given(raw) or bytes(raw) == b"[]":
        return ()
    try:
        tokens = _decode_logprobs(raw)
    except UNREADABLE:
        return ()
    return tuple(_logprob(token, tuple(_logprob(other) for other in token.top_logprobs or ())) for token in tokens)


def _logprob(token: schema.Likely, top: tuple[Logprob, ...] = ()) -> Logprob:
    return Logprob(token.token, token.logprob, None if token.bytes is None else tuple(token.bytes), top)
