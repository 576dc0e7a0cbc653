"""Parts as this API takes them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import (
    CacheMark,
    Conversation,
    FileId,
    Inline,
    Link,
    Media,
    MediaKind,
    Text,
)
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.openai_responses.parts_encoder import annotation_of, content_of, logprob_objects
from cliproxy.dialects.openai_responses.request_encoder import IDS, NAMES
from cliproxy.dialects.wording import Wording

IMAGE, DOCUMENT, AUDIO, VIDEO = MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.AUDIO, MediaKind.VIDEO


def written(part: Text | Media, *, spoken: bool = False, origin: str = "gemini") -> tuple[list[Any], list[str]]:
    wording = Wording(Conversation(origin, "m"), "openai_responses", names=NAMES, ids=IDS)
    return content_of([part], wording, "here", spoken=spoken), [loss.field for loss in wording.losses.found()]


@pytest.mark.parametrize(
    ("part", "item"),
    [
        (Text("a"), {"type": "input_text", "text": "a"}),
        (
            Media(IMAGE, Inline("AA=="), "image/png", detail="low"),
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
        ),
        (Media(IMAGE, Link("https://a")), {"type": "input_image", "image_url": "https://a"}),
        (Media(IMAGE, FileId("openai", "f")), {"type": "input_image", "file_id": "f"}),
        (
            Media(DOCUMENT, Inline("AA=="), "application/pdf"),
            {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,AA=="},
        ),
        (
            Media(DOCUMENT, Link("https://a"), name="a.pdf"),
            {"type": "input_file", "filename": "a.pdf", "file_url": "https://a"},
        ),
        (Media(DOCUMENT, FileId("openai", "f"), name="a.pdf"), {"type": "input_file", "file_id": "f"}),
        (
            Media(DOCUMENT, Inline(base64.b64encode("ä".encode()).decode()), "text/plain", "a.txt"),
            {"type": "input_text", "text": "a.txt\nä"},
        ),
        (
            Media(AUDIO, Inline("AA=="), "audio/mpeg"),
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        ),
    ],
    ids=str,
)
def test_a_part_is_written(part: Text | Media, item: dict[str, Any]) -> None:
    """A file needs a name here, and a text is no file."""
    assert written(part) == ([item], [])


@pytest.mark.parametrize("part", [Media(VIDEO, Inline("AA=="), "video/mp4"), Media(AUDIO, Link("https://a"))], ids=str)
def test_what_nobody_can_show_here_is_lost(part: Media) -> None:
    assert written(part) == ([], [f"here: {part.kind.value}"])


def test_a_file_at_another_vendor_is_never_sent_but_told_of() -> None:
    items, losses = written(Media(DOCUMENT, FileId("anthropic", "file_1"), name="a.pdf"))

    assert items == [{"type": "input_text", "text": "[document: a.pdf, not available here]"}]
    assert losses == ["here: a file at anthropic"]


def test_words_of_nothing_but_space_are_no_part() -> None:
    assert written(Text(" \n")) == ([], [])


def test_a_cache_mark_goes_home_only() -> None:
    part = Text("a", cache=CacheMark("1h"))

    assert written(part)[1] == ["here: cache mark"]
    assert written(part, origin="openai_responses")[0] == [
        {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "1h"}}
    ]


def test_what_the_model_said_keeps_where_it_is_from() -> None:
    cited = Text("abc", citations=(Citation("https://a"), Citation(quote="page 3")))
    [item], losses = written(cited, spoken=True)

    assert item["type"] == "output_text"
    assert [one["url"] for one in item["annotations"]] == ["https://a"]
    assert losses == ["here: citation"]


@pytest.mark.parametrize(
    ("citation", "span"),
    [
        (Citation("https://a", start=1, end=2), (1, 2)),
        (Citation("https://a"), (0, 9)),
        (Citation("u", start=5), (0, 9)),
    ],
)
def test_a_citation_that_does_not_say_where_is_of_all_the_words(citation: Citation, span: tuple[int, int]) -> None:
    annotation: Any = annotation_of(citation, 9)

    assert (annotation["start_index"], annotation["end_index"]) == span
    assert annotation["title"] == citation.url


def test_an_annotation_goes_home_as_it_came() -> None:
    body = Raw(b'{"type":"file_citation","file_id":"f"}')

    assert annotation_of(Citation(dialect="openai_responses", body=body), 9) is body


def test_logprobs_tell_the_bytes_of_their_token() -> None:
    told = logprob_objects([Logprob("ä", -1.0, None, (Logprob("?", -2.0, (255,)),))])

    assert told == [
        {
            "token": "ä",
            "bytes": [195, 164],
            "logprob": -1.0,
            "top_logprobs": [{"token": "?", "bytes": [255], "logprob": -2.0}],
        }
    ]
