"""
Chat Completions requests: their heads, edits for a relay, and -> conversations.

Source: `reference` sheets `openai-chat` sections 2 and 4, `translation` section 13.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Level,
    OutputKind,
    OutputShape,
    Sampling,
    Tool,
    ToolChoice,
    ToolMode,
)
from cliproxy.dialects.base import (
    Edits,
    RequestHead,
    copied,
    edit_top_level,
    fields_of,
    text_of,
    unknown_fields,
)
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.messages import NAME, decode_messages, mark_of
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, close_body, not_readable, open_body
from cliproxy.wire.frames import Framing

_NO_WISH = {"n": b"1", "logprobs": b"false", "store": b"false", "service_tier": b'"auto"'}  # as good as absent
_CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_function = msgspec.json.Decoder(schema.FunctionTool).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode

_REQUEST_FIELDS = fields_of(schema.Request)
_FUNCTION_FIELDS = fields_of(schema.FunctionTool)
_TOOL_FIELDS = fields_of(schema.Tool)


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except UNREADABLE as error:
        raise not_readable(error) from None
    options = head.stream_options
    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=_plain(head.prompt_cache_key) or _plain(head.user),
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
        include_usage=options is not None and options.include_usage is True,
    )


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Return the request with its top level edited, the rest as it came."""
    edited = edit_top_level(body, edits)
    if edits.stream is not False:
        return edited
    top = open_body(edited)
    top.pop("stream_options", None)  # refused where nothing is streamed
    return close_body(top)


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        request = _decode_request(body)
        instructions, turns = decode_messages(request.messages)
        tools = [_tool(raw) for raw in request.tools or ()]
        tools += [_function(raw) for raw in request.functions or ()]
        extras = unknown_fields(body, _REQUEST_FIELDS)
    except UNREADABLE as error:
        raise not_readable(error) from None
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=instructions,
        messages=turns,
        tools=tuple(tool for tool in tools if isinstance(tool, Tool)),
        tool_choice=_tool_choice(_choice(request)),
        parallel_calls=request.parallel_tool_calls,
        sampling=Sampling(
            max_tokens=request.max_tokens if request.max_tokens is not None else request.max_completion_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            stop=(request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ()),
            frequency_penalty=request.frequency_penalty or None,
            presence_penalty=request.presence_penalty or None,
            seed=request.seed,
        ),
        effort=_effort(request),
        output=_output(request.response_format),
        user=request.user or "",
        extras={name: value for name, value in extras.items() if bytes(value) != _NO_WISH.get(name)}
        | {f"tools[{place}]": tool for place, tool in enumerate(tools) if not isinstance(tool, Tool)},
    )


def _tool(raw: Raw) -> Tool | Raw:
    """Return a function; a tool of another type stays as it came."""
    tool = _decode_tool(raw)
    if tool.function is None:
        return raw.copy()
    inner = _function(_decode_object(raw)["function"])
    extras = unknown_fields(raw, _TOOL_FIELDS)
    return msgspec.structs.replace(inner, extras=extras | inner.extras, cache=mark_of(tool.cache_control))


def _function(raw: Raw) -> Tool:
    function = _decode_function(raw)
    return Tool(
        name=function.name,
        description=function.description or "",
        input_schema=copied(function.parameters) or copied(function.parametersJsonSchema),
        strict=function.strict,
        extras=unknown_fields(raw, _FUNCTION_FIELDS),
    )


def _choice(request: schema.Request) -> str | schema.NamedChoice | None:
    """Return the choice in today's form; the older API named the function alone."""
    if request.tool_choice is not None:
        return request.tool_choice
    older = request.function_call
    return schema.NamedChoice(function=older) if isinstance(older, schema.NamedFunction) else older


def _tool_choice(choice: str | schema.NamedChoice | None) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        mode = _CHOICES.get(choice)
        if mode is None:
            raise RequestError(f"tool_choice is {choice!r}; it can be 'auto', 'none', 'required' or name a function")
        return ToolChoice(mode)
    if choice.allowed_tools is not None:
        allowed = tuple(tool.function.name for tool in choice.allowed_tools.tools if tool.function)
        return ToolChoice(_CHOICES.get(choice.allowed_tools.mode, ToolMode.AUTO), allowed=allowed)
    return ToolChoice(ToolMode.NAMED, choice.function.name) if choice.function else None


def _effort(request: schema.Request) -> Effort | None:
    """Return how hard to reason, as OpenAI has it told, or else as one of the many who speak its dialect."""
    if request.reasoning_effort is not None:
        return Effort(_level("reasoning_effort", request.reasoning_effort))
    reasoning, thinking = request.reasoning, request.thinking
    if reasoning is not None:
        visible = None if reasoning.exclude is None else not reasoning.exclude
        if reasoning.effort is not None:
            return Effort(_level("reasoning.effort", reasoning.effort), visible=visible)
        if reasoning.enabled is False:
            return Effort(Level.NONE, visible=False)
        return Effort(budget=reasoning.max_tokens, visible=visible)
    if thinking is not None:
        is_off = thinking.type == "disabled"
        return Effort(Level.NONE, visible=False) if is_off else Effort(budget=thinking.budget_tokens)
    if request.enable_thinking is not None:
        return Effort() if request.enable_thinking else Effort(Level.NONE, visible=False)
    return None


def _level(field: str, word: str) -> Level:
    try:
        return Level(word.lower())
    except ValueError:
        raise RequestError(
            f"{field} is {word!r}; it can be {', '.join(repr(level.value) for level in Level)}"
        ) from None


def _output(wanted: schema.ResponseFormat | None) -> OutputShape | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.json_schema is None:
        return OutputShape(OutputKind.JSON)
    shape = wanted.json_schema
    return OutputShape(
        OutputKind.JSON_SCHEMA,
        shape.name,
        shape.description or "",
        copied(shape.schema),
        shape.strict,
    )


def _plain(raw: Raw) -> str:
    return text_of(raw) if bytes(raw)[:1] == b'"' else ""
