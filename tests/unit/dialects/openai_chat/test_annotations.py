"""Sources of words, read and written."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import Raw

from cliproxy.conversation.words import Citation
from cliproxy.dialects.openai_chat.annotations import annotation_of, citations, pages

SOURCE = {"url": "https://a", "title": "A", "start_index": 5, "end_index": 7}
RAW = Raw(json.dumps({"type": "url_citation", "url_citation": SOURCE, "x": 1}).encode())


def test_places_count_from_the_text_they_are_in() -> None:
    (found,) = citations([RAW], 3)
    (earlier,) = citations([RAW], 6)

    assert (found.start, found.end) == (2, 4)
    assert (earlier.start, earlier.end) == (-1, -1)


def test_an_empty_place_is_none() -> None:
    """Perplexity's pages have one at OpenRouter, and so have ours that have no place."""
    (found,) = citations([Raw(msgspec.json.encode(annotation_of(Citation("https://a", "A"), 0, 9)))])

    assert (found.url, found.start, found.end) == ("https://a", -1, -1)


def test_at_home_a_source_is_written_as_it_came() -> None:
    (found,) = citations([RAW], 3)

    assert msgspec.json.encode(annotation_of(found, 3, 9)) == bytes(RAW)


def test_a_source_of_another_kind_is_kept_for_its_own_dialect() -> None:
    (found,) = citations([Raw(b'{"type":"file_citation","file":"f"}')])

    assert (found.url, found.dialect) == ("", "openai_chat")


def test_pages_beside_the_choices_are_told_once_and_have_no_place() -> None:
    """Addresses in the order in which the words count them; titles stand elsewhere."""
    addresses = Raw(b'["https://b", "https://a", "https://b", {"url": "https://d", "title": "D"}, 5, "", null]')
    results = Raw(b'[{"title":"A","url":"https://a","date":"2026"},{"title":"C","url":"https://c"},{"url":null},[]]')

    assert pages(addresses, results) == [
        Citation("https://b"),
        Citation("https://a", "A"),
        Citation("https://d", "D"),
        Citation("https://c", "C"),
    ]


@pytest.mark.parametrize("field", [b"", b"null", b"[]", b"{}", b'"https://a"', b"[1", b"[[]]"])
def test_a_field_of_another_shape_tells_of_no_pages(field: bytes) -> None:
    assert pages(Raw(field)) == []


def test_a_source_without_a_page_means_nothing_here() -> None:
    assert annotation_of(Citation(title="page 3", dialect="anthropic_messages", body=Raw(b"{}")), 0, 1) is None
