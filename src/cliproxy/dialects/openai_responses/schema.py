"""
Responses JSON, as typed structs: what a relay must see.

Source: `reference` sheet `openai-responses` sections 2, 5 and 6 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    prompt_cache_key: str | None = None
    previous_response_id: str | None = None


class InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None


class Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Response(Struct):
    object: str = ""
    status: str = ""
    usage: Usage | None = None
    error: Raw = ABSENT


class Event(Struct):
    """An event of a stream, and a whole reply: they differ in `type` and `object`."""

    type: str = ""
    response: Response | None = None
    object: str = ""
    status: str = ""
    usage: Usage | None = None
    error: Raw = ABSENT
