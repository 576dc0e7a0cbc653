"""
Pictures, sound, films and documents in Chat Completions.

Source: `reference` sheets `openai-chat` sections 3 and 8, `translation` section 4.5 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.request import FileId, Inline, Link, Media, MediaKind
from cliproxy.dialects.base import text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.wire.data_url import read_data_url, sniffed, write_data_url

VENDOR = "openai"  # in whose accounts files are known by an id here

_AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm", "g711_ulaw": "audio/basic", "g711_alaw": "audio/basic"}
_AUDIO_FORMATS = {"audio/mpeg": "mp3", "audio/x-wav": "wav", "audio/pcm": "pcm16", "audio/l16": "pcm16"}
_SOUNDS = {"SUQz": "audio/mpeg", "//": "audio/mpeg", "UklGR": "audio/wav", "T2dnUw": "audio/ogg", "ZkxhQ": "audio/flac"}
_DETAILS = {"low": "low", "high": "high", "auto": "auto", "original": "high"}
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


def media_of(part: schema.Part) -> Media | None:
    """Return what a part shows or plays; None where it is no such part."""
    match part.type:
        case "image_url" if part.image_url is not None:
            return picture(part.image_url)
        case "input_image" if isinstance(part.image_url, str):
            return _lying(MediaKind.IMAGE, part.image_url, detail=text_of(part.detail))
        case "input_image" if part.image_url is not None:
            return picture(part.image_url)
        case "file" | "input_file" if part.file is not None and part.file.file_data is not None:
            return _lying(MediaKind.DOCUMENT, part.file.file_data, name=part.file.filename or "")
        case "file" if part.file is not None and part.file.file_id:
            return Media(MediaKind.DOCUMENT, FileId(VENDOR, part.file.file_id), name=part.file.filename or "")
        case "input_audio" if part.input_audio is not None:
            audio = part.input_audio if isinstance(part.input_audio, schema.Audio) else schema.Audio(part.input_audio)
            mime_type = _AUDIO_TYPES.get(audio.format, f"audio/{audio.format}" if audio.format else "")
            return Media(MediaKind.AUDIO, Inline(audio.data), mime_type)
        case "video_url" if part.video_url is not None:
            url = part.video_url.url if isinstance(part.video_url, schema.Url) else part.video_url
            return _lying(MediaKind.VIDEO, url)
        case "document_url" if part.document_url is not None:
            return _lying(MediaKind.DOCUMENT, part.document_url)
        case _:
            return None


def picture(image: schema.ImageUrl | str) -> Media:
    """Return a picture that lies behind a URL, or in one."""
    if isinstance(image, str):
        return _lying(MediaKind.IMAGE, image)
    return _lying(MediaKind.IMAGE, image.url, detail=image.detail or "")


def sound(data: str) -> Media:
    """Return what a model said aloud. Its format is the one that was asked for, and is told by its first bytes."""
    mime_type = next((mime_type for start, mime_type in _SOUNDS.items() if data.startswith(start)), "audio/pcm")
    return Media(MediaKind.AUDIO, Inline(data), mime_type)


def _lying(kind: MediaKind, url: str, *, name: str = "", detail: str = "") -> Media:
    inline = read_data_url(url)
    if inline is not None:
        mime_type = inline.mime_type or sniffed(inline.data) or _type_by_name(name) or "application/octet-stream"
        return Media(kind, Inline(inline.data), mime_type, name, detail)
    if kind is MediaKind.DOCUMENT and "://" not in url:
        return Media(kind, Inline(url), _type_by_name(name) or sniffed(url) or "application/pdf", name, detail)
    return Media(kind, Link(url), "", name, detail)


def _type_by_name(name: str) -> str:
    return _FILE_TYPES.get(name.rpartition(".")[2].lower(), "")


def item_of(media: Media, *, at_home: bool) -> dict[str, object] | None:
    """Return the part that shows or plays it; None where there is no such part."""
    match media.kind, media.source:
        case MediaKind.IMAGE, Inline(data):
            return image(write_data_url(media.mime_type, data), media.detail if at_home else _detail(media.detail))
        case MediaKind.IMAGE, Link(url):
            return image(url, media.detail if at_home else _detail(media.detail))
        case MediaKind.DOCUMENT, Inline(data):
            name = media.name or ("" if at_home else "document.pdf")  # OpenAI demands one
            file = {"filename": name} if name else {}
            return {"type": "file", "file": file | {"file_data": write_data_url(media.mime_type, data)}}
        case MediaKind.DOCUMENT, FileId(vendor, id_) if vendor == VENDOR:
            return {"type": "file", "file": {"file_id": id_} | ({"filename": media.name} if media.name else {})}
        case MediaKind.DOCUMENT, Link(url) if at_home:
            return {"type": "document_url", "document_url": url}
        case MediaKind.AUDIO, Inline(data):
            audio = {"data": data, "format": _AUDIO_FORMATS.get(media.mime_type) or media.mime_type.partition("/")[2]}
            return {"type": "input_audio", "input_audio": audio}
        case MediaKind.VIDEO, Inline(data):
            return {"type": "video_url", "video_url": {"url": write_data_url(media.mime_type, data)}}
        case MediaKind.VIDEO, Link(url):
            return {"type": "video_url", "video_url": {"url": url}}
        case _:
            return None


def _detail(word: str) -> str:
    """Return how closely to look in a word that older servers know."""
    return _DETAILS.get(word, "")


def note_on(media: Media) -> str:
    """Return a line that stands where something cannot be shown: what it is, and where it would be."""
    match media.source:
        case Link(place) | FileId(_, place):
            return f"[{media.kind.value}: {media.name or place}]"
        case _:
            return f"[{media.kind.value}{f': {media.name}' if media.name else ''}]"


def image(url: str, detail: str = "") -> dict[str, object]:
    """Return a picture as a part."""
    return {"type": "image_url", "image_url": {"url": url, "detail": detail} if detail else {"url": url}}
