"""
Tools and the choice among them -> as Responses requests declare them.

Source: `reference` sheets `openai-responses` section 4, `translation` sections 3.3 and 7.2 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.request import Conversation, ServerTool, ServerToolKind, Tool, ToolChoice, ToolMode
from cliproxy.dialects.openai_responses.items_encoder import ItemsEncoder
from cliproxy.dialects.openai_responses.parts_encoder import Item, mark_of
from cliproxy.dialects.openai_responses.schemas import parameters
from cliproxy.dialects.openai_responses.tools import DEFERRED
from cliproxy.dialects.wording import Wording

_CHOICE_WORDS = {ToolMode.AUTO: "auto", ToolMode.NONE: "none", ToolMode.REQUIRED: "required"}
_BUILT_IN: dict[ServerToolKind, Item] = {
    ServerToolKind.WEB_SEARCH: {"type": "web_search"},
    ServerToolKind.CODE_EXECUTION: {"type": "code_interpreter", "container": {"type": "auto"}},
}


class ToolsEncoder:
    """Writes the tools of one conversation."""

    def __init__(self, conversation: Conversation, wording: Wording, items: ItemsEncoder) -> None:
        self._said = conversation
        self._wording = wording
        self._items = items
        self._built_ins: dict[str, object] = {}  # as the client calls them -> as they are chosen here
        self._custom = {tool.name for tool in conversation.functions if tool.free_text}

    def fields(self) -> Item:
        """Return what a request says of its tools."""
        said = self._said
        tools = self._tools()
        fields: Item = {"tools": tools} if tools else {}
        if said.tool_choice is not None and (tools or self._wording.at_home):
            choice = self._choice(said.tool_choice)
            if choice is not None:
                fields["tool_choice"] = choice
        if said.parallel_calls is not None:
            fields["parallel_tool_calls"] = said.parallel_calls
        return fields

    def _tools(self) -> list[object]:
        written: list[object] = []
        names: set[str] = set()
        namespaces: dict[str, list[object]] = {}
        for where, tool in self._wording.tools():
            if isinstance(tool, ServerTool):
                built_in = self._built_in(where, tool)
                if built_in is not None:
                    written.append(built_in)
                    self._built_ins[tool.name] = tool.name if self._wording.at_home else _BUILT_IN[tool.kind]["type"]
            elif tool.name in names:
                self._wording.losses.add(f"{where}: a second {tool.name}")
            else:
                names.add(tool.name)
                group = written
                if self._wording.at_home and tool.namespace:
                    if tool.namespace not in namespaces:
                        namespaces[tool.namespace] = []
                        written.append(self._namespace(tool.namespace, namespaces[tool.namespace]))
                    group = namespaces[tool.namespace]
                group.append(self._tool(where, tool))
        return written

    def _namespace(self, name: str, tools: list[object]) -> Item:
        kept = {
            place.rpartition(".")[2]: value
            for place, value in self._said.extras.items()
            if place.startswith("tools[") and place.rpartition(".")[0].endswith(f"] {name}")
        }
        return {"type": "namespace", "name": name} | kept | {"tools": tools}

    def _tool(self, where: str, tool: Tool) -> object:
        if tool.native is not None and self._wording.at_home:
            return tool.native
        name = self._items.called(tool.name)["name"]
        item: Item = {"type": "custom" if tool.free_text else "function", "name": name}
        if tool.description:
            item["description"] = tool.description
        if not tool.free_text:
            item["parameters"] = parameters(tool.input_schema)
            if tool.strict is not None:
                item["strict"] = tool.strict
            elif not self._wording.at_home:
                item["strict"] = False  # what others mean who say nothing; here it would be true
        elif tool.grammar is not None:
            item["format"] = {
                "type": "grammar",
                "syntax": tool.grammar.syntax,
                "definition": tool.grammar.definition,
            }
        if tool.deferred and self._wording.at_home:
            item[DEFERRED] = True
        mark_of(tool.cache, self._wording, where)
        return item | self._wording.extras(where, tool.extras)

    def _built_in(self, where: str, tool: ServerTool) -> object | None:
        if self._wording.at_home:
            return tool.body
        if tool.kind not in _BUILT_IN:
            self._wording.losses.add(f"{where}: {tool.name or tool.kind.value}")
            return None
        item: Item = dict(_BUILT_IN[tool.kind])
        if tool.max_uses is not None:
            self._wording.losses.add(f"{where}.max_uses")
        if tool.blocked_domains:
            self._wording.losses.add(f"{where}.blocked_domains")
        if tool.allowed_domains:
            item["filters"] = {"allowed_domains": list(tool.allowed_domains)}
        if tool.context_size:
            item["search_context_size"] = tool.context_size
        if tool.place is not None:
            place = tool.place
            told = {"city": place.city, "region": place.region, "country": place.country, "timezone": place.timezone}
            item["user_location"] = {"type": "approximate"} | {name: word for name, word in told.items() if word}
        return item

    def _choice(self, choice: ToolChoice) -> object | None:
        if choice.mode is ToolMode.NAMED:
            known = {tool.name for tool in self._said.functions} | self._built_ins.keys()
            if choice.name not in known and not self._wording.at_home:
                self._wording.losses.add(f"tool_choice: {choice.name}, which is not among the tools")
                return None
            return self._named(choice.name)
        word = _CHOICE_WORDS[choice.mode]
        if not choice.allowed:
            return word
        return {"type": "allowed_tools", "mode": word, "tools": [self._named(name) for name in choice.allowed]}

    def _named(self, name: str) -> Item:
        if name in self._built_ins:
            return {"type": self._built_ins[name]}
        return {"type": "custom" if name in self._custom else "function"} | self._items.called(name)
