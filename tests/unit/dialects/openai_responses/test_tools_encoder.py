"""Tools and choices, written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Grammar,
    Message,
    Place,
    Role,
    ServerTool,
    ServerToolKind,
    Text,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.openai_responses.request import decode_request
from cliproxy.dialects.openai_responses.request_encoder import encode_request

HOME, ABROAD = "openai_responses", "openai_chat"
ASKED = (Message(Role.USER, (Text("a"),)),)
SEARCH = ServerTool(ServerToolKind.WEB_SEARCH, Raw(b'{"type":"web_search_preview"}'), "web_search_preview")


def written(*tools: Tool | ServerTool, origin: str = ABROAD, **fields: Any) -> tuple[dict[str, Any], list[str]]:
    conversation = Conversation(origin, "m", messages=ASKED, tools=tools, **fields)
    encoded = encode_request(conversation, ModelInfo("m"), False)
    return json.loads(encoded.body), [loss.field for loss in encoded.losses]


@pytest.mark.parametrize(
    ("tool", "item"),
    [
        (
            Tool("f", "d", Raw(b'{"type":"object"}'), strict=True),
            {
                "type": "function",
                "name": "f",
                "description": "d",
                "parameters": {"type": "object", "properties": {}},
                "strict": True,
            },
        ),
        (
            Tool("f"),
            {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False},
        ),
        (Tool("f", free_text=True), {"type": "custom", "name": "f"}),
        (
            Tool("f", free_text=True, grammar=Grammar("lark", "s")),
            {"type": "custom", "name": "f", "format": {"type": "grammar", "syntax": "lark", "definition": "s"}},
        ),
        (
            ServerTool(
                ServerToolKind.WEB_SEARCH,
                Raw(b"{}"),
                "s",
                ("a.example",),
                context_size="low",
                place=Place("Bonn", country="DE"),
            ),
            {
                "type": "web_search",
                "filters": {"allowed_domains": ["a.example"]},
                "search_context_size": "low",
                "user_location": {"type": "approximate", "city": "Bonn", "country": "DE"},
            },
        ),
        (
            ServerTool(ServerToolKind.CODE_EXECUTION, Raw(b"{}"), "code_execution"),
            {"type": "code_interpreter", "container": {"type": "auto"}},
        ),
    ],
    ids=str,
)
def test_a_tool_is_written(tool: Tool | ServerTool, item: dict[str, Any]) -> None:
    """Who says nothing of strictness means none, which here has to be said."""
    assert written(tool) == (written()[0] | {"tools": [item]}, [])


@pytest.mark.parametrize(
    ("tool", "losses"),
    [
        (ServerTool(ServerToolKind.WEB_FETCH, Raw(b"{}"), "web_fetch"), ["tools[0]: web_fetch"]),
        (ServerTool(ServerToolKind.OTHER, Raw(b"{}"), "maps"), ["tools[0]: maps"]),
        (
            ServerTool(ServerToolKind.WEB_SEARCH, Raw(b"{}"), "s", blocked_domains=("b",), max_uses=2),
            ["tools[0].max_uses", "tools[0].blocked_domains"],
        ),
    ],
    ids=str,
)
def test_what_the_api_does_not_have_is_told_as_lost(tool: ServerTool, losses: list[str]) -> None:
    """A client could not answer a call of a function that stood for it."""
    assert written(tool)[1] == losses


def test_of_two_tools_with_one_name_the_first_is_declared() -> None:
    body, losses = written(Tool("f", "1"), Tool("f", "2"))

    assert [tool["description"] for tool in body["tools"]] == ["1"]
    assert losses == ["tools[1]: a second f"]


def test_a_tool_that_the_upstream_runs_goes_home_as_it_came() -> None:
    assert written(SEARCH, origin=HOME)[0]["tools"] == [{"type": "web_search_preview"}]


def test_namespaces_are_put_together_again_at_home() -> None:
    tools = [
        {"type": "namespace", "name": "crm", "description": "d", "tools": [{"type": "custom", "name": "f"}]},
        {"type": "web_search"},
    ]
    conversation = decode_request(json.dumps({"model": "m", "input": "a", "tools": tools}).encode())

    assert json.loads(encode_request(conversation, ModelInfo("m"), False).body)["tools"] == tools


@pytest.mark.parametrize(
    ("choice", "item"),
    [
        (ToolChoice(ToolMode.AUTO), "auto"),
        (ToolChoice(ToolMode.NONE), "none"),
        (ToolChoice(ToolMode.REQUIRED), "required"),
        (ToolChoice(ToolMode.NAMED, "f"), {"type": "function", "name": "f"}),
        (ToolChoice(ToolMode.NAMED, "w"), {"type": "custom", "name": "w"}),
        (ToolChoice(ToolMode.NAMED, "web_search_preview"), {"type": "web_search"}),
        (
            ToolChoice(ToolMode.REQUIRED, allowed=("f", "web_search_preview")),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}],
            },
        ),
    ],
    ids=str,
)
def test_a_choice_is_written(choice: ToolChoice, item: object) -> None:
    assert written(Tool("f"), Tool("w", free_text=True), SEARCH, tool_choice=choice)[0]["tool_choice"] == item


def test_a_choice_of_no_tool_is_not_written() -> None:
    """Upstreams refuse it."""
    assert "tool_choice" not in written(tool_choice=ToolChoice(ToolMode.AUTO))[0]

    body, losses = written(Tool("f"), tool_choice=ToolChoice(ToolMode.NAMED, "g"))
    assert "tool_choice" not in body
    assert losses == ["tool_choice: g, which is not among the tools"]


def test_one_call_at_a_time_is_said_whether_there_are_tools_or_not() -> None:
    assert written(parallel_calls=False)[0]["parallel_tool_calls"] is False
