"""
What may be called, in Chat Completions requests: functions, tools that take words, and those that the upstream runs.

Google's tools stand under their own names (`{"google_search": {}}`); others are told by a type.

Source: `reference` sheets `openai-chat` section 4, `translation` section 3.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    Grammar,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.base import copied, text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import Reader
from cliproxy.dialects.openai_chat.messages import mark_of
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE

SEARCH = "web_search_options"
CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}

_GOOGLE = {
    "google_search": ServerToolKind.WEB_SEARCH,
    "googleSearch": ServerToolKind.WEB_SEARCH,
    "google_search_retrieval": ServerToolKind.WEB_SEARCH,
    "googleSearchRetrieval": ServerToolKind.WEB_SEARCH,
    "code_execution": ServerToolKind.CODE_EXECUTION,
    "codeExecution": ServerToolKind.CODE_EXECUTION,
    "url_context": ServerToolKind.WEB_FETCH,
    "urlContext": ServerToolKind.WEB_FETCH,
}
_TYPES = {  # how a type begins, after the vendor's name
    "web_search": ServerToolKind.WEB_SEARCH,
    "google_search": ServerToolKind.WEB_SEARCH,
    "web_fetch": ServerToolKind.WEB_FETCH,
    "url_context": ServerToolKind.WEB_FETCH,
    "code_interpreter": ServerToolKind.CODE_EXECUTION,
    "code_execution": ServerToolKind.CODE_EXECUTION,
}

_read_tool = Reader(schema.Tool)
_read_function = Reader(schema.FunctionTool)
_read_custom = Reader(schema.CustomTool)
_decode_options = msgspec.json.Decoder(schema.SearchOptions).decode
_decode_location = msgspec.json.Decoder(schema.Location).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


def decode_tools(request: schema.Request) -> tuple[Tool | ServerTool, ...]:
    """Return all tools; `web_search_options`, which stand apart, as the last."""
    tools: list[Tool | ServerTool] = []
    for raw in request.tools or ():
        tools.extend(_tool(raw))
    tools += [_function(raw) for raw in request.functions or ()]
    options = copied(request.web_search_options)
    if options is not None:
        tools.append(_search(options, options, SEARCH))
    return tuple(tools)


def _tool(raw: Raw) -> Iterable[Tool | ServerTool]:
    try:
        tool, extras = _read_tool(raw)
    except msgspec.ValidationError:
        tool, extras = schema.Tool(), {}
    mark = mark_of(tool.cache_control) if tool.cache_control else None
    if tool.function is not None:
        inner = _said_of(tool.function)
        yield msgspec.structs.replace(inner, extras=extras, cache=mark) if extras or mark else inner
    elif tool.custom is not None:
        grammar = tool.custom.format.grammar if tool.custom.format else None
        yield Tool(
            tool.custom.name,
            tool.custom.description or "",
            extras=extras,
            cache=mark,
            free_text=True,
            grammar=Grammar(grammar.syntax, grammar.definition) if grammar else None,
        )
    else:
        yield from _other(raw)


def _other(raw: Raw) -> Iterable[Tool | ServerTool]:
    """Return tools in the manner of other dialects: functions that say all at one level, and the upstream's own."""
    fields = _decode_object(raw)
    type_ = text_of(fields.pop("type", Raw(b'"function"')))
    google = [name for name in fields if name in _GOOGLE]
    if google:
        for name in google:
            yield ServerTool(_GOOGLE[name], Raw(_encode({name: fields[name]})), name)
    elif type_ == "function":
        yield _function(_encode(fields))
    elif type_ == "custom":
        flat, extras = _read_custom(_encode(fields))
        grammar = flat.format.grammar if flat.format else None
        said = Grammar(grammar.syntax, grammar.definition) if grammar else None
        yield Tool(flat.name, flat.description or "", extras=extras, free_text=True, grammar=said)
    else:
        kind = next((kind for start, kind in _TYPES.items() if type_.rpartition(":")[2].startswith(start)), None)
        if kind is ServerToolKind.WEB_SEARCH:
            yield _search(raw.copy(), raw, type_)
        else:
            yield ServerTool(kind or ServerToolKind.OTHER, raw.copy(), type_)


def _function(raw: Raw | bytes) -> Tool:
    function, extras = _read_function(raw)
    said = _said_of(function)
    return msgspec.structs.replace(said, extras={f"function.{name}": value for name, value in extras.items()})


def _said_of(function: schema.FunctionTool) -> Tool:
    return Tool(
        function.name,
        function.description or "",
        copied(function.parameters) or copied(function.parametersJsonSchema),
        function.strict,
    )


def _search(body: Raw, raw: Raw, name: str) -> ServerTool:
    """Return a search with what it is told, also where that stands one level down."""
    try:
        options = _decode_options(raw)
        inner = _decode_options(options.parameters) if options.parameters else options
        filters = _decode_options(options.filters) if options.filters else options
        location = options.user_location or inner.user_location
        if location is not None and location.approximate:
            location = _decode_location(location.approximate)
    except UNREADABLE:
        return ServerTool(ServerToolKind.WEB_SEARCH, body, name)
    return ServerTool(
        ServerToolKind.WEB_SEARCH,
        body,
        name,
        allowed_domains=tuple(options.allowed_domains or filters.allowed_domains or ()),
        blocked_domains=tuple(options.blocked_domains or filters.blocked_domains or ()),
        max_uses=options.max_uses or inner.max_uses,
        context_size=options.search_context_size or inner.search_context_size or "",
        place=_place(location) if location is not None else None,
    )


def _place(location: schema.Location) -> Place:
    return Place(location.city or "", location.region or "", location.country or "", location.timezone or "")


def decode_choice(request: schema.Request) -> ToolChoice | None:
    """Return whether and what to call. The older API named the function alone."""
    choice = request.tool_choice
    if choice is None:
        older = request.function_call
        choice = schema.NamedChoice(function=older) if isinstance(older, schema.Named) else older
    if choice is None:
        return None
    if isinstance(choice, str):
        mode = CHOICES.get(choice)
        if mode is None:
            raise RequestError(f"tool_choice is {choice!r}; it can be 'auto', 'none', 'required' or name a function")
        return ToolChoice(mode)
    if choice.allowed_tools is not None:
        allowed = tuple(filter(None, map(_named, choice.allowed_tools.tools)))
        return ToolChoice(CHOICES.get(choice.allowed_tools.mode, ToolMode.AUTO), allowed=allowed)
    if choice.type in CHOICES:
        return ToolChoice(CHOICES[choice.type])
    name = _named(choice)
    return ToolChoice(ToolMode.NAMED, name) if name else None


def _named(choice: schema.Choice) -> str:
    """Return which tool a choice means; one that the upstream runs is called by its type."""
    named = choice.function or choice.custom
    return named.name if named else choice.name or ("" if choice.type in ("function", "custom") else choice.type)
