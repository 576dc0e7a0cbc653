"""
Messages requests: their heads, and -> conversations.

Source: `reference` sheets `claude-messages` sections 2 to 4, `translation` section 6.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Extras,
    Level,
    OutputKind,
    OutputShape,
    Sampling,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.messages import NAME, decode_instructions, decode_turn, mark_of
from cliproxy.dialects.base import RequestHead, copied, fields_of, given, unknown_fields
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, not_readable
from cliproxy.wire.frames import Framing

_CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "any": ToolMode.REQUIRED, "tool": ToolMode.NAMED}

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_metadata = msgspec.json.Decoder(schema.Metadata).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode

_REQUEST_FIELDS = fields_of(schema.Request)
_TOOL_FIELDS = fields_of(schema.Tool)


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
        user = _decode_metadata(head.metadata).user_id if given(head.metadata) else None
    except UNREADABLE as error:
        raise not_readable(error) from None
    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=user or "",
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
    )


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        request = _decode_request(body)
        messages = tuple(decode_turn(raw) for raw in request.messages)
        instructions, attribution = decode_instructions(request.system)
        tools = [_tool(raw) for raw in request.tools or ()]
        extras = unknown_fields(body, _REQUEST_FIELDS) | _inner_extras(body)
        if attribution:
            extras["system.attribution"] = Raw(msgspec.json.encode(attribution))
    except UNREADABLE as error:
        raise not_readable(error) from None
    choice, parallel = _tool_choice(request.tool_choice)
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=instructions,
        messages=messages,
        tools=tuple(tool for tool in tools if isinstance(tool, Tool)),
        tool_choice=choice,
        parallel_calls=parallel,
        sampling=Sampling(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            stop=tuple(request.stop_sequences or ()),
        ),
        effort=_effort(request.thinking, request.output_config),
        output=_output((request.output_config and request.output_config.format) or request.output_format),
        user=(request.metadata.user_id or "") if request.metadata else "",
        extras=extras | {f"tools[{place}]": tool for place, tool in enumerate(tools) if not isinstance(tool, Tool)},
    )


def _inner_extras(body: bytes) -> Extras:
    """Return what stands in the objects of the top level beside what the schema knows, under a dotted path."""
    top = _decode_object(body)
    known: dict[str, type[Struct]] = {"metadata": schema.Metadata, "output_config": schema.OutputConfig}
    return {
        f"{name}.{inner}": value
        for name, struct in known.items()
        if bytes(top.get(name, b""))[:1] == b"{"
        for inner, value in unknown_fields(top[name], fields_of(struct)).items()
    }


def _tool(raw: Raw) -> Tool | Raw:
    """Return a function; a predefined tool, known by its dated type, stays as it came."""
    tool = _decode_tool(raw)
    if tool.type not in (None, "custom"):
        return raw.copy()
    return Tool(
        name=tool.name,
        description=tool.description or "",
        input_schema=copied(tool.input_schema),
        strict=tool.strict,
        extras=unknown_fields(raw, _TOOL_FIELDS),
        cache=mark_of(tool.cache_control),
    )


def _tool_choice(choice: schema.ToolChoice | str | None) -> tuple[ToolChoice | None, bool | None]:
    if choice is None:
        return None, None
    if isinstance(choice, str):
        choice = schema.ToolChoice(choice)
    mode = _CHOICES.get(choice.type)
    if mode is None:
        raise RequestError(f"tool_choice.type is {choice.type!r}; it can be {', '.join(map(repr, _CHOICES))}")
    parallel = None if choice.disable_parallel_tool_use is None else not choice.disable_parallel_tool_use
    return ToolChoice(mode, choice.name or ""), parallel


def _effort(thinking: schema.Thinking | None, config: schema.OutputConfig | None) -> Effort | None:
    """
    Return how hard to reason: a budget, a level, or neither where `adaptive` leaves it open.

    Source: `reference` sheet `translation`, section 6.3.
    """
    word = config.effort if config else None
    level = _level(word) if word else None
    if thinking is None:
        return Effort(level) if level else None
    visible = {"summarized": True, "omitted": False}.get(thinking.display or "")
    match thinking.type:
        case "disabled":
            return Effort(Level.NONE, visible=False)
        case "enabled" if thinking.budget_tokens is not None:
            return Effort(budget=thinking.budget_tokens, visible=visible)
        case "adaptive" | "auto" | "between_tools":
            return Effort(level, visible=visible)
        case _:
            return Effort(level or Level.AUTO, visible=visible)


def _level(word: str) -> Level:
    try:
        return Level(word)
    except ValueError:
        raise RequestError(f"output_config.effort is {word!r}; it can be low, medium, high, xhigh or max") from None


def _output(wanted: schema.Format | None) -> OutputShape | None:
    if wanted is None or not given(wanted.schema):
        return None
    return OutputShape(OutputKind.JSON_SCHEMA, schema=wanted.schema.copy())
