"""What is asked for, in the form that Chat Completions takes."""

from __future__ import annotations

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from tests.unit.dialects.translating import Body, to_chat

HI: Body = {"messages": [{"role": "user", "content": "hi"}]}
LEVELS = ModelInfo("m", thinking=Thinking(levels=("low", "medium", "high")), known=True)
TOOL: Body = {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "object"}}}}


def test_the_newer_limit_is_for_models_that_reason_by_levels() -> None:
    """They take no other; most compatible servers only know the older one."""
    assert to_chat(HI)[0]["max_tokens"] == 100
    assert to_chat(HI, LEVELS)[0]["max_completion_tokens"] == 100


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "enabled", "budget_tokens": 9000}}, "high"),
        ({"thinking": {"type": "enabled"}}, "auto"),
        ({"thinking": {"type": "adaptive"}}, "xhigh"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, "low"),
    ],
)
def test_thinking_is_told_as_a_level(fields: Body, effort: str) -> None:
    assert to_chat(HI | fields)[0]["reasoning_effort"] == effort


def test_a_level_the_model_lacks_is_the_nearest_it_has() -> None:
    assert to_chat(HI | {"thinking": {"type": "adaptive"}}, LEVELS)[0]["reasoning_effort"] == "high"


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "any"}, "required"),
        ("auto", "auto"),
        ({"type": "tool", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_every_choice_of_tools_is_carried(choice: object, written: object) -> None:
    assert to_chat(HI | {"tools": [TOOL], "tool_choice": choice})[0]["tool_choice"] == written


def test_one_call_at_a_time_is_carried() -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}

    assert to_chat(HI | {"tools": [TOOL], "tool_choice": choice})[0]["parallel_tool_calls"] is False


def test_a_predefined_tool_is_a_loss_and_so_is_the_wish_to_call_it() -> None:
    """No other vendor runs it, and the client could not answer the call."""
    search = {"type": "web_search_20250305", "name": "web_search"}
    body, losses = to_chat(HI | {"tools": [search, TOOL], "tool_choice": {"type": "tool", "name": "web_search"}})

    assert [tool["function"]["name"] for tool in body["tools"]] == ["f"]
    assert "tool_choice" not in body
    assert losses == ["tool_choice: web_search, which is not among the tools", "tools[0]"]


def test_objects_in_a_schema_say_which_properties_they_have() -> None:
    """OpenAI refuses those that do not, at any depth."""
    parameters = to_chat(HI | {"tools": [TOOL]})[0]["tools"][0]["function"]["parameters"]

    assert parameters["properties"]["a"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_a_schema_for_the_reply_is_carried(place: str) -> None:
    """Betas had it in another place."""
    shape = {"type": "json_schema", "schema": {"type": "object"}}
    fields = {"output_config": {"format": shape}} if place == "output_config" else {"output_format": shape}

    assert to_chat(HI | fields)[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_five_stop_sequences_are_four() -> None:
    body, losses = to_chat(HI | {"stop_sequences": list("abcde")})

    assert body["stop"] == list("abcd")
    assert losses == ["stop: more than four"]
