"""Requests, written for a model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Level,
    Message,
    OutputKind,
    OutputShape,
    Picture,
    Role,
    Sampling,
    Speech,
    Text,
    ToolResult,
)
from cliproxy.dialects.openai_responses.request import decode_request
from cliproxy.dialects.openai_responses.request_encoder import encode_request
from cliproxy.errors import RequestError

HOME, CHAT, MESSAGES, GEMINI = "openai_responses", "openai_chat", "anthropic_messages", "gemini"
ASKED = (Message(Role.USER, (Text("a"),)),)
UNKNOWN = ModelInfo("m")
LEVELS = ModelInfo("m", known=True, thinking=Thinking(levels=("low", "medium", "high")))
THOUGHTLESS = ModelInfo("m", known=True)


def written(
    origin: str = CHAT, model: ModelInfo = UNKNOWN, *, stream: bool = False, **fields: Any
) -> tuple[dict[str, Any], list[str]]:
    encoded = encode_request(Conversation(origin, "m", **({"messages": ASKED} | fields)), model, stream)
    return json.loads(encoded.body), [loss.field for loss in encoded.losses]


def test_the_least_request() -> None:
    """Nothing is stored, so encrypted thoughts are asked for: without them a later turn could not go on from these."""
    assert written() == (
        {
            "model": "m",
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}],
            "store": False,
            "include": ["reasoning.encrypted_content"],
        },
        [],
    )


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"origin": HOME}, {}),
        ({"origin": HOME, "store": False}, {"store": False, "include": ["reasoning.encrypted_content"]}),
        ({"store": True}, {"store": True, "include": ["reasoning.encrypted_content"]}),
        ({"model": THOUGHTLESS}, {"store": False}),
        (
            {"model": THOUGHTLESS, "sampling": Sampling(logprobs=True, top_logprobs=2)},
            {"store": False, "include": ["message.output_text.logprobs"]},
        ),
    ],
    ids=str,
)
def test_what_is_stored_and_included(fields: dict[str, Any], part: dict[str, Any]) -> None:
    """A model that does not think refuses to be asked for thoughts."""
    body = written(**fields)[0]

    assert {name: body[name] for name in ("store", "include") if name in body} == part


def test_one_plain_text_is_the_instructions_and_several_open_the_input() -> None:
    assert written(instructions=(Text("i"),))[0]["instructions"] == "i"

    body = written(instructions=(Text("i"), Text("j"), Text(" ")))[0]
    assert "instructions" not in body
    assert body["input"][0]["role"] == "developer"
    assert [part["text"] for part in body["input"][0]["content"]] == ["i", "j"]


def test_instructions_alone_are_the_input() -> None:
    """There has to be one."""
    assert written(instructions=(Text("i"),), messages=())[0]["input"][0]["role"] == "developer"


@pytest.mark.parametrize(
    ("origin", "model", "effort", "reasoning"),
    [
        (CHAT, UNKNOWN, Effort(Level.HIGH), {"effort": "high"}),
        (CHAT, UNKNOWN, Effort(Level.HIGH, visible=True), {"effort": "high", "summary": "auto"}),
        (CHAT, UNKNOWN, Effort(Level.NONE), {"effort": "none"}),
        (CHAT, LEVELS, Effort(Level.NONE), {"effort": "low"}),
        (CHAT, THOUGHTLESS, Effort(Level.NONE), None),
        (MESSAGES, UNKNOWN, Effort(budget=8000), {"effort": "medium", "summary": "auto"}),
        (MESSAGES, UNKNOWN, Effort(), {"effort": "xhigh", "summary": "auto"}),
        (MESSAGES, LEVELS, Effort(Level.MAX, visible=False), {"effort": "high"}),
        (MESSAGES, UNKNOWN, Effort(Level.NONE, visible=False), {"effort": "none"}),
        (GEMINI, UNKNOWN, Effort(Level.AUTO), {"effort": "auto"}),
        (GEMINI, LEVELS, Effort(Level.AUTO), {"effort": "medium"}),
        (GEMINI, UNKNOWN, Effort(visible=True), {"summary": "auto"}),
        (HOME, UNKNOWN, Effort(visible=True), {"summary": "auto"}),
    ],
    ids=str,
)
def test_how_hard_to_think_and_whether_to_show_it(
    origin: str, model: ModelInfo, effort: Effort, reasoning: dict[str, str] | None
) -> None:
    """Clients of Anthropic's API see thoughts unless they say otherwise; the others ask to."""
    body, losses = written(origin, model, effort=effort)

    assert body.get("reasoning") == reasoning
    assert losses == []


def test_a_family_s_own_value_must_be_one_that_the_model_takes() -> None:
    with pytest.raises(RequestError, match="xhigh"):
        written(CHAT, LEVELS, effort=Effort(Level.XHIGH))


def test_an_effort_that_a_model_has_none_of_is_told_as_lost() -> None:
    assert written(MESSAGES, THOUGHTLESS, effort=Effort(Level.HIGH))[1] == ["reasoning effort"]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"sampling": Sampling(100, 0.5, 0.9, top_logprobs=2)}, {"max_output_tokens": 100, "temperature": 0.5}),
        ({"sampling": Sampling(1)}, {"max_output_tokens": 16}),
        ({"origin": HOME, "sampling": Sampling(1)}, {"max_output_tokens": 1}),
        ({"output": OutputShape(OutputKind.JSON)}, {"text": {"format": {"type": "json_object"}}}),
        (
            {"output": OutputShape(OutputKind.JSON_SCHEMA, schema=Raw(b'{"a":1}'))},
            {"text": {"format": {"type": "json_schema", "name": "response", "schema": {"a": 1}}}},
        ),
        (
            {"output": OutputShape(OutputKind.JSON_SCHEMA, "n", "d", Raw(b"{}"), strict=True), "verbosity": "low"},
            {
                "text": {
                    "format": {"type": "json_schema", "name": "n", "description": "d", "schema": {}, "strict": True},
                    "verbosity": "low",
                }
            },
        ),
        ({"user": "u"}, {"user": "u"}),
        ({"cache_key": "k", "metadata": {"a": "b"}}, {"prompt_cache_key": "k", "metadata": {"a": "b"}}),
        ({"service_tier": "priority"}, {"service_tier": "priority"}),
        ({"service_tier": "standard_only"}, {"service_tier": "default"}),
        ({"stream": True}, {"stream": True}),
    ],
    ids=str,
)
def test_a_field_is_written(fields: dict[str, Any], part: dict[str, Any]) -> None:
    """A limit under 16 is refused; a schema needs a name."""
    body, losses = written(**fields)

    assert {name: body[name] for name in part} == part
    assert losses == []


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ({"sampling": Sampling(top_k=1, stop=("a",), seed=2)}, ["top_k", "seed", "stop"]),
        ({"sampling": Sampling(frequency_penalty=1, presence_penalty=1)}, ["frequency_penalty", "presence_penalty"]),
        ({"sampling": Sampling(candidates=2)}, ["n"]),
        ({"sampling": Sampling(candidates=1), "modalities": ("text",)}, []),
        ({"modalities": ("text", "audio"), "speech": Speech("v")}, ["modalities: audio", "speech"]),
        ({"picture": Picture("1:1")}, ["picture"]),
        ({"service_tier": "odd"}, ["service_tier"]),
        ({"extras": {"logit_bias": Raw(b"{}")}}, ["logit_bias"]),
        ({"user": "u" * 65}, ["user: too long"]),
    ],
    ids=str,
)
def test_what_cannot_be_said_is_told_as_lost(fields: dict[str, Any], losses: list[str]) -> None:
    assert written(**fields)[1] == losses


def test_what_names_the_session_elsewhere_is_the_cache_key() -> None:
    """One and the same for all requests of a session, and no longer than is taken."""
    keys = {written(MESSAGES, user="u" * 100)[0]["prompt_cache_key"] for _ in range(2)}

    assert len(keys) == 1
    assert len(keys.pop()) <= 64
    assert "prompt_cache_key" not in written(CHAT, user="u")[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"truncation": "auto", "context_management": [{"type": "compaction"}], "new": 1.0},
        {"reasoning": {"effort": "low", "context": "all_turns", "summary": "detailed"}},
        {"text": {"format": {"type": "json_object", "odd": 1}, "verbosity": "low", "new": 2}},
        {"text": {"format": {"type": "grammar"}}},
        {"include": ["file_search_call.results"], "top_logprobs": 2},
        {"store": False, "include": ["reasoning.encrypted_content"]},
        {"tool_choice": {"type": "mcp", "server_label": "s"}, "tools": [{"type": "mcp", "server_label": "s"}]},
        {"user": "u", "safety_identifier": "s", "metadata": {"a": 1}},
        {"model.": 1, "input.b": 2},
    ],
    ids=str,
)
def test_at_home_everything_stands_where_it_stood(fields: dict[str, Any]) -> None:
    body = {
        "model": "m",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}],
    }
    conversation = decode_request(json.dumps(body | fields).encode())

    assert json.loads(encode_request(conversation, UNKNOWN, False).body) == body | fields


def test_a_request_that_goes_on_from_a_stored_reply_keeps_its_results() -> None:
    """Their calls lie at the vendor."""
    turn = Message(Role.USER, (ToolResult("c", (Text("4"),)),))
    body, losses = written(HOME, messages=(turn,), extras={"previous_response_id": Raw(b'"r"')})

    assert body["input"] == [{"type": "function_call_output", "call_id": "c", "output": "4"}]
    assert body["previous_response_id"] == "r"
    assert losses == []


def test_what_a_search_for_tools_found_is_called_in_a_namespace_of_its_own_name() -> None:
    found = {
        "type": "tool_search_output",
        "call_id": "s",
        "tools": [{"type": "function", "name": "f", "defer_loading": True}],
    }
    call = {"type": "function_call", "call_id": "c", "name": "f", "namespace": "f", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c", "output": ""}
    conversation = decode_request(json.dumps({"model": "m", "input": [found, call, result]}).encode())

    assert json.loads(encode_request(conversation, UNKNOWN, False).body)["input"] == [found, call, result]
