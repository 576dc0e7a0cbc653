"""
Tools, and whether and what to call -> the fields of a Chat Completions request.

Source: `reference` sheets `openai-chat` section 4, `translation` sections 3.3, 13.4 and 13.7 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.request import (
    Conversation,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import put_back
from cliproxy.dialects.openai_chat.messages_encoder import Item, MessagesEncoder
from cliproxy.dialects.openai_chat.schemas import parameters
from cliproxy.dialects.openai_chat.tools import CHOICES, SEARCH

_CHOICE_WORDS = {mode: word for word, mode in CHOICES.items()}


class ToolsEncoder:
    """Writes the tools of one conversation."""

    def __init__(self, conversation: Conversation, messages: MessagesEncoder) -> None:
        self._said = conversation
        self._messages = messages
        self._words = messages.words
        self._tools: dict[str, Tool] = {}
        self._run_upstream = {tool.name for tool in conversation.tools if isinstance(tool, ServerTool)}

    def fields(self) -> Item:
        """Return the fields of the request that tell of tools."""
        fields: Item = {}
        written: list[object] = []
        for where, tool in self._words.tools():
            if isinstance(tool, ServerTool):
                self._server_tool(where, tool, written, fields)
            elif tool.name in self._tools and not self._words.at_home:
                self._words.losses.add(f"{where}: a second {tool.name}")
            else:
                self._tools[tool.name] = tool
                written.append(self._tool(where, tool))
        if written:
            fields["tools"] = written
            if self._said.parallel_calls is not None:
                fields["parallel_tool_calls"] = self._said.parallel_calls
        choice = self._said.tool_choice
        if choice is not None and (written or self._words.at_home):
            fields |= self._choice(choice)
        return fields

    def _tool(self, where: str, tool: Tool) -> Item:
        inner: Item = {"name": self._words.name(tool.name)}
        if tool.description:
            inner["description"] = tool.description
        item: Item
        if tool.free_text:
            if tool.grammar is not None:
                grammar = {"syntax": tool.grammar.syntax, "definition": tool.grammar.definition}
                inner["format"] = {"type": "grammar", "grammar": grammar}
            item = {"type": "custom", "custom": inner}
        else:
            if tool.input_schema is not None or not self._words.at_home:
                inner["parameters"] = parameters(tool.input_schema)
            if tool.strict is not None:
                inner["strict"] = tool.strict
            item = {"type": "function", "function": inner}
        if tool.cache is not None:
            item |= self._messages.mark(where, tool.cache)
        if tool.extras:
            put_back(item, self._words.extras(where, tool.extras), schema.Tool)
        return item

    def _server_tool(self, where: str, tool: ServerTool, written: list[object], fields: Item) -> None:
        """Write a tool that the upstream runs, as it came, or where another dialect has it, as a search."""
        if self._words.at_home:
            if tool.name == SEARCH:
                fields[SEARCH] = tool.body
            else:
                written.append(tool.body)
        elif tool.kind is ServerToolKind.WEB_SEARCH and len(self._said.tools) == 1:
            # Only models made for searching take the field: it is sent where searching is all that is asked for.
            fields[SEARCH] = self._search(where, tool)
        else:
            self._words.losses.add(f"{where}: {tool.name or tool.kind.value}")

    def _search(self, where: str, tool: ServerTool) -> Item:
        for name in ("allowed_domains", "blocked_domains", "max_uses"):
            if getattr(tool, name):
                self._words.losses.add(f"{where}.{name}")
        options: Item = {"search_context_size": tool.context_size} if tool.context_size else {}
        if tool.place is not None:
            options["user_location"] = {"type": "approximate", "approximate": _spelled(tool.place)}
        return options

    def _choice(self, choice: ToolChoice) -> Item:
        if choice.mode is ToolMode.NAMED:
            if choice.name not in self._tools and not self._words.at_home:
                self._words.losses.add(f"tool_choice: {choice.name}, which is not among the tools")
                return {}
            return {"tool_choice": self._named(choice.name)}
        word = _CHOICE_WORDS[choice.mode]
        if not choice.allowed:
            return {"tool_choice": word}
        tools = [self._named(name) for name in choice.allowed]
        return {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": word, "tools": tools}}}

    def _named(self, name: str) -> Item:
        tool = self._tools.get(name)
        if tool is None and name in self._run_upstream:
            return {"type": name}
        kind = "custom" if tool is not None and tool.free_text else "function"
        return {"type": kind, kind: {"name": self._words.name(name)}}


def _spelled(place: Place) -> Item:
    fields = {
        "city": place.city,
        "region": place.region,
        "country": place.country,
        "timezone": place.timezone,
    }
    return {name: value for name, value in fields.items() if value}
