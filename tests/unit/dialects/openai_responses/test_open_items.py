"""Thoughts while they are written: one part, with one proof at its end."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.events import PartProof, ReasoningStart
from cliproxy.conversation.request import Opaque, Reasoning, Text
from tests.unit.dialects.openai_responses.hearing import COMPLETED, CREATED, about, added, done, heard, output, told

THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": []}
OWN = "openai_responses"


def part(text: str) -> dict[str, str]:
    return {"type": "summary_text", "text": text}


def thoughts(*payloads: Any) -> list[Any]:
    return list(told(heard(CREATED, *payloads, COMPLETED)).reply.parts)


def delta(text: str, place: int | None = 0, kind: str = "reasoning_summary_text", **fields: Any) -> dict[str, Any]:
    return about(f"{kind}.delta", place, delta=text, **fields)


def test_several_parts_of_a_summary_are_one_part() -> None:
    payloads = [
        added(0, THOUGHT),
        delta("a", summary_index=0),
        about("reasoning_summary_text.done", summary_index=0, text="a"),
        about("reasoning_summary_part.done", summary_index=0, part=part("a")),
        delta("b", summary_index=1),
        delta("c", summary_index=1),
        done(0, THOUGHT | {"summary": [part("a"), part("bc")], "encrypted_content": "e"}),
    ]

    assert thoughts(*payloads) == [Reasoning("a\n\nbc", Opaque(OWN, "e"))]


def test_parts_that_are_not_numbered_are_told_apart_by_their_openings() -> None:
    opening = about("reasoning_summary_part.added", None)

    assert thoughts(opening, delta("a", None), opening, delta("b", None)) == [Reasoning("a\n\nb")]


@pytest.mark.parametrize(
    "told_by",
    [
        (about("reasoning_summary_text.done", summary_index=0, text="a"),),
        (about("reasoning_summary_part.done", summary_index=0, part=part("a")),),
        (done(0, THOUGHT | {"summary": [part("a")]}),),
        (output(THOUGHT | {"summary": [part("a")]}),),
        (done(0, THOUGHT | {"content": [{"type": "reasoning_text", "text": "a"}]}),),
    ],
    ids=["text", "part", "item", "reply", "content"],
)
def test_thoughts_without_deltas_are_not_lost(told_by: tuple[Any, ...]) -> None:
    assert thoughts(added(0, THOUGHT), *told_by) == [Reasoning("a")]


def test_an_open_model_s_thoughts_are_told_in_full_and_not_again_in_short() -> None:
    payloads = [
        added(0, THOUGHT),
        delta("a", kind="reasoning_text", content_index=0),
        about("reasoning_part.done", content_index=0, part={"type": "reasoning_text", "text": "a"}),
        delta("short", summary_index=0),
        done(0, THOUGHT | {"summary": [part("short")], "content": [{"type": "reasoning_text", "text": "a"}]}),
    ]

    assert thoughts(*payloads) == [Reasoning("a")]


@pytest.mark.parametrize(
    ("early", "late", "proof"),
    [("old", "new", "new"), ("old", None, "old"), (None, "new", "new")],
)
def test_the_proof_is_the_one_of_the_whole_item(early: str | None, late: str | None, proof: str) -> None:
    """The one it opens with is an earlier state of it."""
    payloads = [
        added(0, THOUGHT | {"encrypted_content": early}),
        delta("a", summary_index=0),
        done(0, THOUGHT | {"encrypted_content": late}),
    ]
    events = heard(CREATED, *payloads, COMPLETED)

    assert [event for event in events if isinstance(event, PartProof)] == [PartProof(0, Opaque(OWN, proof))]


def test_thoughts_without_words_have_their_proof() -> None:
    assert thoughts(added(0, THOUGHT), done(0, THOUGHT | {"encrypted_content": "e"})) == [
        Reasoning("", Opaque(OWN, "e"))
    ]


def test_thoughts_with_neither_words_nor_proof_are_none() -> None:
    assert thoughts(added(0, THOUGHT), done(0, THOUGHT)) == []


def test_another_vendor_s_proof_is_known_again() -> None:
    events = heard(CREATED, done(0, THOUGHT | {"encrypted_content": "anthropic_messages#s"}), COMPLETED)

    assert ReasoningStart(0, redacted=True) in events
    assert PartProof(0, Opaque("anthropic_messages", "s")) in events


def test_thoughts_of_an_item_that_was_never_done_end_with_the_reply() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "b"}]}

    assert thoughts(added(0, THOUGHT), delta("a", summary_index=0), done(1, message)) == [Reasoning("a"), Text("b")]
