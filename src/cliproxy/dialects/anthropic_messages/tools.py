"""
Tools in Messages requests -> tools: those that clients run, those known by a dated type, those that Anthropic runs.

Source: `reference` sheets `claude-messages` section 3, `translation` section 3.3 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import (
    CacheMark,
    Extras,
    Place,
    ServerTool,
    ServerToolKind,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.blocks import mark_of
from cliproxy.dialects.anthropic_messages.native_tools import native_tool
from cliproxy.dialects.base import ABSENT, copied, fields_of, given, unknown_fields
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE

CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "any": ToolMode.REQUIRED, "tool": ToolMode.NAMED}

_DATED = re.compile(r"(web_search|web_fetch|code_execution)_\d{8}\Z")
DEFERRED = "defer_loading"
_SEARCHES_TOOLS = "tool_search_tool_"  # how its types begin
_DEFAULTS: dict[str, object] = {  # what a field says when it is not there
    DEFERRED: False,
    "eager_input_streaming": False,
    "allowed_callers": ["direct"],
    "input_examples": [],
}
_TOOL_FIELDS = fields_of(schema.Tool)
_NATIVE_FIELDS = {"type", "name", "cache_control"}
_SERVER_FIELDS = fields_of(schema.ServerTool)
_PLACE_FIELDS = fields_of(schema.Place)
_CHOICE_FIELDS = fields_of(schema.ToolChoice)


class _Plain(Struct, forbid_unknown_fields=True, gc=False):
    """A function as nearly all of them are."""

    name: str
    description: str = ""
    input_schema: Raw = ABSENT
    type: Literal["custom"] = "custom"
    strict: bool | None = None
    defer_loading: bool = False


_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_plain = msgspec.json.Decoder(_Plain).decode
_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_server_tool = msgspec.json.Decoder(schema.ServerTool).decode
_decode_choice = msgspec.json.Decoder(schema.ToolChoice).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode


def decode_tools(raw: Raw) -> tuple[tuple[Tool | ServerTool, ...], Extras]:
    """Return the tools in order, and what is said of those that Anthropic runs beside what others know of them."""
    if not given(raw):
        return (), {}
    tools: list[Tool | ServerTool] = []
    extras: Extras = {}
    for place, one in enumerate(_decode_list(raw)):
        tool, unknown = _tool(one)
        tools.append(tool)
        if unknown:
            extras |= {f"tools[{place}].{name}": value for name, value in unknown.items()}
    return tuple(tools), extras


def decode_choice(raw: Raw) -> tuple[ToolChoice | None, bool | None, Extras]:
    """Return what may be called, whether several at once, and what is not understood. Raises RequestError."""
    if not given(raw):
        return None, None, {}
    if bytes(raw)[:1] == b'"':
        choice, extras = schema.ToolChoice(msgspec.json.decode(raw, type=str)), {}
    else:
        choice, extras = _decode_choice(raw), unknown_fields(raw, _CHOICE_FIELDS)
    mode = CHOICES.get(choice.type)
    if mode is None:
        raise RequestError(f"tool_choice.type is {choice.type!r}; it can be {', '.join(map(repr, CHOICES))}")
    parallel = None if choice.disable_parallel_tool_use is None else not choice.disable_parallel_tool_use
    return ToolChoice(mode, choice.name or ""), parallel, {f"tool_choice.{name}": extras[name] for name in extras}


def _tool(raw: Raw) -> tuple[Tool | ServerTool, Extras]:
    try:
        plain = _decode_plain(raw)
    except UNREADABLE:
        pass
    else:
        schema_of = copied(plain.input_schema)
        return Tool(plain.name, plain.description, schema_of, plain.strict, deferred=plain.defer_loading), {}
    tool = _decode_tool(raw)
    kind = tool.type or "custom"
    if kind == "custom" or given(tool.input_schema):
        return _function(tool, raw), {}
    native = native_tool(kind, _decode_object(raw))
    if native is not None:
        extras: Extras = {}
        cache = mark_of(tool.cache_control, extras)
        extras |= unknown_fields(raw, _NATIVE_FIELDS | set(native.told))
        return Tool(
            tool.name,
            native.description,
            native.input_schema,
            extras=extras,
            cache=cache,
            native=raw.copy(),
            deferred=_deferred(extras),
        ), {}
    return _server_tool(raw)


def _function(tool: schema.Tool, raw: Raw) -> Tool:
    extras = {
        name: value
        for name, value in unknown_fields(raw, _TOOL_FIELDS).items()
        if name not in _DEFAULTS or msgspec.json.decode(value) != _DEFAULTS[name]
    }
    if tool.type not in (None, "custom"):
        extras["type"] = Raw(msgspec.json.encode(tool.type))
    cache: CacheMark | None = mark_of(tool.cache_control, extras)
    deferred = _deferred(extras)
    description, parameters = tool.description or "", copied(tool.input_schema)
    return Tool(tool.name, description, parameters, tool.strict, extras=extras, cache=cache, deferred=deferred)


def _deferred(extras: Extras) -> bool:
    """Take out of the fields whether the tool is deferred."""
    if bytes(extras.get(DEFERRED, ABSENT)) != b"true":
        return False
    del extras[DEFERRED]
    return True


def _server_tool(raw: Raw) -> tuple[ServerTool, Extras]:
    tool = _decode_server_tool(raw)
    match = _DATED.match(tool.type)
    if match is None:
        searches = tool.type.startswith(_SEARCHES_TOOLS)
        return ServerTool(ServerToolKind.TOOL_SEARCH if searches else ServerToolKind.OTHER, raw.copy(), tool.name), {}
    near, extras = tool.user_location, unknown_fields(raw, _SERVER_FIELDS)
    place = None
    if near is not None:
        place = Place(near.city or "", near.region or "", near.country or "", near.timezone or "")
        inner = unknown_fields(_decode_object(raw)["user_location"], _PLACE_FIELDS)
        extras |= {f"user_location.{name}": value for name, value in inner.items()}
    return ServerTool(
        ServerToolKind(match[1]),
        raw.copy(),
        tool.name,
        tuple(tool.allowed_domains or ()),
        tuple(tool.blocked_domains or ()),
        tool.max_uses,
        place=place,
    ), extras
