"""
Pictures and documents: the `source` of a block <-> media.

There is no audio and no video. Plain text is a source of its own kind; a file id is good at Anthropic only.

Source: `reference` sheets `claude-messages` section 2, `translation` section 4.5 (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    FileId,
    Inline,
    Link,
    Media,
    MediaKind,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.base import given, unknown_fields
from cliproxy.wire.data_url import plain_base64, sniffed

VENDOR = "anthropic"
_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg")
_SHOWN_TYPES = ("image/", "application/pdf")
_SOURCE_FIELDS = {
    "base64": {"type", "media_type", "mime_type", "data", "base64"},
    "url": {"type", "url", "media_type", "mime_type"},
    "file": {"type", "file_id"},
}

_decode_source = msgspec.json.Decoder(schema.Source).decode


def read_media(kind: MediaKind, block: schema.Block, extras: Extras, cache: CacheMark | None) -> Media | None:
    """Return what a block shows; None where its source is of a kind without a neutral meaning."""
    if not given(block.source) or bytes(block.source)[:1] != b"{":
        return None
    source = _decode_source(block.source)
    data = plain_base64(source.data or source.base64 or "")
    mime_type = source.media_type or source.mime_type or ""
    where: Link | FileId | Inline
    if source.type == "url" and source.url:
        where = Link(source.url)
    elif source.type == "file" and source.file_id:
        where = FileId(VENDOR, source.file_id)
    elif source.type == "base64" and data:
        where = Inline(data)
        mime_type = mime_type or sniffed(data)
    else:
        return None
    unknown = unknown_fields(block.source, _SOURCE_FIELDS[source.type])
    extras = extras | {f"source.{name}": value for name, value in unknown.items()} if unknown else extras
    return Media(kind, where, mime_type, block.title or "", extras=extras, cache=cache)


def block_of(media: Media, *, at_home: bool) -> dict[str, object] | None:
    """Return what is shown as a block; None where the API has no place for it."""
    if media.kind in (MediaKind.AUDIO, MediaKind.VIDEO):
        return None
    source = _source(media, at_home=at_home)
    if source is None:
        return None
    is_image = media.kind is MediaKind.IMAGE or media.mime_type.startswith("image/")
    if is_image and source["type"] != "text":
        return {"type": "image", "source": source}
    title: dict[str, object] = {"title": media.name} if media.name else {}
    return {"type": "document", "source": source} | title


def note_of(media: Media) -> str:
    """Return what is said in the place of something that cannot be shown, for the model to know of it."""
    match media.source:
        case Link(url):
            return f"[{media.kind.value}: {url}]"
        case _:
            name = f" {media.name}" if media.name else ""
            return f"[{media.kind.value}{name} ({media.mime_type or 'kept elsewhere'}), which cannot be shown here]"


def _source(media: Media, *, at_home: bool) -> dict[str, str] | None:
    mime_type = media.mime_type
    match media.source:
        case Link(url):
            named = {"media_type": mime_type} if at_home and mime_type else {}
            shown = not mime_type or mime_type.startswith(_SHOWN_TYPES)
            fits = at_home or (shown and url.lower().startswith(("http://", "https://")))
            return {"type": "url", "url": url} | named if fits else None
        case FileId(vendor, id_):
            return {"type": "file", "file_id": id_} if vendor == VENDOR else None
        case Inline(data) if mime_type.startswith(_TEXT_TYPES):
            try:
                return {"type": "text", "media_type": "text/plain", "data": base64.b64decode(data).decode()}
            except (binascii.Error, ValueError):
                return None
        case Inline(data):
            mime_type = mime_type or sniffed(data) or ("image/png" if media.kind is MediaKind.IMAGE else "")
            shown = at_home or mime_type.startswith(_SHOWN_TYPES)
            return {"type": "base64", "media_type": mime_type, "data": data} if shown else None
