"""
Tools -> tools in a Messages request.

Source: `reference` sheets `claude-messages` section 3, `translation` sections 3.3 and 13 (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.request import Conversation, ServerTool, ServerToolKind, Tool, ToolMode
from cliproxy.dialects.anthropic_messages.messages_encoder import MessagesEncoder, with_extras
from cliproxy.dialects.anthropic_messages.schemas import input_schema
from cliproxy.dialects.anthropic_messages.tools import CHOICES, DEFERRED

_NEWEST = {  # the dated type under which each is asked for by clients of other vendors
    ServerToolKind.WEB_SEARCH: "web_search_20260318",
    ServerToolKind.WEB_FETCH: "web_fetch_20260318",
    ServerToolKind.CODE_EXECUTION: "code_execution_20260521",
}
_CHOICE_WORDS = {mode: word for word, mode in CHOICES.items()}
_PLACE_FIELDS = ("city", "region", "country", "timezone")

_decode_object = msgspec.json.Decoder(dict[str, object]).decode

Fields = dict[str, object]


class ToolsEncoder:
    """Writes what may be called in one conversation."""

    def __init__(self, conversation: Conversation, words: MessagesEncoder) -> None:
        self._said = conversation
        self._words = words
        self._losses = words.losses

    def encoded(self) -> Fields:
        """Return `tools` and `tool_choice`, where there are tools."""
        choice = self._said.tool_choice
        allowed = choice.allowed if choice else ()
        tools: list[object] = []
        names: set[str] = set()
        for where, tool in self._words.wording.tools():
            name = tool.name if isinstance(tool, Tool) else self._server_name(tool)
            if name in names:
                self._losses.add(f"{where}: a second {name}")
            elif isinstance(tool, ServerTool):
                tools += self._server_tool(where, tool)
            elif not allowed or name in allowed:
                tools.append(self._tool(where, tool))
            if name:
                names.add(name)
        if not tools:
            return {}
        fields: Fields = {"tools": tools}
        chosen = self._choice(names)
        return fields | {"tool_choice": chosen} if chosen else fields

    @property
    def forces(self) -> bool:
        """Whether a call is demanded, where there is something to call."""
        choice = self._said.tool_choice
        return choice is not None and choice.mode in (ToolMode.REQUIRED, ToolMode.NAMED) and bool(self._said.tools)

    def _tool(self, where: str, tool: Tool) -> object:
        if tool.native is not None and self._words.at_home:
            return tool.native
        fields: Fields = {"name": self._words.name(tool.name)}
        if tool.description:
            fields["description"] = tool.description
        at_home = self._words.at_home and tool.input_schema is not None
        fields["input_schema"] = tool.input_schema if at_home else input_schema(tool.input_schema)
        if tool.strict is not None:
            fields["strict"] = tool.strict
        if tool.deferred and self._words.at_home:
            fields[DEFERRED] = True
        if tool.cache is not None:
            self._words.mark(where, tool.cache, fields)
        return with_extras(fields, self._words.extras(where, tool.extras)) if tool.extras else fields

    def _server_name(self, tool: ServerTool) -> str:
        return tool.name if self._words.at_home or tool.kind not in _NEWEST else tool.kind.value

    def _server_tool(self, where: str, tool: ServerTool) -> list[object]:
        if self._words.at_home:
            return [tool.body]
        kind = _NEWEST.get(tool.kind)
        if kind is None:
            self._losses.add(f"{where}: {_type_of(tool)}")
            return []
        fields: Fields = {"type": kind, "name": tool.kind.value}
        if tool.kind is ServerToolKind.CODE_EXECUTION:
            return [fields]
        if tool.max_uses is not None:
            fields["max_uses"] = tool.max_uses
        if tool.allowed_domains:
            fields["allowed_domains"] = list(tool.allowed_domains)
        if tool.blocked_domains and tool.allowed_domains:
            self._losses.add(f"{where}: blocked domains beside allowed ones")
        elif tool.blocked_domains:
            fields["blocked_domains"] = list(tool.blocked_domains)
        if tool.context_size not in ("", "medium"):
            self._losses.add(f"{where}: context size")
        if tool.place is not None and tool.kind is ServerToolKind.WEB_SEARCH:
            said = {name: getattr(tool.place, name) for name in _PLACE_FIELDS}
            fields["user_location"] = {"type": "approximate"} | {name: said[name] for name in said if said[name]}
        return [fields]

    def _choice(self, tools: set[str]) -> Fields:
        choice: Fields = {}
        wanted, parallel = self._said.tool_choice, self._said.parallel_calls
        named = wanted is not None and wanted.mode is ToolMode.NAMED and not self._words.at_home
        if named and wanted is not None and wanted.name not in tools:
            self._losses.add(f"tool_choice: {wanted.name}, which is not among the tools")
            wanted = None
        if wanted is not None:
            choice["type"] = _CHOICE_WORDS[wanted.mode]
            if wanted.mode is ToolMode.NAMED:
                choice["name"] = self._words.name(wanted.name)
        if parallel is not None and choice.get("type") != "none" and (choice or not parallel):
            choice.setdefault("type", "auto")
            choice["disable_parallel_tool_use"] = not parallel
        return choice


def _type_of(tool: ServerTool) -> str:
    """Return what a client would recognise such a tool by: its type, or the only word it is written with."""
    try:
        fields = _decode_object(tool.body)
    except msgspec.DecodeError:
        return tool.kind.value
    return str(fields.get("type") or next(iter(fields), tool.kind.value))
