"""Tools and choices, as requests declare them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.request import (
    Grammar,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.openai_responses.tools import decode_choice, decode_tools, found_in
from cliproxy.errors import RequestError

F = {"type": "function", "name": "f", "parameters": {"type": "object"}}
SCHEMA = Raw(b'{"type": "object"}')


def raws(*values: Any) -> list[Raw]:
    return [Raw(json.dumps(value).encode()) for value in values]


def tools(*values: Any, inside: tuple[Any, ...] = ()) -> tuple[Tool | ServerTool, ...]:
    items = [{"type": "additional_tools", "tools": list(inside)}] if inside else []
    return decode_tools(raws(*values), raws(*items))[0]


def namespace(name: str, *inner: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "namespace", "name": name, "tools": list(inner)} | fields


@pytest.mark.parametrize(
    ("declared", "tool"),
    [
        (F | {"description": "d", "strict": True}, Tool("f", "d", SCHEMA, strict=True)),
        ({"name": "f"}, Tool("f")),
        (F | {"defer_loading": True}, Tool("f", "", SCHEMA, deferred=True)),
        (F | {"defer_loading": False}, Tool("f", "", SCHEMA)),
        (F | {"defer_loading": "no"}, Tool("f", "", SCHEMA, extras={"defer_loading": Raw(b'"no"')})),
        ({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, Tool("f", "", SCHEMA)),
        ({"type": "function", "name": "f", "function": {"description": "d"}}, Tool("f", "d")),
        ({"type": "custom", "name": "f"}, Tool("f", free_text=True)),
        (
            {"type": "custom", "name": "f", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}},
            Tool("f", free_text=True, grammar=Grammar("lark", "start: A")),
        ),
        ({"type": "custom", "name": "f", "format": {"type": "text"}}, Tool("f", free_text=True)),
    ],
    ids=str,
)
def test_a_tool_is_read(declared: dict[str, Any], tool: Tool) -> None:
    """The last shapes but two are those of clients who know Chat Completions better."""
    assert tools(declared) == (tool,)


@pytest.mark.parametrize(
    "alias", ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
)
def test_a_web_search_is_one_under_every_alias(alias: str) -> None:
    declared = {
        "type": alias,
        "search_context_size": "low",
        "user_location": {"type": "approximate", "city": "Bonn", "country": "DE"},
        "filters": {"allowed_domains": ["a.example"]},
    }
    [tool] = tools(declared)

    assert tool == ServerTool(
        ServerToolKind.WEB_SEARCH,
        raws(declared)[0],
        alias,
        ("a.example",),
        context_size="low",
        place=Place("Bonn", "", "DE"),
    )


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("code_interpreter", ServerToolKind.CODE_EXECUTION),
        ("tool_search", ServerToolKind.TOOL_SEARCH),
        ("file_search", ServerToolKind.OTHER),
        ("image_generation", ServerToolKind.OTHER),
        ("something_new", ServerToolKind.OTHER),
    ],
)
def test_what_the_upstream_runs_is_told_apart_as_far_as_others_have_it(kind: str, meaning: ServerToolKind) -> None:
    [tool] = tools({"type": kind})

    assert isinstance(tool, ServerTool)
    assert (tool.kind, tool.name) == (meaning, kind)


def test_a_search_for_tools_that_the_client_runs_is_a_tool_of_the_clients() -> None:
    [tool] = tools({"type": "tool_search", "execution": "client", "parameters": {"type": "object"}})

    assert isinstance(tool, Tool)
    assert (tool.name, tool.input_schema) == ("tool_search", SCHEMA)


def test_what_a_search_found_is_no_second_tool() -> None:
    """It is declared once more, word by word; where it differs, something is lost."""
    declared = raws(F | {"defer_loading": True})
    found = raws({"type": "tool_search_output", "tools": [F | {"defer_loading": True}]})
    other = raws({"type": "tool_search_output", "tools": [F | {"description": "new"}]})

    assert decode_tools(declared, found) == ((Tool("f", "", SCHEMA, deferred=True),), {})
    assert list(decode_tools(declared, other)[1]) == ["input[0].tools[0]: a second f"]
    assert found_in(found[0]) == ("f",)


def test_tools_of_a_namespace_have_its_name_in_front() -> None:
    assert tools(namespace("crm", F, {"type": "custom", "name": "g"})) == (
        Tool("crm__f", "", SCHEMA, namespace="crm"),
        Tool("crm__g", free_text=True, namespace="crm"),
    )


def test_what_a_namespace_says_of_itself_is_kept() -> None:
    extras = decode_tools(raws(F, namespace("crm", F, description="customers")), [])[1]

    assert {name: bytes(value) for name, value in extras.items()} == {"tools[1] crm.description": b'"customers"'}


@pytest.mark.parametrize(
    ("top", "inside", "description"),
    [
        ((namespace("a", F | {"description": "n"}), F | {"name": "a__f", "description": "d"}), (), "d"),
        ((F | {"name": "a__f", "description": "d"}, namespace("a", F | {"description": "n"})), (), "d"),
        ((namespace("a", F | {"description": "n"}),), (F | {"name": "a__f", "description": "d"},), "n"),
        ((F | {"description": "1"}, F | {"description": "2"}), (), "1"),
    ],
    ids=["namespace first", "direct first", "inside", "twice"],
)
def test_of_two_under_one_name_one_is_kept_and_the_other_told(
    top: tuple[Any, ...], inside: tuple[Any, ...], description: str
) -> None:
    """Declared directly before of a namespace; the request's own before those inside its input."""
    items = [{"type": "additional_tools", "tools": list(inside)}] if inside else []
    kept, extras = decode_tools(raws(*top), raws(*items))

    assert [tool.description for tool in kept if isinstance(tool, Tool)] == [description]
    assert any("a second" in name for name in extras)


def test_tools_inside_the_input_come_after_the_request_s_own() -> None:
    names = [tool.name for tool in tools(F, inside=(namespace("exec", F), {"type": "web_search"}))]

    assert names == ["f", "exec__f", "web_search"]


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (None, None),
        ("auto", ToolChoice(ToolMode.AUTO)),
        ("none", ToolChoice(ToolMode.NONE)),
        ("required", ToolChoice(ToolMode.REQUIRED)),
        ({"type": "function", "name": "f"}, ToolChoice(ToolMode.NAMED, "f")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(ToolMode.NAMED, "f")),
        ({"type": "function", "name": "f", "namespace": "crm"}, ToolChoice(ToolMode.NAMED, "crm__f")),
        ({"type": "custom", "name": "f"}, ToolChoice(ToolMode.NAMED, "f")),
        ({"type": "web_search"}, ToolChoice(ToolMode.NAMED, "web_search_preview")),
        ({"type": "image_generation"}, None),
        ({"type": "mcp", "server_label": "s", "name": "f"}, None),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "web_search_preview"}, {"type": "shell"}],
            },
            ToolChoice(ToolMode.REQUIRED, allowed=("f", "web_search_preview")),
        ),
    ],
    ids=str,
)
def test_a_choice_is_read(said: Any, choice: ToolChoice | None) -> None:
    declared = tools(F, {"type": "web_search_preview"}, {"type": "mcp"})

    assert decode_choice(raws(said)[0], declared) == choice


def test_a_choice_that_means_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="'any'"):
        decode_choice(raws("any")[0], ())
