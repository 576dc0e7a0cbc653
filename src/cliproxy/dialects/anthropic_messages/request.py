"""
Messages requests: their heads, and -> conversations.

Source: `reference` sheets `claude-messages` sections 2 to 4 and 8, `translation` section 4 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Extras,
    Foreign,
    Inline,
    Level,
    Link,
    Media,
    MediaKind,
    Message,
    OutputKind,
    OutputShape,
    Part,
    Reasoning,
    Role,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.base import RequestHead, copied, fields_of, given, unknown_fields
from cliproxy.errors import RequestError
from cliproxy.wire.body import not_readable
from cliproxy.wire.data_url import plain_base64
from cliproxy.wire.frames import Framing

NAME = "anthropic_messages"
ATTRIBUTION = "x-anthropic-billing-header: "  # a pseudo-header in the first system block; nothing to other vendors

_CHOICES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "any": ToolMode.REQUIRED, "tool": ToolMode.NAMED}

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_metadata = msgspec.json.Decoder(schema.Metadata).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_message = msgspec.json.Decoder(schema.Message).decode
_decode_block = msgspec.json.Decoder(schema.Block).decode
_decode_source = msgspec.json.Decoder(schema.Source).decode
_decode_tool = msgspec.json.Decoder(schema.Tool).decode
_decode_content = msgspec.json.Decoder(str | list[Raw] | None).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode

_REQUEST_FIELDS = fields_of(schema.Request)
_MESSAGE_FIELDS = fields_of(schema.Message)
_TOOL_FIELDS = fields_of(schema.Tool)
_BLOCK_FIELDS = {
    "text": {"type", "text"},
    "image": {"type", "source"},
    "document": {"type", "source", "title"},
    "tool_use": {"type", "id", "name", "input"},
    "tool_result": {"type", "tool_use_id", "content", "is_error"},
    "thinking": {"type", "thinking", "text", "signature"},
    "redacted_thinking": {"type", "data"},
}


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
        user = _decode_metadata(head.metadata).user_id if given(head.metadata) else None
    except (msgspec.DecodeError, RecursionError) as error:
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
        messages = tuple(_message(raw) for raw in request.messages)
        instructions = tuple(_instructions(request.system))
        tools = [_tool(raw) for raw in request.tools or ()]
        extras = unknown_fields(body, _REQUEST_FIELDS) | _inner_extras(body)
    except (msgspec.DecodeError, RecursionError) as error:
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
        output=_output(request.output_config),
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


def _instructions(system: str | list[Raw] | None) -> Iterable[Text]:
    if isinstance(system, str):
        texts: Iterable[Part] = [Text(system)]
    else:
        texts = [_part(raw) for raw in system or ()]
    for part in texts:
        if isinstance(part, Text) and part.text.strip():
            yield part


def _message(raw: Raw) -> Message:
    message = _decode_message(raw)
    extras = unknown_fields(raw, _MESSAGE_FIELDS)
    parts = _parts(message.content)
    if message.role == "assistant":
        return Message(Role.ASSISTANT, tuple(parts), extras)
    # Thoughts in a user's mouth are nobody's: a client could plant them.
    parts = [part for part in parts if not isinstance(part, Reasoning)]
    return Message(Role.REMINDER if message.role == "system" else Role.USER, tuple(parts), extras)


def _parts(raw: Raw) -> list[Part]:
    """Return content of whatever shape: a string, a list of strings or blocks, one bare block, or any JSON as text."""
    if not given(raw):
        return []
    first = bytes(raw).lstrip()[:1]
    if first == b"{":
        return [_part(raw)] if "type" in _decode_object(raw) else [Text(bytes(raw).decode())]
    try:
        content = _decode_content(raw)
    except msgspec.ValidationError:
        return [Text(bytes(raw).decode())]
    if content is None:
        return []
    return [Text(content)] if isinstance(content, str) else [_part(part) for part in content]


def _part(raw: Raw) -> Part:
    if bytes(raw).lstrip()[:1] == b'"':
        return Text(msgspec.json.decode(raw, type=str))
    block = _decode_block(raw)
    extras = unknown_fields(raw, _BLOCK_FIELDS.get(block.type, ()))
    match block.type:
        case "text":
            return Text(block.text or "", extras=extras)
        case "image":
            return _media(MediaKind.IMAGE, block, extras) or Foreign(NAME, "image", raw.copy())
        case "document":
            return _document(block, extras) or Foreign(NAME, "document", raw.copy())
        case "tool_use":
            return ToolCall(block.id or "", block.name or "", _arguments(block.input), extras=extras)
        case "tool_result":
            content = tuple(part for part in _parts(block.content) if isinstance(part, (Text, Media)))
            lost = {f"content.{part.kind}": part.body for part in _parts(block.content) if isinstance(part, Foreign)}
            return ToolResult(block.tool_use_id or "", content or (Text(""),), block.is_error is True, extras | lost)
        case "thinking":
            proof = read_proof(block.signature, NAME) if block.signature else None
            return Reasoning(_thinking(block), proof, extras=extras)
        case "redacted_thinking":
            return Reasoning("", read_proof(block.data or "", NAME), redacted=True, extras=extras)
        case _:
            return Foreign(NAME, block.type, raw.copy())


def _thinking(block: schema.Block) -> str:
    """Return the words of a thinking block: a string, or an object with `text`, or under `text` beside it."""
    raw = block.thinking
    if not given(raw):
        return block.text or ""
    if bytes(raw)[:1] == b'"':
        return msgspec.json.decode(raw, type=str)
    inner = _decode_object(raw).get("text") if bytes(raw)[:1] == b"{" else None
    return msgspec.json.decode(inner, type=str) if inner is not None else ""


def _arguments(raw: Raw) -> str:
    """Return a call's input as JSON text; some clients send it as a JSON string already."""
    if not given(raw):
        return "{}"
    return msgspec.json.decode(raw, type=str) if bytes(raw)[:1] == b'"' else bytes(raw).decode()


def _media(kind: MediaKind, block: schema.Block, extras: Extras) -> Media | None:
    if not given(block.source):
        return None
    source = _decode_source(block.source)
    mime_type = source.media_type or source.mime_type or ""
    if source.type == "url" and source.url:
        return Media(kind, Link(source.url), mime_type, block.title or "", extras=extras)
    data = source.data or source.base64
    if source.type == "base64" and data:
        return Media(kind, Inline(plain_base64(data)), mime_type, block.title or "", extras=extras)
    return None


def _document(block: schema.Block, extras: Extras) -> Media | Text | None:
    source = _decode_source(block.source) if given(block.source) else schema.Source()
    if source.type == "text":
        return Text(f"{block.title}\n\n{source.data}" if block.title else source.data or "", extras=extras)
    return _media(MediaKind.DOCUMENT, block, extras)


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
    Return how hard to reason: a budget, a level, or what `adaptive` leaves open.

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
        case "adaptive" if level is None:
            return Effort(Level.XHIGH, visible=visible)
        case _:
            return Effort(level or Level.AUTO, visible=visible)


def _level(word: str) -> Level:
    try:
        return Level(word)
    except ValueError:
        raise RequestError(f"output_config.effort is {word!r}; it can be low, medium, high, xhigh or max") from None


def _output(config: schema.OutputConfig | None) -> OutputShape | None:
    if config is None or config.format is None or not given(config.format.schema):
        return None
    return OutputShape(OutputKind.JSON_SCHEMA, schema=config.format.schema.copy())
