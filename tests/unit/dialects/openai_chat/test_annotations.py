"""Sources of words, read and written."""

from __future__ import annotations

import json

import msgspec
from msgspec import Raw

from cliproxy.conversation.words import Citation
from cliproxy.dialects.openai_chat.annotations import annotation_of, citations

SOURCE = {"url": "https://a", "title": "A", "start_index": 5, "end_index": 7}
RAW = Raw(json.dumps({"type": "url_citation", "url_citation": SOURCE, "x": 1}).encode())


def test_places_count_from_the_text_they_are_in() -> None:
    (found,) = citations([RAW], 3)
    (earlier,) = citations([RAW], 6)

    assert (found.start, found.end) == (2, 4)
    assert (earlier.start, earlier.end) == (-1, -1)


def test_at_home_a_source_is_written_as_it_came() -> None:
    (found,) = citations([RAW], 3)

    assert msgspec.json.encode(annotation_of(found, 3, 9)) == bytes(RAW)


def test_a_source_of_another_kind_is_kept_for_its_own_dialect() -> None:
    (found,) = citations([Raw(b'{"type":"file_citation","file":"f"}')])

    assert (found.url, found.dialect) == ("", "openai_chat")


def test_a_source_without_a_page_means_nothing_here() -> None:
    assert annotation_of(Citation(title="page 3", dialect="anthropic_messages", body=Raw(b"{}")), 0, 1) is None
