"""Tools and their choice, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Conversation, ServerTool, ServerToolKind, Tool, ToolChoice, ToolMode
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.dialects.gemini.request import decode_request
from cliproxy.dialects.gemini.request_encoder import encode_request
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from tests.unit.dialects.translating import requested

FUNCTION = {"name": "f", "parametersJsonSchema": {"type": "object", "properties": {}}}


def said(**body: Any) -> Conversation:
    return decode_request(json.dumps({"contents": [{"parts": [{"text": "hi"}]}]} | body).encode())


def again(conversation: Conversation) -> dict[str, Any]:
    encoded = encode_request(conversation, ModelInfo("m"), False)
    assert encoded.losses == ()
    body: dict[str, Any] = json.loads(encoded.body)
    return body


def test_functions_have_a_schema_under_either_name() -> None:
    declarations = [
        {"name": "a", "parameters": {"type": "OBJECT", "properties": {"x": {"type": "INTEGER"}}}},
        {"name": "b", "description": "B", "parameters_json_schema": {"type": "object"}, "behavior": "BLOCKING"},
        {"name": "c"},
    ]
    first, second, third = said(tools=[{"functionDeclarations": declarations}]).tools

    assert isinstance(first, Tool)
    assert first.input_schema is not None
    assert json.loads(bytes(first.input_schema))["properties"]["x"] == {"type": "integer"}
    assert isinstance(second, Tool)
    assert (second.description, list(second.extras)) == ("B", ["behavior"])
    assert isinstance(third, Tool)
    assert third.input_schema is None


def test_where_every_tool_is_to_be_found_yet_there_is_no_choice_among_them() -> None:
    """Google refuses to be told to call where there is nothing to call."""
    deferred = Conversation(
        "anthropic_messages", "m", tools=(Tool("f", deferred=True),), tool_choice=ToolChoice(ToolMode.REQUIRED)
    )
    encoded = encode_request(deferred, ModelInfo("m"), False)

    assert json.loads(encoded.body).keys() == {"contents"}
    assert [loss.field for loss in encoded.losses] == ["tools[0]: f, which no search has found yet"]


def test_tools_that_google_runs_are_known_by_their_name() -> None:
    tools = said(
        tools=[{"google_search": {"exclude_domains": ["a.org"]}}, {"urlContext": {}}, {"codeExecution": {}},
               {"fileSearch": {"file_search_store_names": ["x"]}}]
    ).tools  # fmt: skip

    assert [(tool.kind, tool.name) for tool in tools if isinstance(tool, ServerTool)] == [
        (ServerToolKind.WEB_SEARCH, "googleSearch"),
        (ServerToolKind.WEB_FETCH, "urlContext"),
        (ServerToolKind.CODE_EXECUTION, "codeExecution"),
        (ServerToolKind.OTHER, "fileSearch"),
    ]


def test_at_home_all_tools_are_written_as_they_came() -> None:
    """Functions stand together where the first of them stood, each other tool alone."""
    tools = [{"googleSearch": {}}, {"functionDeclarations": [FUNCTION]}, {"fileSearch": {"topK": 3}}]

    assert again(said(tools=tools))["tools"] == tools


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice(ToolMode.AUTO)),
        ({"mode": "none", "allowedFunctionNames": ["f"]}, ToolChoice(ToolMode.NONE)),
        ({"mode": "ANY"}, ToolChoice(ToolMode.REQUIRED)),
        ({"mode": 2, "allowed_function_names": ["f"]}, ToolChoice(ToolMode.NAMED, "f")),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, ToolChoice(ToolMode.REQUIRED, allowed=("f", "g"))),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice(ToolMode.AUTO, allowed=("f",))),
        ({"mode": "MODE_UNSPECIFIED"}, None),
        ({}, None),
    ],
)
def test_a_choice_is_read(config: dict[str, Any], choice: ToolChoice | None) -> None:
    """Modes come as words or, from clients that send enums so, as numbers."""
    assert said(tool_config={"function_calling_config": config}).tool_choice == choice


@pytest.mark.parametrize("mode", ["AUTO", "NONE", "ANY", "VALIDATED"])
def test_at_home_a_mode_stays_what_it_was(mode: str) -> None:
    config = {"functionCallingConfig": {"mode": mode}, "includeServerSideToolInvocations": True}
    body = again(said(tools=[{"functionDeclarations": [FUNCTION]}], toolConfig=config))

    assert body["toolConfig"] == config


def chat(**body: Any) -> tuple[dict[str, Any], list[str]]:
    tool = {"type": "function", "function": {"name": "my tool", "strict": True}}
    return requested(CHAT, GEMINI, {"messages": [{"role": "user", "content": "hi"}], "tools": [tool]} | body)


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "my tool"}},
            {"mode": "ANY", "allowedFunctionNames": ["my_tool"]},
        ),
    ],
)
def test_a_choice_of_another_dialect_is_said(choice: Any, written: dict[str, Any]) -> None:
    """Names are changed alike wherever they stand."""
    body, losses = chat(tool_choice=choice)

    assert body["toolConfig"] == {"functionCallingConfig": written}
    assert body["tools"][0]["functionDeclarations"][0]["name"] == "my_tool"
    assert losses == ["tools[0].strict"]


def test_a_choice_without_tools_is_left_out() -> None:
    """Google answers 400: function calling config is set without function_declarations."""
    body, _ = chat(tools=[], tool_choice="required")

    assert "toolConfig" not in body


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    assert "parallel tool calls: false" in chat(parallel_tool_calls=False)[1]


def test_a_name_begins_with_a_letter() -> None:
    body, _ = requested(
        CHAT, GEMINI,
        {"messages": [{"role": "user", "content": "hi"}],
         "tools": [{"type": "function", "function": {"name": "3d-print.now:x é"}}]},
    )  # fmt: skip

    assert body["tools"][0]["functionDeclarations"][0]["name"] == "_3d-print.now:x__"


def test_schemas_are_cleaned_and_there_is_always_one() -> None:
    schema = {"type": "object", "properties": {"n": {"type": ["integer", "null"], "minLength": 3}}, "$schema": "x"}
    tools = [{"name": "a", "input_schema": schema}, {"name": "b", "input_schema": {}}]
    body, _ = requested(
        MESSAGES, GEMINI, {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9, "tools": tools}
    )
    first, second = (tool["parametersJsonSchema"] for tool in body["tools"][0]["functionDeclarations"])

    assert "$schema" not in first
    assert first["properties"]["n"]["type"] == "integer"
    assert second["type"] == "object"


def test_a_search_is_a_search_everywhere() -> None:
    tool = {"type": "web_search_20250305", "name": "web_search", "blocked_domains": ["a.org"]}
    body, losses = requested(
        MESSAGES, GEMINI, {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9, "tools": [tool]}
    )

    assert body["tools"] == [{"googleSearch": {}}]
    assert losses == ["tools[0].blocked_domains"]
