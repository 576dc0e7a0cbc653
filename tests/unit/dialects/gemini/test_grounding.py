"""Places in bytes and places in characters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import Search, Source
from cliproxy.conversation.words import Citation
from cliproxy.dialects.gemini.grounding import cited, grounded, grounding_object

CHUNKS = [{"web": {"uri": "https://a.org", "title": "A"}}, {"retrievedContext": {"title": "B", "text": "its words"}}]


def raw(body: Any) -> Raw:
    return Raw(json.dumps(body).encode())


def support(start: int | None, end: int, text: str, *chunks: int) -> dict[str, Any]:
    segment = {"endIndex": end, "text": text} | ({} if start is None else {"startIndex": start})
    return {"segment": segment, "groundingChunkIndices": list(chunks)}


@pytest.mark.parametrize(
    ("text", "supports", "places"),
    [
        ("Hello", [support(None, 5, "Hello", 0)], [(0, 5)]),
        ("\u00e4\U0001f600Hello", [support(6, 8, "He", 0)], [(2, 4)]),
        ("abc abc", [support(4, 7, "abc", 0), support(0, 3, "abc", 0)], [(4, 7), (0, 3)]),
        ("Hello", [support(40, 45, "ell", 0)], [(1, 4)]),
        ("Hello", [support(40, 45, "not there", 0)], [(-1, -1)]),
        ("Hello", [support(3, 1, "", 0)], [(-1, -1)]),
        ("\u00e4b", [support(1, 3, "", 0)], [(0, 1)]),
    ],
    ids=["whole", "beyond ASCII", "out of order", "wrong place", "nowhere", "backwards", "within a character"],
)
def test_bytes_become_characters(text: str, supports: list[Any], places: list[tuple[int, int]]) -> None:
    citations, _ = grounded(raw({"groundingChunks": CHUNKS, "groundingSupports": supports}), text)

    assert [(citation.start, citation.end) for citation in citations] == places


def test_each_source_of_a_segment_is_a_citation() -> None:
    body = {"groundingChunks": CHUNKS, "groundingSupports": [support(0, 2, "He", 0, 1, 7)], "webSearchQueries": ["q"]}

    assert grounded(raw(body), "Hello") == (
        [Citation("https://a.org", "A", start=0, end=2), Citation("", "B", "its words", 0, 2)],
        Search("", ("q",), (Source("https://a.org", "A"),)),
    )


def test_a_citation_without_a_source_says_nothing() -> None:
    body = {
        "citations": [{}, {"uri": "https://a.org", "startIndex": 1, "endIndex": 3}],
        "citationSources": [{"uri": "u"}],
    }

    assert cited(raw(body), "Hello") == [Citation("https://a.org", start=1, end=3), Citation("u")]


@pytest.mark.parametrize("body", [5, [], {"groundingChunks": 5}, {"citations": "x"}])
def test_odd_shapes_say_nothing(body: Any) -> None:
    assert grounded(raw(body), "Hello")[0] == []
    assert cited(raw(body), "Hello") == []


def test_what_was_read_is_written_again() -> None:
    body = {
        "webSearchQueries": ["q"],
        "groundingChunks": CHUNKS[:1],
        "groundingSupports": [
            {"segment": {"startIndex": 6, "endIndex": 8, "text": "He"}, "groundingChunkIndices": [0]}
        ],
    }
    text = "\u00e4\U0001f600Hello"
    citations, search = grounded(raw(body), text)
    assert search is not None

    assert grounding_object(citations, [search], text) == body
    assert grounding_object([], [], text) == {}


def test_places_beyond_the_text_are_drawn_in() -> None:
    written = grounding_object([Citation("u", start=1, end=99)], [], "Hello")

    assert written["groundingSupports"] == [
        {"segment": {"startIndex": 1, "endIndex": 5, "text": "ello"}, "groundingChunkIndices": [0]}
    ]
