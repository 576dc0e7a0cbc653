"""
Responses JSON, as typed structs: replies, and the events of a stream.

Source: `reference` sheet `openai-responses` sections 5 and 6 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class Echo(Struct):
    """What a reply repeats of its request, as it came."""

    instructions: Raw = ABSENT
    max_output_tokens: Raw = ABSENT
    max_tool_calls: Raw = ABSENT
    parallel_tool_calls: Raw = ABSENT
    previous_response_id: Raw = ABSENT
    prompt_cache_key: Raw = ABSENT
    reasoning: Raw = ABSENT
    safety_identifier: Raw = ABSENT
    service_tier: Raw = ABSENT
    store: Raw = ABSENT
    temperature: Raw = ABSENT
    text: Raw = ABSENT
    tool_choice: Raw = ABSENT
    tools: Raw = ABSENT
    top_logprobs: Raw = ABSENT
    top_p: Raw = ABSENT
    truncation: Raw = ABSENT
    user: Raw = ABSENT
    metadata: Raw = ABSENT


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


class IncompleteDetails(Struct):
    reason: str | None = None


class Response(Struct):
    object: str | None = None
    id: str | None = None
    model: str | None = None
    status: str | None = None
    service_tier: str | None = None
    incomplete_details: IncompleteDetails | None = None
    output: list[Raw] | None = None
    usage: Usage | None = None
    error: Raw = ABSENT


class Outcome(Struct):
    """What a relay must see of the reply that an event holds."""

    usage: Usage | None = None
    error: Raw = ABSENT


class Sight(Struct):
    """What a relay must see of an event, or of a whole reply: they differ in `type` and `object`."""

    type: str = ""
    response: Outcome | None = None
    object: str | None = None
    status: str | int | None = None  # a number in an error that comes over a websocket
    usage: Usage | None = None
    error: Raw = ABSENT


class Event(Struct, gc=False):
    """An event of a stream; `type` says which of the other fields are there."""

    type: str = ""
    delta: str | None = None
    output_index: int | None = None
    item_id: str | None = None
    content_index: int | None = None
    summary_index: int | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: Raw = ABSENT
    input: Raw = ABSENT
    item: Raw = ABSENT
    part: Raw = ABSENT
    annotation: Raw = ABSENT
    logprobs: Raw = ABSENT
    response: Raw = ABSENT
    error: Raw = ABSENT


class Kind(Struct):
    """All that is read of an event of which more is not as it should be."""

    type: str = ""
    response: Raw = ABSENT
    error: Raw = ABSENT


class Count(Struct):
    input_tokens: int | None = None
