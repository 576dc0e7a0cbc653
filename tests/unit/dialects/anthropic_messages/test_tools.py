"""What may be called, read."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import Place, ServerTool, ServerToolKind, Tool, ToolChoice, ToolMode
from cliproxy.errors import RequestError
from tests.unit.dialects.anthropic_messages.home import abroad, decoded, encoded, written_at_home
from tests.unit.dialects.translating import Body

FUNCTION: Body = {"name": "f", "input_schema": {"type": "object", "properties": {}}}
SEARCH: Body = {
    "type": "web_search_20260209",
    "name": "web_search",
    "max_uses": 3,
    "allowed_domains": ["a.org"],
    "user_location": {"type": "approximate", "city": "Bonn", "country": "DE"},
}


def test_tools_that_the_upstream_runs_stand_in_order_among_the_others() -> None:
    tools = [FUNCTION, SEARCH, {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}]
    first, search, other = decoded(tools=tools).tools
    later = decoded(tools=[{"type": "later_20270101", "name": "later"}]).tools[0]

    assert isinstance(first, Tool)
    assert isinstance(search, ServerTool)
    assert isinstance(other, ServerTool)
    assert (search.kind, search.allowed_domains, search.max_uses) == (ServerToolKind.WEB_SEARCH, ("a.org",), 3)
    assert search.place == Place("Bonn", country="DE")
    assert other.kind is ServerToolKind.TOOL_SEARCH
    assert isinstance(later, ServerTool)
    assert later.kind is ServerToolKind.OTHER
    assert written_at_home(tools=tools)["tools"] == tools


def test_what_is_not_understood_of_a_tool_is_a_loss_elsewhere() -> None:
    tools = [
        FUNCTION | {"later": True, "eager_input_streaming": False, "allowed_callers": ["direct"]},
        SEARCH | {"cache_control": {"type": "ephemeral"}, "user_location": {"type": "approximate", "planet": "Mars"}},
    ]
    _, losses = encoded(abroad(decoded(tools=tools)))

    assert sorted(losses) == ["tools[0].later", "tools[1].cache_control", "tools[1].user_location.planet"]
    assert written_at_home(tools=[tools[1]])["tools"] == [tools[1]]


@pytest.mark.parametrize("more", [{}, {"later": 1}, {"type": "bash_20250124", "name": "bash"}], ids=str)
def test_a_deferred_tool_is_known_as_one(more: dict[str, object]) -> None:
    tools = [FUNCTION | {"defer_loading": True} | more, FUNCTION | {"name": "g", "defer_loading": False} | more]
    first, second = decoded(tools=tools[:1]).tools[0], decoded(tools=tools[1:]).tools[0]

    assert isinstance(first, Tool)
    assert isinstance(second, Tool)
    assert (first.deferred, second.deferred) == (True, False)
    assert "defer_loading" not in first.extras
    assert written_at_home(tools=tools[:1])["tools"] == tools[:1]


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        ("any", ToolChoice(ToolMode.REQUIRED)),
        ({"type": "tool", "name": "f"}, ToolChoice(ToolMode.NAMED, "f")),
        ({"disable_parallel_tool_use": True}, ToolChoice(ToolMode.AUTO)),
        (None, None),
    ],
)
def test_a_choice_is_read_in_every_shape(choice: object, read: ToolChoice | None) -> None:
    assert decoded(tools=[FUNCTION], tool_choice=choice).tool_choice == read


def test_an_unknown_field_of_the_choice_is_kept_at_home_and_told_elsewhere() -> None:
    fields = {"tools": [FUNCTION], "tool_choice": {"type": "auto", "later": 1}}

    assert written_at_home(**fields)["tool_choice"] == {"type": "auto", "later": 1}
    assert encoded(abroad(decoded(**fields)))[1] == ["tool_choice.later"]


def test_a_choice_that_nobody_knows_is_refused() -> None:
    with pytest.raises(RequestError, match="tool_choice"):
        decoded(tool_choice={"type": "perhaps"})
