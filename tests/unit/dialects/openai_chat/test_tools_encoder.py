"""What may be called, written."""

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
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from tests.unit.dialects.translating import UNKNOWN, Body, codec_of, requested

SEARCH = ServerTool(
    ServerToolKind.WEB_SEARCH,
    msgspec.Raw(b'{"type":"web_search_20250305"}'),
    "web_search",
    context_size="low",
    max_uses=3,
    place=Place("Bern"),
)


def written(*tools: Tool | ServerTool, choice: ToolChoice | None = None) -> tuple[Body, list[str]]:
    """Return the fields of a request from another dialect, and what was lost."""
    said = Conversation("anthropic_messages", "m", tools=tools, tool_choice=choice)
    encoded = codec_of(CHAT).encode_request(said, UNKNOWN, False)
    return json.loads(encoded.body), [loss.field for loss in encoded.losses]


def test_a_tool_that_takes_words_and_the_wish_to_call_it() -> None:
    tool = Tool("g", "d", free_text=True, grammar=Grammar("regex", ".*"))
    body, losses = written(tool, choice=ToolChoice(ToolMode.NAMED, "g"))
    form = {"type": "grammar", "grammar": {"syntax": "regex", "definition": ".*"}}

    assert body["tools"] == [{"type": "custom", "custom": {"name": "g", "description": "d", "format": form}}]
    assert body["tool_choice"] == {"type": "custom", "custom": {"name": "g"}}
    assert losses == []


def test_some_tools_allowed_are_named_with_their_kind() -> None:
    body, _ = written(Tool("f"), Tool("g", free_text=True), choice=ToolChoice(ToolMode.AUTO, allowed=("f", "g")))

    assert body["tool_choice"]["allowed_tools"] == {
        "mode": "auto",
        "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "custom", "custom": {"name": "g"}}],
    }


def test_a_search_alone_becomes_the_options_of_one() -> None:
    """Where searching is all that is wanted, a model that searches is asked; it cannot be told how often."""
    body, losses = written(SEARCH)

    assert body["web_search_options"] == {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": {"city": "Bern"}},
    }
    assert "tools" not in body
    assert losses == ["tools[0].max_uses"]


def test_a_search_beside_functions_is_lost() -> None:
    """Most models refuse the field; a client that only offers a search is better off without it than refused."""
    body, losses = written(SEARCH, Tool("f"))

    assert "web_search_options" not in body
    assert losses == ["tools[0]: web_search"]


def test_a_second_tool_of_one_name_is_lost() -> None:
    body, losses = written(Tool("f", "first"), Tool("f", "second"))

    assert [tool["function"]["description"] for tool in body["tools"]] == ["first"]
    assert losses == ["tools[1]: a second f"]


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "web_search", "x": 1}, {"google_search": {}}]},
        {"tools": [{"type": "visit_website"}], "tool_choice": {"type": "visit_website"}},
        {"web_search_options": {"search_context_size": "low", "x": 1}},
        {"tools": [{"type": "function", "function": {"name": "f", "x": 1}, "y": 2}]},
        {"tools": [{"type": "custom", "custom": {"name": "g"}, "y": 2}]},
    ],
)
def test_at_home_every_tool_stays_as_it_came(fields: Body) -> None:
    body, losses = requested(CHAT, CHAT, {"messages": []} | fields)

    assert {name: body[name] for name in fields} == fields
    assert losses == []
