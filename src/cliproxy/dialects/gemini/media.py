"""
Pictures, sounds, films and documents: `inlineData`, `fileData` <-> media.

Google reads its own files and buckets and YouTube; other addresses mean nothing to most of its models.

Source: `reference` sheets `dialects/gemini` section 2, `translation` section 4.5 (read 2026-11-21).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from cliproxy.conversation.request import Extras, FileId, Inline, Link, Media, MediaKind
from cliproxy.dialects.gemini import schema
from cliproxy.wire.data_url import plain_base64, sniffed

VENDOR = "google"

_KINDS = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}
_TYPES = {  # file name's ending -> media type
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
}
_FILES = "generativelanguage.googleapis.com"
_FILMS = ("youtube.com", "youtu.be")


def inline_media(blob: schema.Blob, extras: Extras) -> Media:
    """Return media that travels inside the message."""
    data = plain_base64(blob.data or "")
    mime_type = blob.mime_type or sniffed(data) or "application/octet-stream"
    return Media(_kind(mime_type), Inline(data), mime_type, blob.display_name or "", extras=extras)


def linked_media(file: schema.FileData, extras: Extras) -> Media:
    """Return media that lies elsewhere: with Google, or at an address."""
    uri = file.file_uri or ""
    mime_type = file.mime_type or _type_by_ending(uri)
    source = FileId(VENDOR, uri) if _is_google_file(uri) else Link(uri)
    kind = MediaKind.VIDEO if not mime_type and _is_film(uri) else _kind(mime_type)
    return Media(kind, source, mime_type, file.display_name or "", extras=extras)


def media_part(media: Media, *, at_home: bool) -> dict[str, object] | None:
    """Return media as a part; None where Google could not read it."""
    name = {"displayName": media.name} if at_home and media.name else {}
    match media.source:
        case Inline(data):
            return {"inlineData": {"mimeType": media.mime_type or "application/octet-stream", "data": data} | name}
        case FileId(vendor, uri) if vendor == VENDOR:
            return {"fileData": _typed(media) | {"fileUri": uri} | name}
        case Link(url) if at_home or url.startswith("gs://") or _is_google_file(url) or _is_film(url):
            return {"fileData": _typed(media) | {"fileUri": url} | name}
        case _:
            return None


def note(media: Media) -> str:
    """Return the words that stand for media which Google could not read."""
    return f"[{media.kind.value}: {media.source.url}]" if isinstance(media.source, Link) else f"[{media.kind.value}]"


def _typed(media: Media) -> dict[str, object]:
    return {"mimeType": media.mime_type} if media.mime_type else {}


def _kind(mime_type: str) -> MediaKind:
    return _KINDS.get(mime_type.partition("/")[0].lower(), MediaKind.DOCUMENT)


def _type_by_ending(uri: str) -> str:
    return _TYPES.get(uri.partition("?")[0].rpartition(".")[2].lower(), "")


def _is_google_file(uri: str) -> bool:
    return uri.startswith(("gs://", "files/")) or _host(uri) == _FILES


def _is_film(uri: str) -> bool:
    host = _host(uri)
    return any(host == site or host.endswith(f".{site}") for site in _FILMS)


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""
