"""
Tools that take words, through dialects whose tools take JSON: a function with one argument, and back.

Source: `reference` sheet `translation` section 3.3 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import Conversation, Message, Part, Tool, ToolCall

SCHEMA = Raw(b'{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}')


class _Arguments(msgspec.Struct):
    input: str


_decode = msgspec.json.Decoder(_Arguments).decode
_encode = msgspec.json.Encoder().encode


def wrapped(words: str) -> str:
    """Return words as the JSON arguments of the function that stands for their tool."""
    return _encode({"input": words}).decode()


def unwrapped(arguments: str) -> str:
    """Return the words in such arguments; of a model that did not write the JSON, all it wrote."""
    try:
        return _decode(arguments).input
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return arguments


def without_free_text(conversation: Conversation) -> Conversation:
    """Return the conversation with functions in place of tools that take words, and calls of them to match."""
    called = any(
        isinstance(part, ToolCall) and part.free_text for message in conversation.messages for part in message.parts
    )
    if not called and not any(tool.free_text for tool in conversation.functions):
        return conversation
    return msgspec.structs.replace(
        conversation,
        tools=tuple(_function(tool) if isinstance(tool, Tool) else tool for tool in conversation.tools),
        messages=tuple(
            Message(message.role, tuple(_call(part) for part in message.parts), message.extras)
            for message in conversation.messages
        ),
    )


def _function(tool: Tool) -> Tool:
    if not tool.free_text:
        return tool
    description = tool.description
    if tool.grammar is not None:
        rule = f"The input follows this {tool.grammar.syntax} grammar:\n{tool.grammar.definition}"
        description = f"{description}\n\n{rule}" if description else rule
    return msgspec.structs.replace(tool, description=description, input_schema=SCHEMA, free_text=False, grammar=None)


def _call(part: Part) -> Part:
    if isinstance(part, ToolCall) and part.free_text:
        return msgspec.structs.replace(part, arguments=wrapped(part.arguments), free_text=False)
    return part
