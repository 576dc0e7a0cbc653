"""How hard to reason, in everybody's words."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.openai_chat.effort import effort_fields
from cliproxy.dialects.openai_chat.request import decode_request
from cliproxy.errors import RequestError
from tests.unit.dialects.translating import UNKNOWN, Body

LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "high")), known=True)


def effort_of(fields: Body) -> Effort | None:
    return decode_request(json.dumps({"model": "m", "messages": []} | fields).encode()).effort


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({}, None),
        ({"reasoning_effort": "High"}, Effort(Level.HIGH)),
        ({"reasoning": {"effort": "low", "exclude": True}}, Effort(Level.LOW, visible=False)),
        ({"reasoning": {"max_tokens": 2000}}, Effort(budget=2000)),
        ({"reasoning": {"enabled": False}}, Effort(Level.NONE, visible=False)),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, Effort(budget=9)),
        ({"thinking": {"type": "disabled"}}, Effort(Level.NONE, visible=False)),
        ({"enable_thinking": True}, Effort()),
        ({"enable_thinking": False}, Effort(Level.NONE, visible=False)),
        ({"extra_body": {"google": {"thinking_config": {"thinking_level": "LOW"}}}}, Effort(Level.LOW)),
        (
            {"google": {"thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True}}},
            Effort(budget=5, visible=True),
        ),
        ({"generationConfig": {"thinkingConfig": {"include_thoughts": True}}}, Effort(visible=True)),
    ],
)
def test_every_speakers_words_are_read(fields: Body, effort: Effort | None) -> None:
    assert effort_of(fields) == effort


def test_a_wrong_word_is_told_with_the_right_ones() -> None:
    with pytest.raises(RequestError, match="'xhigh'"):
        effort_of({"reasoning_effort": "very"})


@pytest.mark.parametrize(
    "effort",
    [
        Effort(),
        Effort(visible=True),
        Effort(Level.LOW),
        Effort(Level.LOW, visible=True),
        Effort(Level.NONE, visible=False),
        Effort(budget=9),
        Effort(budget=9, visible=False),
    ],
)
def test_what_is_written_at_home_reads_back(effort: Effort) -> None:
    fields = effort_fields(effort, UNKNOWN, "openai_chat")

    assert fields is not None
    assert effort_of(fields) == effort


def test_only_the_family_is_held_to_its_word() -> None:
    """Who speaks OpenAI's words is told that one is wrong; who speaks another's gets the nearest."""
    with pytest.raises(RequestError, match="valid levels: low, high"):
        effort_fields(Effort(Level.MINIMAL), LEVELS, "openai_responses")
    assert effort_fields(Effort(Level.MINIMAL), LEVELS, "gemini") == {"reasoning_effort": "low"}


def test_a_model_that_does_not_reason_is_told_nothing() -> None:
    assert effort_fields(Effort(Level.LOW), ModelInfo("m", known=True), "gemini") is None
