"""How many tokens a request has, where nobody can be asked."""

from __future__ import annotations

from msgspec import Raw

from cliproxy.conversation.estimate import countable
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import (
    Conversation,
    Inline,
    Media,
    MediaKind,
    Message,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

GPT = ModelInfo("gpt-5", owned_by="openai")
CLAUDE = ModelInfo("claude-sonnet-4-5")


def words(text: str) -> int:
    return len(text.split())


def conversation(*messages: Message, tools: tuple[Tool, ...] = ()) -> Conversation:
    return Conversation("a", "m", (Text("be brief"),), messages, tools=tools)


def test_all_that_is_said_counts() -> None:
    """Instructions, words, calls, results and what tools are declared."""
    call = ToolCall("c1", "look up", '{"q": "x y"}')
    result = ToolResult("c1", (Text("one two three"),))
    tool = Tool("look up", "finds things", Raw(b'{"type": "object"}'))
    said = countable(
        conversation(
            Message(Role.USER, (Text("hello there"),)),
            Message(Role.ASSISTANT, (call,)),
            Message(Role.USER, (result,)),
            tools=(tool,),
        )
    )

    asked = ["be brief", "hello there", "one two three"]
    assert sorted(said.texts) == sorted(
        [*asked, "look up", '{"q": "x y"}', "look up", "finds things", '{"type": "object"}']
    )
    assert said.estimated(words, GPT) == said.fixed + 2 + 2 + 2 + 3 + 3 + 2 + 2 + 2


def test_a_picture_costs_the_same_however_long_its_data_is() -> None:
    small, large = (
        countable(conversation(Message(Role.USER, (Media(MediaKind.IMAGE, Inline("A" * size)),)))).fixed
        for size in (100, 1_000_000)
    )

    assert small == large > countable(conversation()).fixed


def test_a_long_document_costs_more_than_a_short_one() -> None:
    short, long = (
        countable(conversation(Message(Role.USER, (Media(MediaKind.DOCUMENT, Inline("A" * size)),)))).fixed
        for size in (1_000, 10_000_000)
    )

    assert long > 2 * short


def test_what_the_vendor_adds_for_tools_counts() -> None:
    said = countable(conversation(tools=(Tool("look"),)))

    assert said.estimated(words, CLAUDE) > said.estimated(words, GPT) + 300


def test_there_is_always_a_token() -> None:
    assert countable(Conversation("a", "m")).estimated(words, GPT) >= 1
