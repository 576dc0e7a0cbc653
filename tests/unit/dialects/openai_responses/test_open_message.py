"""A message while it is written."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.events import PartEnd, TextCitation, TextDelta, TextLogprobs, TextStart
from cliproxy.conversation.request import Text
from tests.unit.dialects.openai_responses.hearing import (
    COMPLETED,
    CREATED,
    MESSAGE,
    about,
    added,
    done,
    heard,
    told,
)

PAGE = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
SURE = [{"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": []}]


def said(*payloads: Any) -> list[Any]:
    return list(told(heard(CREATED, added(0, MESSAGE), *payloads, COMPLETED)).reply.parts)


def test_each_part_of_a_message_is_a_text_of_its_own() -> None:
    payloads = [
        about("output_text.delta", content_index=0, delta="a"),
        about("refusal.delta", content_index=1, delta="n"),
        about("refusal.done", content_index=1, refusal="no"),
    ]

    assert said(*payloads) == [Text("a"), Text("no", refusal=True)]


def test_a_part_without_words_is_none() -> None:
    part = {"type": "output_text", "text": "", "annotations": []}

    assert said(about("content_part.added", content_index=0, part=part), done(0, MESSAGE | {"content": [part]})) == []


@pytest.mark.parametrize("again", [False, True], ids=["in the part alone", "as it came and in the part"])
def test_citations_are_told_once(again: bool) -> None:
    event = about("output_text.annotation.added", content_index=0, annotation_index=0, annotation=PAGE)
    part = {"type": "output_text", "text": "hi", "annotations": [PAGE]}
    [text] = said(
        about("output_text.delta", content_index=0, delta="hi"),
        *([event] if again else []),
        about("content_part.done", content_index=0, part=part),
        done(0, MESSAGE | {"content": [part]}),
    )

    assert [(one.url, one.start, one.end) for one in text.citations] == [("https://a", 0, 2)]


@pytest.mark.parametrize("again", [False, True], ids=["when done alone", "with the words and when done"])
def test_logprobs_are_told_once(again: bool) -> None:
    [text] = said(
        about("output_text.delta", content_index=0, delta="hi", logprobs=SURE if again else []),
        about("output_text.done", content_index=0, text="hi", logprobs=SURE),
    )

    assert [one.token for one in text.logprobs] == ["hi"]


def test_what_hangs_on_words_comes_inside_their_part() -> None:
    events = heard(
        CREATED,
        about("output_text.annotation.added", content_index=0, annotation=PAGE),
        about("output_text.delta", content_index=0, delta="hi", logprobs=SURE),
        COMPLETED,
    )

    assert [type(event) for event in events[1:-1]] == [TextStart, TextCitation, TextDelta, TextLogprobs, PartEnd]


@pytest.mark.parametrize("annotation", [5, {"start_index": "x"}, None], ids=str)
def test_an_annotation_that_cannot_be_read_is_passed_over(annotation: Any) -> None:
    added_later = about("output_text.annotation.added", content_index=0, annotation=annotation)

    assert said(added_later, about("output_text.delta", content_index=0, delta="hi")) == [Text("hi")]


def test_words_after_the_end_of_their_part_are_not_said() -> None:
    part = {"type": "output_text", "text": "hi"}
    late = about("output_text.delta", content_index=0, delta="!")

    assert said(about("content_part.done", content_index=0, part=part), late) == [Text("hi")]


@pytest.mark.parametrize("deltas", [("hi",), ("h",)], ids=["all", "some"])
def test_a_part_that_is_counted_from_elsewhere_is_the_same_part(deltas: tuple[str, ...]) -> None:
    """Bedrock streams an only part as the second, and then tells it as the first."""
    streamed = [about("output_text.delta", content_index=1, delta=delta) for delta in deltas]
    whole = MESSAGE | {"content": [{"type": "output_text", "text": "hi"}]}

    assert said(*streamed, done(0, whole)) == [Text("hi")]
