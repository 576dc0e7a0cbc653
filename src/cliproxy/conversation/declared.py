"""
Calls in a reply, put as the client declared its tools: under its names, in words where it asked for words.

An upstream without tools that take words was given functions instead, and names that it refuses were changed; here
both find back. Some models answer with a name in another case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from cliproxy.conversation.events import PartEnd, StreamEvent, ToolCallDelta, ToolCallStart
from cliproxy.conversation.free_text import unwrapped, wrapped
from cliproxy.conversation.request import Tool


class AsDeclared:
    """Events in, the same events with calls as the client expects them out."""

    def __init__(
        self, tools: Iterable[Tool], names: Mapping[str, str], *, takes_free_text: bool, id_: str = ""
    ) -> None:
        """
        Prepare for one reply.

        Args:
            tools: What the client declared.
            names: Tools renamed for the upstream: theirs -> the client's.
            takes_free_text: Whether the client's dialect has calls in words at all.
            id_: From which ids are made for calls that the upstream gave none.
        """
        self._tools: dict[str, Tool] = {}
        self._by_case: dict[str, str] = {}
        for tool in tools:
            self._tools[tool.name] = tool
            self._by_case.setdefault(tool.name.lower(), tool.name)
        self._names = names
        self._takes_free_text = takes_free_text
        self._id = id_
        self._made = 0  # ids
        self._held: dict[int, tuple[bool, list[str]]] = {}  # part -> to be unwrapped, else wrapped; what it said

    def feed(self, event: StreamEvent) -> list[StreamEvent]:
        """Return what the client is to see."""
        match event:
            case ToolCallStart():
                return [self._begin(event)]
            case ToolCallDelta(index, arguments) if index in self._held:
                self._held[index][1].append(arguments)
                return []
            case PartEnd(index) if index in self._held:
                unwraps, words = self._held.pop(index)
                said = "".join(words)
                return [ToolCallDelta(index, unwrapped(said) if unwraps else wrapped(said)), event]
            case _:
                return [event]

    def _begin(self, call: ToolCallStart) -> ToolCallStart:
        name = self._names.get(call.name, call.name)
        if name not in self._tools:
            name = self._by_case.get(name.lower(), name)
        tool = self._tools.get(name)
        free_text = self._takes_free_text and (tool.free_text if tool is not None else call.free_text)
        if free_text is not call.free_text:
            self._held[call.index] = free_text, []
        id_ = call.id
        if not id_ and self._id:
            id_ = f"call_{self._id}_{self._made}"
            self._made += 1
        if name == call.name and free_text is call.free_text and id_ == call.id:
            return call
        return msgspec.structs.replace(call, id=id_, name=name, free_text=free_text)
