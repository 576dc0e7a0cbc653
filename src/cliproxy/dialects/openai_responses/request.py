"""
Responses requests: their heads, and -> conversations.

Source: `reference` sheets `openai-responses` section 2, `translation` sections 3.1 and 6.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.beginning import beginning
from cliproxy.conversation.request import (
    Conversation,
    Effort,
    Extras,
    Level,
    Message,
    OutputKind,
    OutputShape,
    Role,
    Sampling,
    Text,
)
from cliproxy.dialects.base import RequestHead, fields_of, given, text_of, unknown_fields
from cliproxy.dialects.openai_responses import schema
from cliproxy.dialects.openai_responses.items import Said, decode_items
from cliproxy.dialects.openai_responses.parts import NAME
from cliproxy.dialects.openai_responses.tools import decode_choice, decode_tools
from cliproxy.errors import RequestError
from cliproxy.wire.body import UNREADABLE, not_readable
from cliproxy.wire.frames import Framing
from cliproxy.wire.leading import leading

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"
SHOWN = "auto"  # the summary that is asked for where thoughts are to be shown

_NO_WISH = {  # as good as absent
    "background": b"false",
    "truncation": b'"disabled"',
    "stream_options": b"{}",
}

_MARKS = frozenset(
    {"type", "role", "id", "status", "prompt_cache_breakpoint", "internal_chat_message_metadata_passthrough"}
)

_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_format = msgspec.json.Decoder(schema.TextFormat).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_notes = msgspec.json.Decoder(dict[str, str]).decode
_encode = msgspec.json.Encoder().encode

_REQUEST_FIELDS = fields_of(schema.Request)
_INNER: dict[str, type[Struct]] = {"reasoning": schema.ReasoningConfig, "text": schema.TextConfig}


def read_head(body: bytes, path: Mapping[str, str]) -> RequestHead:
    """Return what the request says about itself. Raises RequestError."""
    try:
        head = _decode_head(body)
    except UNREADABLE as error:
        raise not_readable(error) from None

    def start() -> str:
        if head.previous_response_id:
            return ""
        return beginning(text_of(head.instructions), leading(head.input), marks=_MARKS)

    return RequestHead(
        model=head.model,
        stream=head.stream is True,
        session=_session(head),
        start=start,
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
        continues=head.previous_response_id or "",
        stores=bytes(head.store) != b"false",
    )


def _session(head: schema.Head) -> str:
    """Return what names the conversation: where it lies at the vendor, else its cache, else its user."""
    told = (head.conversation, head.user, head.safety_identifier)
    conversation, user, safety = (text_of(value) for value in told)
    return conversation or head.prompt_cache_key or user or safety


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        request = _decode_request(body)
        said = _said(request)
        tools, tool_extras = decode_tools(request.tools or [], said.declaring)
        choice = decode_choice(request.tool_choice, tools)
        output, format_extras = _output(request.text)
        extras = _extras(body, request) | tool_extras | format_extras
        if choice is None and given(request.tool_choice):
            extras["tool_choice"] = request.tool_choice.copy()
        metadata = _metadata(request.metadata, extras)
    except UNREADABLE as error:
        raise not_readable(error) from None
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=tuple(said.instructions),
        messages=tuple(said.turns),
        tools=tools,
        tool_choice=choice,
        parallel_calls=request.parallel_tool_calls,
        sampling=Sampling(
            max_tokens=request.max_output_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            logprobs=True if LOGPROBS in (request.include or ()) else None,
            top_logprobs=request.top_logprobs,
        ),
        effort=_effort(request.reasoning),
        output=output,
        user=request.user or request.safety_identifier or "",
        metadata=metadata,
        service_tier=_tier(request.service_tier, extras),
        cache_key=request.prompt_cache_key or "",
        verbosity=(request.text.verbosity or "") if request.text else "",
        store=request.store,
        extras=extras,
    )


def _said(request: schema.Request) -> Said:
    instructions = [Text(request.instructions)] if request.instructions and request.instructions.strip() else []
    if isinstance(request.input, str):
        return Said(instructions, [Message(Role.USER, (Text(request.input),))], [])
    said = decode_items(request.input or [])
    return said._replace(instructions=instructions + said.instructions)


def _extras(body: bytes, request: schema.Request) -> Extras:
    """Return what has no neutral meaning; of the objects at the top level under a dotted path."""
    top = _decode_object(body)
    extras = {
        name: value.copy()
        for name, value in top.items()
        if name not in _REQUEST_FIELDS and bytes(value) not in (b"null", _NO_WISH.get(name))
    }
    for name, struct in _INNER.items():
        if bytes(top.get(name, b""))[:1] == b"{":
            inner = unknown_fields(top[name], fields_of(struct))
            extras |= {f"{name}.{field}": value for field, value in inner.items()}
    if request.user and request.safety_identifier and request.user != request.safety_identifier:
        extras["safety_identifier"] = Raw(_encode(request.safety_identifier))
    config = request.reasoning
    summary = (config.summary or config.generate_summary) if config else None
    if summary not in (None, SHOWN, "none"):
        extras["reasoning.summary"] = Raw(_encode(summary))
    wishes = [wish for wish in request.include or () if wish != LOGPROBS]
    if any(wish != ENCRYPTED for wish in wishes) or (wishes and request.store is not False):
        extras["include"] = Raw(_encode(wishes))
    return extras


def _metadata(raw: Raw, extras: Extras) -> Mapping[str, str]:
    if not given(raw):
        return {}
    try:
        return _decode_notes(raw)
    except msgspec.ValidationError:
        extras["metadata"] = raw.copy()
        return {}


def _tier(raw: Raw, extras: Extras) -> str:
    if bytes(raw)[:1] == b'"':
        return text_of(raw)
    if given(raw):
        extras["service_tier"] = raw.copy()
    return ""


def _effort(config: schema.ReasoningConfig | None) -> Effort | None:
    if config is None:
        return None
    summary = config.summary or config.generate_summary
    visible = None if summary is None else summary != "none"
    if config.effort is None:
        return None if visible is None else Effort(visible=visible)
    try:
        return Effort(Level(config.effort.lower()), visible=visible)
    except ValueError:
        words = ", ".join(repr(level.value) for level in Level)
        raise RequestError(f"reasoning.effort is {config.effort!r}; it can be {words}") from None


def _output(config: schema.TextConfig | None) -> tuple[OutputShape | None, Extras]:
    if config is None or not given(config.format):
        return None, {}
    wanted = _decode_format(config.format)
    extras = {
        f"text.format.{name}": value
        for name, value in unknown_fields(config.format, fields_of(schema.TextFormat)).items()
    }
    match wanted.type:
        case "text":
            return None, extras
        case "json_object":
            return OutputShape(OutputKind.JSON), extras
        case "json_schema":
            schema_ = wanted.schema.copy() if given(wanted.schema) else None
            shape = OutputShape(
                OutputKind.JSON_SCHEMA, wanted.name or "", wanted.description or "", schema_, wanted.strict
            )
            return shape, extras
        case _:
            return None, {"text.format": config.format.copy()}
