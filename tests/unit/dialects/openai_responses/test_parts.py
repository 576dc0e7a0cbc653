"""The parts of messages and outputs, in every shape that clients send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import CacheMark, FileId, Foreign, Inline, Link, Media, MediaKind, Text
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.openai_responses.parts import (
    citation_of,
    citations_of,
    decode_content,
    decode_output,
    decode_part,
    logprobs_of,
)

PNG = "iVBORw0KGgoAAAA="
IMAGE, DOCUMENT, AUDIO = MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.AUDIO


def raw(value: Any) -> Raw:
    return Raw(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "input_text", "text": "a"}, Text("a")),
        ({"text": "a"}, Text("a")),
        ({"type": "output_text", "text": "a", "annotations": [], "logprobs": []}, Text("a")),
        ({"type": "text", "text": 5}, Text("5")),
        ({"type": "refusal", "refusal": "no"}, Text("no", refusal=True)),
        (
            {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "low"},
            Media(IMAGE, Inline(PNG), "image/png", detail="low"),
        ),
        ({"type": "input_image", "image_url": "https://a/b"}, Media(IMAGE, Link("https://a/b"))),
        (
            {"type": "input_image", "image_url": {"url": "https://a/b", "detail": "high"}},
            Media(IMAGE, Link("https://a/b"), detail="high"),
        ),
        ({"type": "input_image", "image_url": "https://a/b", "detail": 5}, Media(IMAGE, Link("https://a/b"))),
        ({"type": "input_image", "file_id": "file-1"}, Media(IMAGE, FileId("openai", "file-1"))),
        (
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
            Media(DOCUMENT, Inline("JVBERi0="), "application/pdf", "a.pdf"),
        ),
        (
            {"type": "input_file", "filename": "a.csv", "file_data": "YSxi"},
            Media(DOCUMENT, Inline("YSxi"), "text/csv", "a.csv"),
        ),
        ({"type": "input_file", "file_url": "https://a/b.pdf"}, Media(DOCUMENT, Link("https://a/b.pdf"))),
        ({"type": "input_file", "file_id": "file-1"}, Media(DOCUMENT, FileId("openai", "file-1"))),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
            Media(AUDIO, Inline("AAAA"), "audio/mpeg"),
        ),
        ({"type": "input_audio", "data": "AAAA", "format": "wav"}, Media(AUDIO, Inline("AAAA"), "audio/wav")),
    ],
    ids=str,
)
def test_a_part_says(part: dict[str, Any], said: Text | Media) -> None:
    assert decode_part(raw(part))[1] == said


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_video", "url": "x"},
        {"type": "input_image"},
        {"odd": 1},
        {"type": "input_odd", "text": "a"},
        {"type": "input_odd", "text": "a", "annotations": []},
    ],
    ids=str,
)
def test_a_part_that_nobody_knows_stays_as_it_came(part: dict[str, Any]) -> None:
    """It goes home as it is, and is told as lost elsewhere."""
    said = decode_part(raw(part))[1]

    assert isinstance(said, Foreign)
    assert json.loads(bytes(said.body)) == part


def test_fields_that_nobody_knows_are_kept_at_their_part() -> None:
    said = decode_part(raw({"type": "input_image", "image_url": "https://a", "crop": [1]}))[1]

    assert isinstance(said, Media)
    assert {name: bytes(value) for name, value in said.extras.items()} == {"crop": b"[1]"}


@pytest.mark.parametrize(
    ("mark", "cache"),
    [
        ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "1h"}}, CacheMark("1h")),
        ({"cache_control": {"type": "ephemeral"}}, CacheMark()),
    ],
)
def test_a_cache_mark_is_read_in_either_spelling(mark: dict[str, Any], cache: CacheMark) -> None:
    assert decode_part(raw({"type": "input_text", "text": "a"} | mark))[1] == Text("a", cache=cache)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, []),
        ("a", [Text("a")]),
        ([{"type": "input_text", "text": "a"}, "b"], [Text("a"), Text("b")]),
        ({"type": "input_text", "text": "a"}, [Text("a")]),
        ({"answer": 4}, [Text('{"answer": 4}')]),
        (4.5, [Text("4.5")]),
    ],
    ids=str,
)
def test_content_has_any_shape(content: Any, said: list[Text]) -> None:
    assert [part for _, part in decode_content(raw(content))] == said


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", (Text(""),)),
        (None, (Text(""),)),
        ("5", (Text("5"),)),
        ('{"a":1}', (Text('{"a":1}'),)),
        ({"a": 1}, (Text('{"a": 1}'),)),
        ({"type": "input_text", "text": "a"}, (Text('{"type": "input_text", "text": "a"}'),)),
        ([{"type": "input_text", "text": "a"}], (Text("a"),)),
        ([{"name": "x"}, {"name": "y"}], (Text('[{"name": "x"}, {"name": "y"}]'),)),
        ([{"type": "input_image", "image_url": "https://a"}], (Media(IMAGE, Link("https://a")),)),
        (
            '[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"https://a"}]',
            (Text("a"), Media(IMAGE, Link("https://a"))),
        ),
        ('[{"type":"input_image"}]', (Text('[{"type":"input_image"}]'),)),
        ('["input_image', (Text('["input_image'),)),
    ],
    ids=str,
)
def test_an_output_is_text_or_parts(output: Any, said: tuple[Text | Media, ...]) -> None:
    """A string stays one, whatever it looks like, but for a list of pictures; any other JSON is what the tool gave."""
    assert decode_output(raw(output)) == said


def test_annotations_are_citations() -> None:
    """What is no page on the web keeps its own JSON only; what cannot be read is left out."""
    page = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 1, "end_index": 3}
    file = {"type": "file_citation", "file_id": "f", "index": 2}
    cited = citations_of(raw([page, file, 5]))

    assert cited == (
        Citation("https://a", "A", start=1, end=3, dialect="openai_responses", body=raw(page)),
        Citation(dialect="openai_responses", body=raw(file)),
    )
    assert citation_of(raw({"start_index": "x"})) is None
    assert citations_of(raw({})) == ()


def test_logprobs_are_read_with_the_likeliest_beside_them() -> None:
    told = [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2}]}]

    assert logprobs_of(raw(told)) == (Logprob("a", -1.0, (97,), (Logprob("b", -2.0),)),)
    assert logprobs_of(raw([{"token": 1}])) == ()
