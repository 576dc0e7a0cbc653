"""
Messages requests: their heads, and -> conversations.

Source: `reference` sheets `claude-messages` sections 2 to 4, `translation` section 6.3 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from cliproxy.conversation.beginning import beginning
from cliproxy.conversation.request import Conversation, Extras, OutputKind, OutputShape, Sampling
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.blocks import ATTRIBUTION
from cliproxy.dialects.anthropic_messages.messages import decode_instructions, decode_messages
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.anthropic_messages.thinking import decode_effort
from cliproxy.dialects.anthropic_messages.tools import decode_choice, decode_tools
from cliproxy.dialects.base import RequestHead, fields_of, given, unknown_fields
from cliproxy.wire.body import UNREADABLE, not_readable
from cliproxy.wire.frames import Framing
from cliproxy.wire.leading import leading

_OWN = (  # fields of the top level that only this vendor has
    "speed",
    "cache_control",
    "container",
    "context_management",
    "mcp_servers",
    "betas",
    "inference_geo",
)
PRIORITY = "priority"
_FAST = b'"fast"'
_DEFAULTS = {"speed": b'"standard"', "betas": b"[]", "mcp_servers": b"[]"}  # they change nothing
_REQUEST_FIELDS = fields_of(schema.Request)
_METADATA_FIELDS = fields_of(schema.Metadata)
_CONFIG_FIELDS = fields_of(schema.OutputConfig)
_FORMAT_FIELDS = fields_of(schema.Format)

_MARKS = frozenset({"type", "role", "cache_control"})

_decode = msgspec.json.Decoder().decode
_decode_head = msgspec.json.Decoder(schema.Head).decode
_decode_metadata = msgspec.json.Decoder(schema.Metadata).decode
_decode_known = msgspec.json.Decoder(schema.KnownRequest).decode
_decode_request = msgspec.json.Decoder(schema.Request).decode
_decode_config = msgspec.json.Decoder(schema.OutputConfig).decode
_decode_format = msgspec.json.Decoder(schema.Format).decode


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
        start=lambda: beginning(_instructions(head.system), leading(head.messages), marks=_MARKS),
        framing=Framing.EVENT_STREAM if head.stream is True else Framing.WHOLE,
    )


def _instructions(system: Raw) -> object:
    """Return what a conversation begins with; the pseudo-header, which differs from call to call, is no part of it."""
    try:
        value: object = _decode(system) if given(system) else None
    except UNREADABLE:
        return None
    if not isinstance(value, list):
        return value
    return [block for block in value if not (isinstance(block, dict) and _is_attribution(block.get("text")))]


def _is_attribution(text: object) -> bool:
    return isinstance(text, str) and text.startswith(ATTRIBUTION)


def decode_request(body: bytes) -> Conversation:
    """
    Return what the request says, in neutral words.

    Raises:
        RequestError: A field that is needed is missing or of another type.
    """
    try:
        return _decoded(body)
    except UNREADABLE as error:
        raise not_readable(error) from None


def _decoded(body: bytes) -> Conversation:
    request, extras = _top_level(body)
    instructions, beside = decode_instructions(request.system)
    tools, of_tools = decode_tools(request.tools)
    choice, parallel, of_choice = decode_choice(request.tool_choice)
    word, shape, of_config = _config(request)
    effort, of_thinking = decode_effort(request.thinking, word)
    user, of_metadata = _user(request.metadata)
    return Conversation(
        origin=NAME,
        model=request.model,
        instructions=instructions,
        messages=decode_messages(request.messages),
        tools=tools,
        tool_choice=choice,
        parallel_calls=parallel,
        sampling=Sampling(
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            top_p=request.top_p,
            top_k=request.top_k,
            stop=tuple(request.stop_sequences or ()),
        ),
        effort=effort,
        output=shape,
        user=user,
        service_tier=_tier(request, extras),
        extras=extras | beside | of_tools | of_choice | of_config | of_thinking | of_metadata,
    )


def _top_level(body: bytes) -> tuple[schema.Request, Extras]:
    """Return the fields of the top level, and those that mean nothing elsewhere."""
    extras: Extras = {}
    request: schema.Request
    try:
        request = _decode_known(body)
    except msgspec.ValidationError:
        request = _decode_request(body)
        extras = unknown_fields(body, _REQUEST_FIELDS)
    for name in _OWN:
        value = getattr(request, name)
        if given(value) and bytes(value) != _DEFAULTS.get(name):
            extras[name] = value.copy()
    return request, extras


def _tier(request: schema.Request, extras: Extras) -> str:
    """Return the tier; a wish for speed is one, where none is given."""
    tier = request.service_tier
    if bytes(tier)[:1] == b'"':
        return msgspec.json.decode(tier, type=str)
    if given(tier):
        extras["service_tier"] = tier.copy()
    elif bytes(extras.get("speed", b"")) == _FAST:
        del extras["speed"]
        return PRIORITY
    return ""


def _config(request: schema.Request) -> tuple[str | None, OutputShape | None, Extras]:
    """Return the effort's word, what the reply must be, and what is not understood of `output_config`."""
    config, extras = schema.OutputConfig(), Extras()
    if given(request.output_config):
        config = _decode_config(request.output_config)
        unknown = unknown_fields(request.output_config, _CONFIG_FIELDS)
        extras = {f"output_config.{name}": value for name, value in unknown.items()}
    wanted, where = (config.format, "output_config.format")
    if not given(wanted):
        wanted, where = request.output_format, "output_format"
    if not given(wanted):
        return config.effort, None, extras
    shape = _decode_format(wanted)
    if shape.type not in ("", "json_schema") or not given(shape.schema):
        return config.effort, None, extras | {where: wanted.copy()}
    extras |= {f"output_config.format.{name}": raw for name, raw in unknown_fields(wanted, _FORMAT_FIELDS).items()}
    return config.effort, OutputShape(OutputKind.JSON_SCHEMA, schema=shape.schema.copy()), extras


def _user(metadata: Raw) -> tuple[str, Extras]:
    if not given(metadata):
        return "", {}
    unknown = unknown_fields(metadata, _METADATA_FIELDS)
    return _decode_metadata(metadata).user_id or "", {f"metadata.{name}": unknown[name] for name in unknown}
