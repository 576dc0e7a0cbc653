"""
Text and media -> the parts of messages and outputs, and what hangs on words.

Source: `reference` sheets `openai-responses` section 3, `translation` section 4.5 (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import msgspec

from cliproxy.conversation.request import CacheMark, FileId, Foreign, Inline, Link, Media, MediaKind, Text
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import Losses
from cliproxy.dialects.openai_responses.parts import NAME, VENDOR
from cliproxy.dialects.wording import Wording
from cliproxy.wire.data_url import write_data_url

Item = dict[str, object]

_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/pcm": "pcm16",
}
_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg")
_ENDINGS = {"application/pdf": "pdf"}


def content_of(parts: Iterable[Text | Media | Foreign], wording: Wording, where: str, *, spoken: bool) -> list[Item]:
    """
    Return parts as they stand in a message or an output.

    Args:
        parts: What is said, in words that this dialect has.
        wording: Of the request that they belong to.
        where: Their path in it.
        spoken: By the model.
    """
    items: list[Item] = []
    for part in parts:
        if isinstance(part, Foreign):
            items.append(msgspec.json.decode(part.body, type=Item))
            continue
        item: Item | None = None
        if isinstance(part, Media):
            item = _media(part, wording.losses, where)
        elif part.text.strip():
            item = _text(part, wording, where, spoken=spoken)
        if item is not None:
            items.append(item | wording.extras(where, part.extras) | mark_of(part.cache, wording, where))
    return items


def mark_of(cache: CacheMark | None, wording: Wording, where: str) -> Item:
    """Return a cache mark, where the client spoke this dialect: older models do not know it."""
    if cache is None:
        return {}
    if not wording.at_home:
        wording.losses.add(f"{where}: cache mark")
        return {}
    return {"prompt_cache_breakpoint": {"mode": "explicit"} | ({"ttl": cache.lifetime} if cache.lifetime else {})}


def _text(part: Text, wording: Wording, where: str, *, spoken: bool) -> Item:
    if not spoken:
        return {"type": "input_text", "text": part.text}
    if part.refusal:
        return {"type": "refusal", "refusal": part.text}
    item: Item = {"type": "output_text", "text": part.text}
    if part.citations:
        item["annotations"] = annotations_of(part.citations, len(part.text), wording.losses, where)
    if part.logprobs and wording.at_home:
        item["logprobs"] = logprob_objects(part.logprobs)
    return item


def annotations_of(citations: Iterable[Citation], length: int, losses: Losses, where: str) -> list[object]:
    """Return citations as annotations of a text of this length."""
    annotations = []
    for citation in citations:
        annotation = annotation_of(citation, length)
        if annotation is None:
            losses.add(f"{where}: citation")
        else:
            annotations.append(annotation)
    return annotations


def annotation_of(citation: Citation, length: int) -> object | None:
    """Return a citation as an annotation; one that does not say which words it is of is of all of them."""
    if citation.dialect == NAME and citation.body is not None:
        return citation.body
    if not citation.url:
        return None
    start, end = (citation.start, citation.end) if 0 <= citation.start <= citation.end else (0, length)
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or citation.url,
        "start_index": start,
        "end_index": end,
    }


def logprob_objects(logprobs: Iterable[Logprob]) -> list[Item]:
    """Return how likely the tokens were."""
    return [_likely(one) | {"top_logprobs": [_likely(other) for other in one.top]} for one in logprobs]


def _likely(one: Logprob) -> Item:
    raw = list(one.token.encode("utf-8", "replace")) if one.raw_bytes is None else list(one.raw_bytes)
    return {"token": one.token, "bytes": raw, "logprob": one.logprob}


def _media(media: Media, losses: Losses, where: str) -> Item | None:
    if isinstance(media.source, FileId) and media.source.vendor != VENDOR:
        losses.add(f"{where}: a file at {media.source.vendor}")
        name = media.name or media.source.id
        return {"type": "input_text", "text": f"[{media.kind.value}: {name}, not available here]"}
    match media.kind, media.source:
        case MediaKind.IMAGE, Inline(data) if not media.mime_type.startswith("image/svg"):
            return _image({"image_url": write_data_url(media.mime_type, data)}, media)
        case MediaKind.IMAGE, Link(url):
            return _image({"image_url": url}, media)
        case MediaKind.IMAGE, FileId(_, id_):
            return _image({"file_id": id_}, media)
        case ((MediaKind.DOCUMENT | MediaKind.IMAGE), Inline(data)):
            return _document(media, data)
        case MediaKind.DOCUMENT, Link(url):
            return _file({"file_url": url}, media.name)
        case MediaKind.DOCUMENT, FileId(_, id_):
            return _file({"file_id": id_}, media.name)
        case MediaKind.AUDIO, Inline(data):
            form = _AUDIO_FORMATS.get(media.mime_type, media.mime_type.partition("/")[2] or "wav")
            return {"type": "input_audio", "input_audio": {"data": data, "format": form}}
        case _:
            losses.add(f"{where}: {media.kind.value}")
            return None


def _image(source: Item, media: Media) -> Item:
    return {"type": "input_image", **source} | ({"detail": media.detail} if media.detail else {})


def _document(media: Media, data: str) -> Item:
    """A text goes as text, under its name; what else there is needs a file name."""
    if media.mime_type.startswith(_TEXT_TYPES):
        try:
            text = base64.b64decode(data).decode()
        except (binascii.Error, ValueError):
            pass
        else:
            return {"type": "input_text", "text": f"{media.name}\n{text}" if media.name else text}
    ending = _ENDINGS.get(media.mime_type, "bin")
    return _file({"file_data": write_data_url(media.mime_type, data)}, media.name or f"document.{ending}")


def _file(source: Item, name: str) -> Item:
    return {"type": "input_file"} | ({"filename": name} if name and "file_id" not in source else {}) | source
