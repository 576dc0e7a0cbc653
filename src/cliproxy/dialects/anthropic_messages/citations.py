"""
Where words come from: the `citations` of a text block <-> citations.

Only those of a web search mean something to other vendors; the others point into a document of the request, and go
through as they came.

Source: `reference` sheet `claude-messages` sections 5 and 6 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Citation
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.base import given
from cliproxy.wire.body import UNREADABLE

_FOUND = "web_search_result_location"
_LINKS = ("http://", "https://")

_decode_location = msgspec.json.Decoder(schema.Location).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode


def read_citations(raw: Raw) -> tuple[Citation, ...]:
    """Return the citations of a block; what is none is left out."""
    if not given(raw) or bytes(raw)[:1] != b"[":
        return ()
    try:
        return tuple(citation for one in _decode_list(raw) if (citation := read_citation(one)) is not None)
    except UNREADABLE:
        return ()


def read_citation(raw: Raw) -> Citation | None:
    """
    Return one citation, or None for what is none.

    One of a web search without `encrypted_index` was made here, of another vendor's: Anthropic would not know it.
    """
    try:
        location = _decode_location(raw)
    except UNREADABLE:
        return None
    url = location.url or ""
    if not url and location.source is not None and location.source.startswith(_LINKS):
        url = location.source
    title = location.title or location.document_title or ""
    if location.type == _FOUND and not location.encrypted_index:
        return Citation(url, title, location.cited_text or "")
    return Citation(url, title, location.cited_text or "", dialect=NAME, body=raw.copy())


def written(citation: Citation) -> object | None:
    """Return a citation as a reply tells it: as it came, or as one of a web search; None where it has no place."""
    if citation.dialect == NAME and citation.body is not None:
        return citation.body
    if not citation.url:
        return None
    return {
        "type": _FOUND,
        "url": citation.url,
        "title": citation.title,
        "cited_text": citation.quote,
        "encrypted_index": "",
    }
