"""What every encoder of requests asks."""

from __future__ import annotations

import pytest
from msgspec import Raw

from cliproxy.conversation.request import (
    Conversation,
    Foreign,
    Message,
    Role,
    ServerTool,
    ServerToolKind,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from cliproxy.dialects.wording import ANYTHING, Fit, Wording

FIT = Fit(ANYTHING, 64)
EXTRAS = {"id": Raw(b'"rs_1"'), "mood": Raw(b"1")}


def worded(said: Conversation, dialect: str = "gemini", fit: Fit = FIT) -> Wording:
    return Wording(said, dialect, names=fit, ids=FIT)


def losses(words: Wording) -> list[str]:
    return [loss.field for loss in words.losses.found()]


def test_at_home_all_is_said_again() -> None:
    words = worded(Conversation("gemini", "m"))

    assert words.extras("messages[0]", EXTRAS) == EXTRAS
    assert losses(words) == []


def test_elsewhere_the_id_of_an_item_says_nothing_and_the_rest_is_lost() -> None:
    """Whoever wants all or nothing is not refused for it. What a request itself calls its id is a wish like others."""
    words = worded(Conversation("openai_responses", "m"))

    assert words.extras("messages[0].content", EXTRAS) == {}
    assert losses(words) == ["messages[0].content.mood"]
    assert words.extras("", EXTRAS) == {}
    assert losses(words) == ["messages[0].content.mood", "id", "mood"]


REFERENCE = Foreign("anthropic_messages", "tool_reference", Raw(b"{}"), tools=("b",))
TOOLS = (Tool("find"), Tool("a", deferred=True), Tool("b", deferred=True))
CALL = Message(Role.ASSISTANT, (ToolCall("c", "find", "{}"),))


def told(said: Conversation, dialect: str = "gemini") -> tuple[list[str], list[str]]:
    """Return the places of the tools that are sent, and what is lost."""
    words = worded(said, dialect)
    return [where for where, _ in words.tools()], losses(words)


def test_deferred_tools_are_not_told_of_until_they_are_found() -> None:
    """Claude Code defers whole catalogues: a model that cannot search in them is not drowned in them either."""
    unfound = Conversation("anthropic_messages", "m", tools=TOOLS)
    waits = [f"tools[{place}]: {name}, which no search has found yet" for place, name in ((1, "a"), (2, "b"))]

    assert told(unfound) == (["tools[0]"], waits)
    assert told(unfound, "anthropic_messages") == (["tools[0]", "tools[1]", "tools[2]"], [])


@pytest.mark.parametrize(
    "turns",
    [
        (CALL, Message(Role.USER, (ToolResult("c", (Text("found"), REFERENCE)),))),
        (Message(Role.USER, (REFERENCE,)),),
        (Message(Role.ASSISTANT, (ToolCall("c", "b", "{}"),)),),
    ],
    ids=["found", "told of", "called"],
)
def test_a_tool_that_was_found_is_told_of(turns: tuple[Message, ...]) -> None:
    sent, lost = told(Conversation("anthropic_messages", "m", messages=turns, tools=TOOLS))

    assert sent == ["tools[0]", "tools[2]"]
    assert lost == ["tools[1]: a, which no search has found yet"]


def test_a_tool_that_has_to_be_called_is_told_of() -> None:
    choice = ToolChoice(ToolMode.NAMED, "a")

    assert told(Conversation("openai_responses", "m", tools=TOOLS, tool_choice=choice))[0] == ["tools[0]", "tools[1]"]


def test_where_the_vendor_was_to_search_the_tools_are_told_of_at_once() -> None:
    """His search does not go along to another, so nothing would find them."""
    search = ServerTool(ServerToolKind.TOOL_SEARCH, Raw(b"{}"), "tool_search")

    assert told(Conversation("openai_responses", "m", tools=(*TOOLS, search))) == (
        ["tools[0]", "tools[1]", "tools[2]", "tools[3]"],
        [],
    )
