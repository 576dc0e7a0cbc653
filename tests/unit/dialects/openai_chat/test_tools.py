"""What may be called, read."""

from __future__ import annotations

import json

import msgspec
import pytest

from cliproxy.conversation.request import (
    Conversation,
    Grammar,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.openai_chat.request import decode_request
from cliproxy.errors import RequestError
from tests.unit.dialects.translating import Body

SEARCH, FETCH, CODE, OTHER = (
    ServerToolKind.WEB_SEARCH,
    ServerToolKind.WEB_FETCH,
    ServerToolKind.CODE_EXECUTION,
    ServerToolKind.OTHER,
)


def decoded(**fields: object) -> Conversation:
    return decode_request(json.dumps({"model": "m", "messages": []} | fields).encode())


def only(*tools: Body) -> Tool | ServerTool:
    (tool,) = decoded(tools=tools).tools
    return tool


def test_functions_nested_flat_and_of_the_older_api() -> None:
    inner = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    said = decoded(tools=[{"type": "function", "function": inner}], functions=[inner])
    flat = only({"type": "function"} | inner)

    assert [tool.name for tool in said.functions] == ["f", "f"]
    assert isinstance(flat, Tool)
    assert (flat.name, flat.description, msgspec.json.decode(flat.input_schema or b"")) == (
        "f",
        "d",
        {"type": "object"},
    )


@pytest.mark.parametrize("is_flat", [True, False])
def test_tools_that_take_words(is_flat: bool) -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: X"}}
    inner = {"name": "g", "description": "d", "format": grammar}

    assert only({"type": "custom"} | (inner if is_flat else {"custom": inner})) == Tool(
        "g", "d", free_text=True, grammar=Grammar("lark", "start: X")
    )


@pytest.mark.parametrize(
    ("tool", "kind", "name"),
    [
        ({"type": "web_search"}, SEARCH, "web_search"),
        ({"type": "openrouter:web_search"}, SEARCH, "openrouter:web_search"),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, CODE, "code_interpreter"),
        ({"type": "visit_website"}, OTHER, "visit_website"),
        ({"google_search": {}}, SEARCH, "google_search"),
        ({"code_execution": {}}, CODE, "code_execution"),
        ({"urlContext": {}}, FETCH, "urlContext"),
    ],
)
def test_tools_that_the_upstream_runs(tool: Body, kind: ServerToolKind, name: str) -> None:
    """By a type, or under Google's own names; each keeps its body for whoever knows it."""
    found = only(tool)

    assert isinstance(found, ServerTool)
    assert (found.kind, found.name, msgspec.json.decode(found.body)) == (kind, name, tool)


def test_several_of_googles_tools_in_one_object_are_several() -> None:
    said = decoded(tools=[{"google_search": {}, "url_context": {}}])

    assert [msgspec.json.decode(tool.body) for tool in said.tools if isinstance(tool, ServerTool)] == [
        {"google_search": {}},
        {"url_context": {}},
    ]


def test_the_options_of_a_search_are_a_tool() -> None:
    location = {"type": "approximate", "approximate": {"city": "Bern", "country": "CH"}}
    said = decoded(web_search_options={"search_context_size": "low", "user_location": location})
    (tool,) = said.tools

    assert isinstance(tool, ServerTool)
    assert (tool.kind, tool.context_size, tool.place) == (SEARCH, "low", Place("Bern", country="CH"))
    assert said.extras == {}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search", "filters": {"allowed_domains": ["a.b"]}, "max_uses": 2},
        {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.b"], "max_uses": 2},
    ],
)
def test_a_search_in_another_dialects_manner_is_understood(tool: Body) -> None:
    found = only(tool)

    assert isinstance(found, ServerTool)
    assert (found.kind, found.allowed_domains, found.max_uses) == (SEARCH, ("a.b",), 2)


def test_unknown_fields_of_a_tool_are_kept_where_they_stand() -> None:
    tool = only({"type": "function", "function": {"name": "f", "x": 1}, "eager": True})

    assert isinstance(tool, Tool)
    assert sorted(tool.extras) == ["eager", "function.x"]


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        ("auto", ToolChoice(ToolMode.AUTO)),
        ({"type": "required"}, ToolChoice(ToolMode.REQUIRED)),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(ToolMode.NAMED, "f")),
        ({"type": "function", "name": "f"}, ToolChoice(ToolMode.NAMED, "f")),
        ({"type": "custom", "custom": {"name": "g"}}, ToolChoice(ToolMode.NAMED, "g")),
        ({"type": "web_search"}, ToolChoice(ToolMode.NAMED, "web_search")),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [
                        {"type": "function", "function": {"name": "f"}},
                        {"type": "custom", "custom": {"name": "g"}},
                    ],
                },
            },
            ToolChoice(ToolMode.REQUIRED, allowed=("f", "g")),
        ),
    ],
)
def test_every_choice_is_read(choice: object, meant: ToolChoice) -> None:
    assert decoded(tool_choice=choice).tool_choice == meant


def test_the_choice_of_the_older_api_is_read() -> None:
    assert decoded(function_call={"name": "f"}).tool_choice == ToolChoice(ToolMode.NAMED, "f")


def test_an_unknown_choice_is_told_with_the_known_ones() -> None:
    with pytest.raises(RequestError, match="'required'"):
        decoded(tool_choice="perhaps")
