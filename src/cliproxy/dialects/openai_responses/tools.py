"""
Tools and the choice among them, as Responses requests declare them.

Source: `reference` sheets `openai-responses` section 4, `translation` section 3.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    Extras,
    Grammar,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.base import copied, given, text_of, unknown_fields
from cliproxy.dialects.openai_responses import schema
from cliproxy.dialects.openai_responses.namespaces import joined
from cliproxy.dialects.openai_responses.tool_search import FOUND, SEARCH, is_the_clients, search_tool
from cliproxy.errors import RequestError

DEFERRED = "defer_loading"
WEB_SEARCH = "web_search"  # also with `_preview`, and with dates

_MODES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}
_FUNCTIONS = ("function", "custom")
_HOLDERS = ("additional_tools", FOUND)
_TOOL_FIELDS = {"type", "name", "description", "parameters", "strict", "format", "function"}
_NAMESPACE_FIELDS = {"type", "name", "tools"}

_KINDS = {"code_interpreter": ServerToolKind.CODE_EXECUTION, SEARCH: ServerToolKind.TOOL_SEARCH}

_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_format = msgspec.json.Decoder(schema.WordFormat).decode
_decode_search = msgspec.json.Decoder(schema.SearchTool).decode
_decode_choice = msgspec.json.Decoder(schema.ToolChoice).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_holder = msgspec.json.Decoder(schema.ToolHolder).decode


class Declared(NamedTuple):
    """A tool, and what it is called inside its namespace."""

    tool: Tool | ServerTool
    bare: str
    where: str  # its path in the request


def decode_tools(tools: list[Raw], items: list[Raw]) -> tuple[tuple[Tool | ServerTool, ...], Extras]:
    """
    Return the tools that a request declares, in order, and what is lost of them to others.

    Of two under one name the one declared directly wins over one of a namespace, and the request's own over one that
    stands inside its input.
    """
    found = list(declarations(tools, items))
    named: dict[str, Declared] = {}
    for one in found:
        if isinstance(one.tool, Tool):
            earlier = named.get(one.tool.name)
            is_better = earlier is not None and _is_direct(one) and not _is_direct(earlier)
            if earlier is None or (is_better and one.where.startswith("tools") == earlier.where.startswith("tools")):
                named[one.tool.name] = one
    kept: list[Tool | ServerTool] = []
    extras: Extras = {}
    for one in found:
        if isinstance(one.tool, ServerTool) or named[one.tool.name] is one:
            kept.append(one.tool)
        elif one.tool != named[one.tool.name].tool:  # one that a search found is declared twice
            extras[f"{one.where}: a second {one.tool.name}"] = Raw(b"null")
    for place, raw in enumerate(tools):
        extras |= _namespace_extras(place, raw)
    return tuple(kept), extras


def _is_direct(one: Declared) -> bool:
    return isinstance(one.tool, Tool) and not one.tool.namespace


def _namespace_extras(place: int, raw: Raw) -> Extras:
    if b'"namespace"' not in bytes(raw):
        return {}
    tool = _decode_object(raw)
    if text_of(tool.get("type", Raw())) != "namespace":
        return {}
    name = text_of(tool.get("name", Raw()))
    return {f"tools[{place}] {name}.{field}": value for field, value in unknown_fields(raw, _NAMESPACE_FIELDS).items()}


def declarations(tools: list[Raw], items: list[Raw]) -> Iterator[Declared]:
    """Give out all tools: the request's own, then those given inside its input."""
    for place, raw in enumerate(tools):
        yield from _declared(raw, f"tools[{place}]")
    for place, item in enumerate(items):
        if b'"tools"' not in bytes(item):
            continue
        holder = _decode_holder(item)
        for number, raw in enumerate(holder.tools or () if holder.type in _HOLDERS else ()):
            yield from _declared(raw, f"input[{place}].tools[{number}]")


def found_in(item: Raw) -> tuple[str, ...]:
    """Return what the tools are called that a search found."""
    return tuple(one.tool.name for one in declarations([], [item]))


def _declared(raw: Raw, where: str, namespace: str = "") -> Iterator[Declared]:
    tool = _decode_tool(raw)
    kind = tool.type or "function"
    if kind == "namespace" and not namespace:
        for number, inner in enumerate(tool.tools or ()):
            yield from _declared(inner, f"{where}.tools[{number}]", tool.name or "")
    elif kind in _FUNCTIONS:
        function = _tool(tool, raw, namespace)
        yield Declared(function, tool.name or function.name, where)
    elif kind == SEARCH and is_the_clients(raw):
        yield Declared(search_tool(raw), kind, where)
    else:
        yield Declared(_server_tool(kind, raw), kind, where)


def _tool(tool: schema.Tool, raw: Raw, namespace: str) -> Tool:
    extras = unknown_fields(raw, _TOOL_FIELDS)
    if given(tool.function):
        inner = _decode_tool(tool.function)
        extras |= unknown_fields(tool.function, _TOOL_FIELDS)
        tool = schema.Tool(
            tool.type,
            tool.name or inner.name,
            tool.description or inner.description,
            tool.parameters if given(tool.parameters) else inner.parameters,
            inner.strict if tool.strict is None else tool.strict,
            tool.format,
        )
    free_text = tool.type == "custom"
    deferred = extras.pop(DEFERRED) if bytes(extras.get(DEFERRED, Raw())) in (b"true", b"false") else Raw()
    return Tool(
        joined(namespace, tool.name or ""),
        tool.description or "",
        None if free_text else copied(tool.parameters),
        tool.strict,
        extras,
        free_text=free_text,
        grammar=_grammar(tool.format) if free_text else None,
        namespace=namespace,
        deferred=bytes(deferred) == b"true",
    )


def _grammar(raw: Raw) -> Grammar | None:
    if not given(raw):
        return None
    form = _decode_format(raw)
    return Grammar(form.syntax or "", form.definition) if form.definition else None


def _server_tool(kind: str, raw: Raw) -> ServerTool:
    if kind.startswith(WEB_SEARCH):
        search = _decode_search(raw)
        location = search.user_location
        place = None
        if location is not None:
            place = Place(location.city or "", location.region or "", location.country or "", location.timezone or "")
        return ServerTool(
            ServerToolKind.WEB_SEARCH,
            raw.copy(),
            kind,
            tuple((search.filters and search.filters.allowed_domains) or ()),
            context_size=search.search_context_size or "",
            place=place,
        )
    return ServerTool(_KINDS.get(kind, ServerToolKind.OTHER), raw.copy(), kind)


def decode_choice(raw: Raw, tools: Sequence[Tool | ServerTool]) -> ToolChoice | None:
    """
    Return the choice; None where none is made, or one that only this dialect has.

    Raises:
        RequestError: A word that means nothing.
    """
    if not given(raw):
        return None
    if bytes(raw)[:1] == b'"':
        word = text_of(raw)
        if word not in _MODES:
            raise RequestError(f"tool_choice is {word!r}; it can be 'auto', 'none', 'required' or name a tool")
        return ToolChoice(_MODES[word])
    choice = _decode_choice(raw)
    if choice.type == "allowed_tools":
        named = [_name(one, tools) for one in choice.tools or ()]
        return ToolChoice(_MODES.get(choice.mode or "auto", ToolMode.AUTO), allowed=tuple(filter(None, named)))
    is_type_alone = _decode_object(raw).keys() == {"type"}
    name = _name(choice, tools) if is_type_alone or choice.type in _FUNCTIONS else ""
    return ToolChoice(ToolMode.NAMED, name) if name else None


def _name(named: schema.Named, tools: Sequence[Tool | ServerTool]) -> str:
    """Return under which name a tool is known; one that the upstream runs is known by its type."""
    if named.type in _FUNCTIONS:
        inner = named.function.name if named.function else ""
        return joined(named.namespace or "", named.name or inner)
    is_search = named.type.startswith(WEB_SEARCH)
    built_in = (tool for tool in tools if isinstance(tool, ServerTool))
    found = (one for one in built_in if one.name == named.type or (is_search and one.kind is ServerToolKind.WEB_SEARCH))
    return next((one.name for one in found), "")
