"""
Where words come from: `groundingMetadata`, `citationMetadata` <-> citations and searches.

Google counts bytes of all the text that a candidate said, over all its parts; citations count characters of one part.

Source: `reference` sheet `dialects/gemini` section 4 (read 2026-11-21), recordings/gemini with feature `grounding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Search, Source
from cliproxy.conversation.words import Citation
from cliproxy.dialects.gemini import reply_schema
from cliproxy.wire.body import UNREADABLE

MOST_LOOKED_FOR = 50  # segments whose place is wrong, and that are looked for in the text

_decode_grounding = msgspec.json.Decoder(reply_schema.Grounding).decode
_decode_citations = msgspec.json.Decoder(reply_schema.CitationMetadata).decode


def grounded(raw: Raw, text: str) -> tuple[list[Citation], Search | None]:
    """Return the citations of a candidate's text and the search they come from."""
    try:
        grounding = _decode_grounding(raw)
    except UNREADABLE:
        return [], None
    sources = [_source(chunk) for chunk in grounding.grounding_chunks or ()]
    supports = [support for support in grounding.grounding_supports or () if support.segment is not None]
    segments = [support.segment for support in supports if support.segment is not None]
    ranges = _places(segments, text)
    citations = [
        msgspec.structs.replace(sources[number], start=start, end=end)
        for support, (start, end) in zip(supports, ranges, strict=True)
        for number in support.grounding_chunk_indices or ()
        if 0 <= number < len(sources)
    ]
    found = tuple(Source(source.url, source.title) for source in sources if source.url)
    queries = tuple(grounding.web_search_queries or ())
    return citations, Search("", queries, found) if queries or found else None


def cited(raw: Raw, text: str) -> list[Citation]:
    """Return the citations that a `citationMetadata` holds; those that name no source say nothing."""
    try:
        metadata = _decode_citations(raw)
    except UNREADABLE:
        return []
    told = [one for one in (*(metadata.citations or ()), *(metadata.citation_sources or ())) if one.uri]
    segments = [reply_schema.Segment(one.start_index, one.end_index) for one in told]
    return [
        Citation(one.uri or "", one.title or "", start=start, end=end)
        for one, (start, end) in zip(told, _places(segments, text), strict=True)
    ]


def grounding_object(citations: Sequence[Citation], searches: Iterable[Search], text: str) -> dict[str, object]:
    """Return citations and searches as a `groundingMetadata`; nothing where there are none."""
    chunks: dict[tuple[str, str], None] = {}
    queries: dict[str, None] = {}
    for search in searches:
        queries |= dict.fromkeys(search.queries)
        chunks |= dict.fromkeys((source.url, source.title) for source in search.sources)
    linked = [citation for citation in citations if citation.url]
    chunks |= dict.fromkeys((citation.url, citation.title) for citation in linked)
    numbers = {chunk: number for number, chunk in enumerate(chunks)}
    supports = _supports(linked, numbers, text)
    fields = {
        "webSearchQueries": list(queries),
        "groundingChunks": [_chunk(url, title) for url, title in chunks],
        "groundingSupports": supports,
    }
    return {name: value for name, value in fields.items() if value}


def _supports(
    citations: Sequence[Citation], numbers: Mapping[tuple[str, str], int], text: str
) -> list[dict[str, object]]:
    ranges = [(citation, citation.start, min(citation.end, len(text))) for citation in citations]
    in_bytes = _byte_places((place for _, start, end in ranges if 0 <= start < end for place in (start, end)), text)
    return [
        {
            "segment": {"startIndex": in_bytes[start], "endIndex": in_bytes[end], "text": text[start:end]},
            "groundingChunkIndices": [numbers[citation.url, citation.title]],
        }
        for citation, start, end in ranges
        if 0 <= start < end
    ]


def _chunk(url: str, title: str) -> dict[str, object]:
    return {"web": {"uri": url} | ({"title": title} if title else {})}


def _source(chunk: reply_schema.GroundingChunk) -> Citation:
    found = chunk.web or chunk.retrieved_context or chunk.maps or reply_schema.Web()
    return Citation(found.uri or "", found.title or "", found.text or "")


def _places(segments: Sequence[reply_schema.Segment], text: str) -> list[tuple[int, int]]:
    """Return where segments stand, in characters; -1 where they stand nowhere."""
    wanted = [place for one in segments for place in (one.start_index or 0, one.end_index or 0)]
    in_characters = _character_places(wanted, text)
    places: list[tuple[int, int]] = []
    tries = MOST_LOOKED_FOR
    for one in segments:
        start = in_characters.get(one.start_index or 0, -1)
        end = in_characters.get(one.end_index or 0, -1)
        if start < 0 or end <= start or (one.text and text[start:end] != one.text):
            tries -= 1
            start = text.find(one.text) if one.text and tries >= 0 else -1
            end = start + len(one.text or "") if start >= 0 else -1
        places.append((start, end))
    return places


def _character_places(places: Iterable[int], text: str) -> dict[int, int]:
    """Return places counted in bytes as places counted in characters, those within the text."""
    data = text.encode("utf-8", "surrogatepass")
    found: dict[int, int] = {}
    before = characters = 0
    for place in sorted({place for place in places if 0 <= place <= len(data)}):
        characters += len(data[before:place].decode("utf-8", "ignore"))
        found[place] = characters
        before = place
    return found


def _byte_places(places: Iterable[int], text: str) -> dict[int, int]:
    """Return places counted in characters, all within the text, as places counted in bytes."""
    found: dict[int, int] = {}
    before = count = 0
    for place in sorted(set(places)):
        count += len(text[before:place].encode("utf-8", "surrogatepass"))
        found[place] = count
        before = place
    return found
