"""
What every encoder of requests asks for all that it writes: the turns in order, names and ids that the target takes,
which tools it is told of, and what becomes of fields that only the client's dialect knows.

Source: `reference` sheet `real-clients` trap 8 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from cliproxy.conversation.names import fitted, renamed
from cliproxy.conversation.request import (
    Conversation,
    Extras,
    Foreign,
    Message,
    Part,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolCall,
    ToolResult,
)
from cliproxy.conversation.turns import settled
from cliproxy.dialects.base import Losses, said

ANYTHING = re.compile(r"(?!)")  # refuses no character

_ID = "id"  # of an item, a block ...: by it the vendor who stored it knows it again, and nobody else


class Fit(Struct, frozen=True):
    """What a target takes: which characters it refuses, and how many fit."""

    refused: re.Pattern[str]
    longest: int


class Wording:
    """One conversation on its way into one dialect."""

    def __init__(
        self,
        conversation: Conversation,
        dialect: str,
        *,
        names: Fit,
        ids: Fit,
        turns: Iterable[Message] | None = None,
    ) -> None:
        """
        Prepare the turns and settle every name and id.

        Args:
            conversation: What is to be written.
            dialect: In which.
            names: What tools may be called.
            ids: What calls may be called.
            turns: Those to be written, where that is not all of them.
        """
        self.losses = Losses()
        self.at_home = conversation.origin == dialect
        self.turns, unmatched = settled(conversation.messages if turns is None else tuple(turns))
        for call_id in unmatched:
            self.losses.add(f"messages: result for the unknown call {call_id}")
        self._said = conversation
        self._dialect = dialect
        self._names = names
        self._renamed = renamed((tool.name for tool in conversation.functions), names.refused, names.longest)
        calls = (part.id for turn in self.turns for part in turn.parts if isinstance(part, ToolCall))
        self._ids = renamed(calls, ids.refused, ids.longest)

    def name(self, name: str) -> str:
        """Return a tool's name as the target takes it."""
        return self._renamed.get(name) or fitted(name, self._names.refused, self._names.longest)

    def id(self, call_id: str) -> str:
        """Return a call's id as the target takes it."""
        return self._ids.get(call_id, call_id)

    def tools(self) -> Iterator[tuple[str, Tool | ServerTool]]:
        """
        Give out the tools to be sent, each with its place in the request.

        Deferred ones wait until a search of the client's has found them, and are lost so far. No search that a vendor
        runs goes along to another, so there they are sent at once.
        """
        waiting = set() if self.at_home else _waiting(self._said)
        for place, tool in enumerate(self._said.tools):
            if isinstance(tool, Tool) and tool.name in waiting:
                self.losses.add(f"tools[{place}]: {tool.name}, which no search has found yet")
            else:
                yield f"tools[{place}]", tool

    def extras(self, where: str, extras: Extras) -> dict[str, object]:
        """Return fields that only their own dialect knows; elsewhere they are lost, but for ids, which say nothing."""
        if not extras:
            return {}
        if self.at_home:
            return dict(extras)
        self.losses.extras(where, [name for name in extras if name != _ID or not where])
        return {}

    def said(self, parts: Iterable[Part], where: str) -> Iterator[Part]:
        """Return parts in words that the target has."""
        return said(parts, self._dialect, self.losses, where)

    @property
    def names_back(self) -> Mapping[str, str]:
        """Tools that were renamed: the target's name -> the client's."""
        return {theirs: ours for ours, theirs in self._renamed.items()}


def _waiting(conversation: Conversation) -> set[str]:
    """Return the deferred tools that the model does not know yet."""
    waiting = {tool.name for tool in conversation.functions if tool.deferred}
    if not waiting or any(_searches_tools(tool) for tool in conversation.tools):
        return set()
    choice = conversation.tool_choice
    if choice is not None:
        waiting -= {choice.name, *choice.allowed}
    for turn in conversation.messages:
        for part in turn.parts:
            match part:
                case ToolResult():
                    waiting -= {name for one in part.content if isinstance(one, Foreign) for name in one.tools}
                case Foreign():
                    waiting -= set(part.tools)
                case ToolCall():
                    waiting.discard(part.name)
                case _:
                    pass
    return waiting


def _searches_tools(tool: Tool | ServerTool) -> bool:
    return isinstance(tool, ServerTool) and tool.kind is ServerToolKind.TOOL_SEARCH
