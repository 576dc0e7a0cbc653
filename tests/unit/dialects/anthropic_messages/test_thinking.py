"""How hard to reason, read and written."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Effort, Level, Role, Text
from cliproxy.errors import RequestError
from tests.unit.dialects.anthropic_messages.home import abroad, decoded, encoded, saying, written_at_home
from tests.unit.dialects.translating import Body

LEVELS = ModelInfo("m", thinking=Thinking(min=1024, max=128000, levels=("low", "medium", "high")), known=True)
BUDGET = ModelInfo("m", output_limit=64000, thinking=Thinking(min=1024, max=32000), known=True)


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "disabled"}}, Effort(Level.NONE, visible=False)),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Effort(budget=2000)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, Effort(visible=False)),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, Effort(Level.MAX)),
        ({"output_config": {"effort": "low"}}, Effort(Level.LOW)),
        ({}, None),
    ],
)
def test_every_form_is_read(fields: Body, effort: Effort | None) -> None:
    assert decoded(**fields).effort == effort


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"thinking": {"type": "between_tools"}}, ["thinking.type"]),
        ({"thinking": {"type": "adaptive", "later": 1}}, ["thinking.later"]),
        (
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "low", "task_budget": {"total": 9}}},
            ["output_config.task_budget", "output_config.effort"],
        ),
    ],
)
def test_what_others_cannot_be_told_stays_at_home(fields: dict[str, Any], losses: list[str]) -> None:
    written = written_at_home(**fields)

    assert {name: written[name] for name in fields} == fields
    assert encoded(abroad(decoded(**fields)))[1] == losses


def test_a_value_out_of_range_is_told_to_who_speaks_the_dialect_only() -> None:
    """Another vendor's client cannot know this one's limits."""
    wanted = decoded(max_tokens=90000, thinking={"type": "enabled", "budget_tokens": 50000})

    with pytest.raises(RequestError, match="out of range"):
        encoded(wanted, BUDGET)
    assert encoded(abroad(wanted), BUDGET)[0]["thinking"]["budget_tokens"] == 32000


def test_a_budget_becomes_a_level_where_the_model_knows_levels() -> None:
    body, _ = encoded(saying(Text("x"), effort=Effort(budget=8192, visible=True)), LEVELS)

    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": "medium"}


def test_a_model_that_nobody_knows_is_given_a_budget() -> None:
    """Servers of other vendors that speak this API know no other form."""
    body, _ = encoded(saying(Text("x"), effort=Effort(Level.MEDIUM)))

    assert body["thinking"] == {"type": "enabled", "budget_tokens": 8192}


def test_an_answer_begun_is_gone_on_with_without_thinking() -> None:
    """The API refuses both together, and white space at the end; newer models refuse any answer begun."""
    begun = saying(Text("The answer is "), role=Role.ASSISTANT, effort=Effort(Level.HIGH))
    body, losses = encoded(begun, BUDGET)
    newer, dropped = encoded(begun, LEVELS)

    assert body["messages"][-1]["content"][0]["text"] == "The answer is"
    assert body["thinking"] == {"type": "disabled"}
    assert losses == ["reasoning effort: not beside an answer begun"]
    assert [message["role"] for message in newer["messages"]] == ["user"]
    assert dropped == ["messages: an answer begun, which the model does not go on with"]


def test_an_effort_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RequestError, match="huge"):
        decoded(output_config={"effort": "huge"})
