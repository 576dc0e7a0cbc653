"""What may be called, as the API takes it from clients of other vendors."""

from __future__ import annotations

from msgspec import Raw

from cliproxy.conversation.request import Place, ServerTool, ServerToolKind, Tool, ToolChoice, ToolMode
from tests.unit.dialects.anthropic_messages.home import encoded, saying

NOTHING = Raw(b'{"type":"theirs"}')


def test_a_search_of_another_vendor_s_becomes_anthropic_s() -> None:
    search = ServerTool(
        ServerToolKind.WEB_SEARCH,
        NOTHING,
        allowed_domains=("a.org",),
        max_uses=2,
        context_size="high",
        place=Place(city="Bonn"),
    )
    body, losses = encoded(saying(tools=(Tool("f"), search)))

    assert [tool["name"] for tool in body["tools"]] == ["f", "web_search"]
    assert body["tools"][1]["type"].startswith("web_search_2026")
    assert body["tools"][1]["user_location"] == {"type": "approximate", "city": "Bonn"}
    assert (body["tools"][1]["allowed_domains"], body["tools"][1]["max_uses"]) == (["a.org"], 2)
    assert losses == ["tools[1]: context size"]


def test_a_tool_that_only_another_vendor_has_is_a_loss() -> None:
    """It is never made a function: the client could not answer the call."""
    body, losses = encoded(saying(tools=(ServerTool(ServerToolKind.OTHER, NOTHING),)))

    assert "tools" not in body
    assert losses == ["tools[0]: theirs"]


def test_a_choice_of_a_tool_that_is_not_there_is_a_loss() -> None:
    """The API refuses it."""
    body, losses = encoded(saying(tools=(Tool("f"),), tool_choice=ToolChoice(ToolMode.NAMED, "g")))

    assert "tool_choice" not in body
    assert losses == ["tool_choice: g, which is not among the tools"]


def test_tools_that_take_words_take_them_as_an_argument() -> None:
    body, _ = encoded(saying(tools=(Tool("patch", free_text=True),)))

    assert body["tools"][0]["input_schema"]["required"] == ["input"]
