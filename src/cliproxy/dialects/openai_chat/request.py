"""
Chat Completions requests: their heads, and -> conversations.

Source: `reference` sheets `openai-chat` sections 2 and 4, `translation` section 13.1 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.beginning import beginning
from cliproxy.conversation.free_text import unwrapped
from cliproxy.conversation.request import (
    Conversation,
    Extras,
    Message,
    OutputKind,
    OutputShape,
    Part,
    Picture,
    Sampling,
    ServerTool,
    Speech,
    Tool,
    ToolCall,
)
from cliproxy.dialects.base import RequestHead, copied, given, text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.beyond import Reader
from cliproxy.dialects.openai_chat.effort import effort_of
from cliproxy.dialects.openai_chat.messages import decode_messages
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.tools import decode_choice, decode_tools
from cliproxy.wire.body import UNREADABLE, not_readable
from cliproxy.wire.frames import Framing
from cliproxy.wire.leading import leading

_NO_WISH = {"logit_bias": b"{}"}  # as good as absent

_MARKS = frozenset({"type", "role", "cache_control", "prompt_cache_breakpoint"})

_decode_head = msgspec.json.Decoder(schema.Head).decode
_read_request = Reader(schema.Request)
_decode_notes = msgspec.json.Decoder(dict[str, str]).decode
_encode = msgspec.json.Encoder().encode


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
        session=_plain(head.prompt_cache_key) or _plain(head.user) or _plain(head.safety_identifier),
        start=lambda: beginning(None, leading(head.messages), marks=_MARKS),
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
        include_usage=options is not None and options.include_usage is True,
    )


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        request, extras = _read_request(body)
        instructions, turns = decode_messages(request.messages)
        tools = decode_tools(request)
        turns = _as_declared(turns, tools)
    except UNREADABLE as error:
        raise not_readable(error) from None
    if extras:
        extras = {name: value for name, value in extras.items() if bytes(value) != _NO_WISH.get(name)}
    output = _output(request, extras)
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=instructions,
        messages=turns,
        tools=tools,
        tool_choice=decode_choice(request),
        parallel_calls=request.parallel_tool_calls,
        sampling=_sampling(request),
        effort=effort_of(request, extras),
        output=output,
        user=_user(request, extras),
        metadata=_metadata(request, extras),
        service_tier=request.service_tier or "",
        cache_key=request.prompt_cache_key or "",
        verbosity=request.verbosity or "",
        store=request.store,
        modalities=tuple(request.modalities or ()),
        speech=Speech(request.audio.voice, request.audio.format) if request.audio is not None else None,
        picture=_picture(request.image_config) if request.image_config is not None else None,
        extras=extras,
    )


def _as_declared(turns: tuple[Message, ...], tools: tuple[Tool | ServerTool, ...]) -> tuple[Message, ...]:
    """Return the turns with calls in words of the tools that take words, however the client tells of them."""
    names = {tool.name for tool in tools if isinstance(tool, Tool) and tool.free_text}
    if not names:
        return turns
    return tuple(Message(turn.role, tuple(_call(part, names) for part in turn.parts), turn.extras) for turn in turns)


def _call(part: Part, names: Collection[str]) -> Part:
    if isinstance(part, ToolCall) and not part.free_text and part.name in names:
        return msgspec.structs.replace(part, arguments=unwrapped(part.arguments), free_text=True)
    return part


def _sampling(request: schema.Request) -> Sampling:
    logprobs = request.logprobs
    is_count = logprobs is not None and not isinstance(logprobs, bool)
    return Sampling(
        max_tokens=request.max_tokens if request.max_tokens is not None else request.max_completion_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop=(request.stop,) if isinstance(request.stop, str) else tuple(request.stop or ()),
        frequency_penalty=request.frequency_penalty or None,
        presence_penalty=request.presence_penalty or None,
        seed=request.seed,
        candidates=request.n,
        logprobs=bool(logprobs) if logprobs is not None else None,
        top_logprobs=int(logprobs or 0) if is_count and request.top_logprobs is None else request.top_logprobs,
    )


def _output(request: schema.Request, extras: Extras) -> OutputShape | None:
    wanted = request.response_format
    if wanted is None or wanted.type == "text":
        return None
    shape = wanted.json_schema
    if shape is None and given(wanted.schema):
        shape = schema.JsonSchema(schema=wanted.schema)
    if shape is not None:
        return OutputShape(
            OutputKind.JSON_SCHEMA, shape.name, shape.description or "", copied(shape.schema), shape.strict
        )
    if wanted.type in ("json_object", "json_schema"):
        return OutputShape(OutputKind.JSON)
    extras["response_format.type"] = Raw(_encode(wanted.type))  # a grammar, with some
    return None


def _user(request: schema.Request, extras: Extras) -> str:
    """Return who the end user is. Told under both names, he is known by the first."""
    if request.user and request.safety_identifier and request.user != request.safety_identifier:
        extras["safety_identifier"] = Raw(_encode(request.safety_identifier))
    return request.user or request.safety_identifier or ""


def _metadata(request: schema.Request, extras: Extras) -> Mapping[str, str]:
    if not given(request.metadata):
        return {}
    try:
        return _decode_notes(request.metadata)
    except UNREADABLE:
        extras["metadata"] = request.metadata.copy()
        return {}


def _picture(wanted: schema.Picture) -> Picture:
    return Picture(wanted.aspect_ratio or "", wanted.image_size or "")


def _plain(raw: Raw) -> str:
    return text_of(raw) if bytes(raw)[:1] == b'"' else ""
