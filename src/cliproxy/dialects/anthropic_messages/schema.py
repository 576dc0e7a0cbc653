"""
Messages JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

What stands here has a meaning elsewhere, or is known to have none; every other field is kept as an extra. Values
that clients send in several shapes are `Raw`.

Source: `reference` sheet `claude-messages` (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT

NAME = "anthropic_messages"


class Metadata(Struct):
    user_id: str | None = None


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    metadata: Raw = ABSENT
    system: Raw = ABSENT
    messages: Raw = ABSENT


class CacheControl(Struct):
    type: str = "ephemeral"
    ttl: str | None = None


class Source(Struct):
    type: str = "base64"
    media_type: str | None = None
    mime_type: str | None = None
    data: str | None = None
    base64: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: Raw = ABSENT


class Block(Struct):
    type: str = "text"
    text: str | None = None
    citations: Raw = ABSENT
    source: Raw = ABSENT
    title: str | None = None
    context: str | None = None
    id: str | None = None
    tool_name: str | None = None
    cache_control: Raw = ABSENT
    name: str | None = None
    input: Raw = ABSENT
    tool_use_id: str | None = None
    content: Raw = ABSENT
    is_error: bool | None = None
    thinking: Raw = ABSENT
    signature: str | None = None
    data: str | None = None


class Message(Struct):
    role: str
    content: Raw = ABSENT


class Location(Struct):
    """What a citation points at, of whatever kind."""

    type: str = ""
    url: str | None = None
    source: str | None = None
    title: str | None = None
    document_title: str | None = None
    cited_text: str | None = None
    encrypted_index: str | None = None


class Trace(Struct):
    """A block of a kind that is not modelled; nothing is known of the shape of its fields."""

    type: Raw = ABSENT
    id: Raw = ABSENT
    name: Raw = ABSENT
    input: Raw = ABSENT
    tool_use_id: Raw = ABSENT
    content: Raw = ABSENT


class SearchResult(Struct):
    url: str | None = None
    title: str | None = None


class SearchInput(Struct):
    query: str | None = None


class Place(Struct):
    type: str = "approximate"
    city: str | None = None
    region: str | None = None
    country: str | None = None
    timezone: str | None = None


class Tool(Struct):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = ABSENT
    strict: bool | None = None
    cache_control: Raw = ABSENT


class ServerTool(Struct):
    name: str = ""
    type: str = ""
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    max_uses: int | None = None
    user_location: Place | None = None


class ToolChoice(Struct):
    type: str = "auto"
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Struct):
    type: str
    budget_tokens: int | None = None
    display: str | None = None


class Format(Struct):
    type: str = ""
    schema: Raw = ABSENT


class OutputConfig(Struct):
    effort: str | None = None
    format: Raw = ABSENT


class Request(Struct):
    model: str = ""
    messages: Raw = ABSENT
    max_tokens: int | None = None
    system: Raw = ABSENT
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    tools: Raw = ABSENT
    tool_choice: Raw = ABSENT
    thinking: Raw = ABSENT
    output_config: Raw = ABSENT
    output_format: Raw = ABSENT  # where betas had it before `output_config.format`
    metadata: Raw = ABSENT
    service_tier: Raw = ABSENT
    # What only this vendor has:
    speed: Raw = ABSENT
    cache_control: Raw = ABSENT
    container: Raw = ABSENT
    context_management: Raw = ABSENT
    mcp_servers: Raw = ABSENT
    betas: Raw = ABSENT
    inference_geo: Raw = ABSENT


class KnownRequest(Request, forbid_unknown_fields=True):
    """One without unknown fields, so that nothing has to be looked for."""


class OutputDetails(Struct):
    thinking_tokens: int | None = None


class Usage(Struct):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None
    service_tier: str | None = None


class Error(Struct):
    type: Raw = ABSENT
    message: Raw = ABSENT


class Delta(Struct, gc=False):
    type: str = ""
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    content: str | None = None
    citation: Raw = ABSENT
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Reply(Struct):
    id: str | None = None
    type: str = ""
    model: str | None = None
    content: list[Raw] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    error: Raw = ABSENT


class Event(Struct, gc=False):
    """One event of a stream; `type` says which of the other fields are there."""

    type: str = ""
    index: int = 0
    message: Reply | None = None
    content_block: Raw = ABSENT
    delta: Delta | None = None
    usage: Usage | None = None
    error: Raw = ABSENT


class TokenCount(Struct):
    input_tokens: int | None = None
