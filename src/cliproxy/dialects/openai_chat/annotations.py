"""
Where words come from, in Chat Completions: `annotations`, which count the characters of all that a message says; or
beside the choices, as Perplexity and xAI have it, `citations` and `search_results`, which say nothing of a place.

Source: `reference` sheet `openai-chat` section 5, https://platform.openai.com/docs/guides/tools-web-search (read
2026-11-21), recordings of perplexity.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Search
from cliproxy.conversation.words import Citation
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.wire.body import UNREADABLE

PAGES = "reply: a search, but for its pages as annotations"  # a loss

_decode = msgspec.json.Decoder(reply_schema.Annotation).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_page = msgspec.json.Decoder(str | reply_schema.Page).decode


def citations(items: Iterable[Raw], before: int = 0) -> Iterable[Citation]:
    """
    Return what `annotations` tell.

    Args:
        items: What the field holds.
        before: Characters that the message said before the text part that they hang on.
    """
    for item in items:
        try:
            annotation = _decode(item)
        except UNREADABLE:
            continue
        yield _citation(annotation.url_citation or reply_schema.UrlCitation(), item, before)


def _citation(source: reply_schema.UrlCitation, body: Raw, before: int) -> Citation:
    start, end = source.start_index, source.end_index
    if start is None or end is None or start < before or start >= end:  # nothing is said of a place
        start = end = before - 1
    return Citation(source.url, source.title or "", "", start - before, end - before, NAME, body.copy())


def pages(*fields: Raw) -> list[Citation]:
    """Return the pages in `citations` and `search_results`, each once: the first has addresses, the second titles."""
    titles: dict[str, str] = {}
    for field in fields:
        for url, title in _pages(field):
            titles[url] = titles.get(url) or title
    return [Citation(url, title) for url, title in titles.items()]


def _pages(field: Raw) -> Iterable[tuple[str, str]]:
    try:
        items = _decode_list(field)
    except UNREADABLE:
        return
    for item in items:
        try:
            page = _decode_page(item)
        except UNREADABLE:
            continue
        url, title = (page, "") if isinstance(page, str) else (page.url, page.title or "")
        if url:
            yield url, title


def annotation_of(citation: Citation, before: int, end: int) -> object:
    """
    Return a citation as an annotation; None where it means nothing to others.

    Args:
        citation: What is cited.
        before: Characters that the message said before the text part that it hangs on.
        end: Characters that it has said up to now.
    """
    if citation.dialect == NAME and citation.body is not None:
        return citation.body
    if not citation.url:
        return None
    if citation.start < 0 or citation.end < 0:
        return _annotation(citation.url, citation.title, end, end)
    return _annotation(citation.url, citation.title, before + citation.start, before + citation.end)


def annotations_of(search: Search) -> list[object]:
    """Return the pages that a search found."""
    return [_annotation(source.url, source.title, 0, 0) for source in search.sources]


def _annotation(url: str, title: str, start: int, end: int) -> object:
    source = {"url": url, "title": title, "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": source}
