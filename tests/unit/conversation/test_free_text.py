"""Tools that take words, through dialects whose tools take JSON."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.free_text import SCHEMA, unwrapped, without_free_text, wrapped
from cliproxy.conversation.request import Conversation, Grammar, Message, Role, Tool, ToolCall


@pytest.mark.parametrize("words", ["", "ls -l", '{"input": "x"}', 'quotes " and \\ and\nlines', "ü🦊"])
def test_words_come_back_as_they_were(words: str) -> None:
    assert json.loads(wrapped(words)) == {"input": words}
    assert unwrapped(wrapped(words)) == words


@pytest.mark.parametrize("arguments", ["", "ls -l", '{"input": 3}', '{"command": "ls"}', '{"input": "ls'])
def test_what_a_model_wrote_otherwise_is_taken_whole(arguments: str) -> None:
    assert unwrapped(arguments) == arguments


def test_a_tool_that_takes_words_becomes_a_function() -> None:
    tool = Tool("patch", "Applies a patch.", free_text=True, grammar=Grammar("lark", "start: LINE+"))
    call = ToolCall("c1", "patch", "*** Begin", free_text=True)
    conversation = Conversation("a", "m", tools=(tool,), messages=(Message(Role.ASSISTANT, (call,)),))

    changed = without_free_text(conversation)

    (function,) = changed.functions
    assert (function.name, function.input_schema, function.free_text) == ("patch", SCHEMA, False)
    assert function.description == "Applies a patch.\n\nThe input follows this lark grammar:\nstart: LINE+"
    assert changed.messages[0].parts == (ToolCall("c1", "patch", '{"input":"*** Begin"}'),)


def test_a_conversation_without_such_tools_is_not_touched() -> None:
    conversation = Conversation("a", "m", tools=(Tool("look"),))

    assert without_free_text(conversation) is conversation
