"""
Messages JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

What stands here has a meaning elsewhere; every other field is kept as an extra. Values that clients send in several
shapes are `Raw`.

Source: `reference` sheet `claude-messages` (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class Metadata(Struct):
    user_id: str | None = None


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    metadata: Raw = ABSENT


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
    content: Raw = ABSENT


class Block(Struct):
    type: str = "text"
    text: str | None = None
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


class Tool(Struct):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = ABSENT
    strict: bool | None = None
    cache_control: Raw = ABSENT


class ToolChoice(Struct):
    type: str
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
    format: Format | None = None


class Request(Struct):
    model: str = ""
    messages: list[Raw] = []
    max_tokens: int | None = None
    system: str | list[Raw] | None = None
    stream: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    tools: list[Raw] | None = None
    tool_choice: ToolChoice | str | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: Format | None = None  # where betas had it before `output_config.format`
    metadata: Metadata | None = None


class OutputDetails(Struct):
    thinking_tokens: int | None = None


class Usage(Struct):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None


class Error(Struct):
    type: str = ""
    message: str = ""


class Delta(Struct, gc=False):
    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Reply(Struct):
    id: str = ""
    type: str = ""
    model: str = ""
    content: list[Raw] = []
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage | None = None
    error: Error | None = None


class Event(Struct, gc=False):
    """One event of a stream; `type` says which of the other fields are there."""

    type: str = ""
    index: int = 0
    message: Reply | None = None
    content_block: Raw = ABSENT
    delta: Delta | None = None
    usage: Usage | None = None
    error: Error | None = None
