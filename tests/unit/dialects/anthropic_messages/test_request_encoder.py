"""What is asked for, in the form that the Messages API takes."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from tests.unit.dialects.translating import Body, to_messages

HI: Body = {"messages": [{"role": "user", "content": "hi"}]}
LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "medium", "high", "max")), known=True)
BUDGET = ModelInfo("m", output_limit=64000, thinking=Thinking(min=1024, max=128000), known=True)


def tool(name: str) -> Body:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def test_the_limit_that_the_api_demands_is_made_where_none_was_given() -> None:
    assert to_messages(HI)[0]["max_tokens"] == 32000
    assert to_messages(HI, BUDGET)[0]["max_tokens"] == 64000
    assert to_messages(HI | {"max_completion_tokens": 5})[0]["max_tokens"] == 5


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_every_choice_of_tools_is_carried(choice: object, written: Body) -> None:
    assert to_messages(HI | {"tools": [tool("f")], "tool_choice": choice})[0]["tool_choice"] == written


def test_one_call_at_a_time_needs_a_choice_to_stand_in() -> None:
    body, _ = to_messages(HI | {"tools": [tool("f")], "parallel_tool_calls": False})

    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_only_the_allowed_tools_are_offered() -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}
    body, _ = to_messages(
        HI | {"tools": [tool("f"), tool("g")], "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}}
    )

    assert [one["name"] for one in body["tools"]] == ["g"]
    assert body["tool_choice"] == {"type": "any"}


def test_a_choice_without_tools_is_not_written() -> None:
    assert "tool_choice" not in to_messages(HI | {"tool_choice": "auto"})[0]


def test_a_second_tool_of_one_name_is_left_out() -> None:
    body, losses = to_messages(HI | {"tools": [tool("f"), tool("f")]})

    assert len(body["tools"]) == 1
    assert losses == ["tools[1]: a second f"]


@pytest.mark.parametrize(
    ("effort", "model", "written"),
    [
        ("minimal", LEVELS, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("xhigh", LEVELS, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
        ("none", LEVELS, {"thinking": {"type": "disabled"}}),
        ("medium", BUDGET, {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
        ("high", ModelInfo("cannot", known=True), {}),
    ],
)
def test_an_effort_is_told_as_the_model_takes_it(effort: str, model: ModelInfo, written: Body) -> None:
    body, _ = to_messages(HI | {"reasoning_effort": effort}, model)

    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == written


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({"reasoning": {"max_tokens": 4000}}, {"type": "enabled", "budget_tokens": 4000}),
        ({"reasoning": {"effort": "none"}}, {"type": "disabled"}),
        ({"thinking": {"type": "disabled"}}, {"type": "disabled"}),
        ({"thinking": {"type": "enabled"}}, {"type": "adaptive"}),
        ({"enable_thinking": False}, {"type": "disabled"}),
    ],
)
def test_other_speakers_words_for_the_effort_are_read(fields: Body, thinking: Body) -> None:
    """OpenRouter's, DeepSeek's and Qwen's clients each have their own."""
    assert to_messages(HI | fields)[0]["thinking"] == thinking


def test_a_budget_stays_under_the_limit() -> None:
    """The API refuses more; so does it a budget under 1024."""
    assert (
        to_messages(HI | {"reasoning_effort": "high", "max_tokens": 5000}, BUDGET)[0]["thinking"]["budget_tokens"]
        == 4999
    )
    body, losses = to_messages(HI | {"reasoning_effort": "high", "max_tokens": 500}, BUDGET)
    assert body["thinking"] == {"type": "disabled"}
    assert losses == ["reasoning effort: no room under max_tokens"]


def test_the_limit_is_raised_over_a_budget_where_the_client_gave_none() -> None:
    body, _ = to_messages(HI | {"reasoning": {"max_tokens": 60000}})

    assert body["max_tokens"] > body["thinking"]["budget_tokens"] == 60000


def test_a_forced_tool_turns_thinking_off() -> None:
    body, losses = to_messages(HI | {"reasoning_effort": "high", "tools": [tool("f")], "tool_choice": "required"})

    assert "thinking" not in body
    assert losses == ["reasoning effort: not beside a forced tool"]


def test_a_tool_loop_that_lost_its_thoughts_goes_on_without_thinking() -> None:
    """Beside a budget the API demands that the loop's turn begins with signed thoughts."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "reasoning_content": "hm", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "x"},
    ]
    body, losses = to_messages({"messages": turns, "reasoning_effort": "high"}, BUDGET)

    assert body["thinking"] == {"type": "disabled"}
    assert "reasoning effort: the tool loop began without thoughts" in losses


def test_sampling_that_the_api_refuses_is_told() -> None:
    body, losses = to_messages(HI | {"temperature": 1.5, "top_p": 0.5, "seed": 7, "stop": ["a", " "]})

    assert (body["temperature"], body.get("top_p"), body["stop_sequences"]) == (1.0, None, ["a"])
    assert losses == ["stop: white space", "temperature: over 1", "top_p: not beside temperature", "seed"]


def test_a_wish_for_json_becomes_an_instruction() -> None:
    body, _ = to_messages(HI | {"response_format": {"type": "json_object"}})

    assert "JSON object" in body["system"][0]["text"]


def test_older_functions_are_tools() -> None:
    body, _ = to_messages(HI | {"functions": [{"name": "f"}], "function_call": {"name": "f"}})

    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert body["tool_choice"] == {"type": "tool", "name": "f"}


def test_what_no_one_models_is_a_loss_by_its_name() -> None:
    fields: dict[str, Any] = {"n": 2, "logit_bias": {"1": 1}, "store": False}

    assert to_messages(HI | fields)[1] == ["candidates", "logit_bias"]
