"""What is asked for, in the form that Chat Completions takes."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import Conversation, Picture, Sampling, Speech
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from tests.unit.dialects.translating import Body, codec_of, requested, to_chat

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
    assert losses == ["tools[0]: web_search", "tool_choice: web_search, which is not among the tools"]


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


def test_a_user_whose_name_is_too_long_is_left_out() -> None:
    """Claude Code names device, account and session in it; OpenAI refuses more than 64 characters."""
    fits, losses = to_chat(HI | {"metadata": {"user_id": "u" * 64}})
    assert (fits["user"], losses) == ("u" * 64, [])

    body, losses = to_chat(HI | {"metadata": {"user_id": "u" * 65}})
    assert "user" not in body
    assert losses == ["user: too long"]


ALL: Body = {
    "messages": [{"role": "user", "content": "hi"}],
    "n": 1,
    "logprobs": False,
    "store": False,
    "service_tier": "auto",
    "modalities": ["text"],
    "metadata": {"a": "b"},
    "verbosity": "low",
    "prompt_cache_key": "k",
    "audio": {"voice": "ash", "format": "mp3"},
    "image_config": {"aspect_ratio": "16:9", "x": 1},
    "prediction": {"type": "content", "content": "x"},
    "response_format": {"type": "json_schema", "json_schema": {"schema": {}, "x": 1}},
    "thinking": {"type": "enabled", "clear_thinking": True},
    "stop": list("abcdef"),
    "unheard": {"of": 1.0},
}


def test_at_home_every_field_is_said_again() -> None:
    """Also those that mean nothing to others, at any depth, and values that are nobody's wish."""
    body, losses = requested(CHAT, CHAT, ALL)

    assert {name: value for name, value in body.items() if name != "model"} == ALL
    assert losses == []


def test_values_that_change_nothing_are_not_sent_to_servers_that_may_not_know_them() -> None:
    defaults = Conversation(
        "openai_responses",
        "m",
        sampling=Sampling(candidates=1, logprobs=False),
        store=False,
        service_tier="auto",
        modalities=("text",),
    )
    encoded = codec_of(CHAT).encode_request(defaults, ModelInfo("m"), False)

    assert json.loads(encoded.body) == {"model": "m", "messages": []}
    assert encoded.losses == ()


def test_wishes_from_elsewhere_are_carried() -> None:
    wishes = Conversation(
        "gemini",
        "m",
        sampling=Sampling(candidates=2, logprobs=True, top_logprobs=2),
        metadata={"a": "b"},
        service_tier="flex",
        modalities=("text", "audio"),
        speech=Speech("ash"),
        picture=Picture("1:1"),
    )
    body = json.loads(codec_of(CHAT).encode_request(wishes, ModelInfo("m"), True).body)

    assert (body["n"], body["logprobs"], body["top_logprobs"], body["metadata"]) == (2, True, 2, {"a": "b"})
    assert (body["service_tier"], body["modalities"]) == ("flex", ["text", "audio"])
    assert (body["audio"], body["image_config"]) == ({"voice": "ash", "format": "pcm16"}, {"aspect_ratio": "1:1"})


def test_a_tier_that_only_another_vendor_has_is_lost() -> None:
    said = Conversation("anthropic_messages", "m", service_tier="standard_only")

    assert [loss.field for loss in codec_of(CHAT).encode_request(said, ModelInfo("m"), False).losses] == [
        "service_tier"
    ]
