"""
Responses JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

What stands here has a meaning elsewhere; every other field is kept as an extra. Values that come in several shapes are
`Raw`. A struct whose name begins with `Only` is for the common case that nothing else is there.

Source: `reference` sheet `openai-responses` sections 2 to 6 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    prompt_cache_key: str | None = None
    previous_response_id: str | None = None
    store: Raw = ABSENT
    conversation: Raw = ABSENT
    user: Raw = ABSENT
    safety_identifier: Raw = ABSENT
    instructions: Raw = ABSENT
    input: Raw = ABSENT


class Breakpoint(Struct):
    mode: str = "explicit"
    ttl: str | None = None


class ImageUrl(Struct):
    url: str = ""
    detail: Raw = ABSENT


class Audio(Struct):
    data: str = ""
    format: str | None = None


class Part(Struct, gc=False):
    """A part of a message, of an output, of a summary: they differ in `type`."""

    type: str | None = None
    text: Raw = ABSENT
    refusal: str | None = None
    image_url: Raw = ABSENT
    detail: Raw = ABSENT
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    input_audio: Raw = ABSENT
    data: str | None = None
    format: str | None = None
    annotations: Raw = ABSENT
    logprobs: Raw = ABSENT
    prompt_cache_breakpoint: Raw = ABSENT
    cache_control: Raw = ABSENT  # the same, as Anthropic's clients say it


class OnlyText(Struct, forbid_unknown_fields=True, gc=False):
    """A part that is a text, and nothing else."""

    text: str
    type: str = "input_text"
    annotations: Raw = ABSENT
    logprobs: Raw = ABSENT


class Item(Struct, gc=False):
    """What `input` and `output` are made of; `type` says which of the other fields are there."""

    type: str | None = None
    role: str | None = None
    content: Raw = ABSENT
    id: str | None = None
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: Raw = ABSENT
    input: Raw = ABSENT
    output: Raw = ABSENT
    summary: Raw = ABSENT
    encrypted_content: str | None = None


class OnlyItem(Struct, forbid_unknown_fields=True, gc=False):
    """An item of words alone, which is what nearly all are."""

    type: str | None = None
    role: str | None = None
    content: str | list[OnlyText] | None = None
    id: str | None = None
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: str | None = None
    input: str | None = None
    output: str | list[OnlyText] | None = None
    summary: list[OnlyText] | None = None
    encrypted_content: str | None = None


class Picture(Struct):
    """An `image_generation_call`."""

    result: str | None = None
    output_format: str | None = None


class Source(Struct):
    url: str = ""
    title: str | None = None


class Action(Struct):
    """What a `web_search_call` did."""

    type: str = ""
    query: str | None = None
    queries: list[str] | None = None
    url: str | None = None
    sources: list[Source] | None = None


class Annotation(Struct):
    type: str = ""
    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class Likely(Struct):
    token: str = ""
    logprob: float = 0.0
    bytes: list[int] | None = None


class Logprob(Likely):
    top_logprobs: list[Likely] | None = None


class WordFormat(Struct):
    """What the words given to a custom tool must look like."""

    type: str = "text"
    syntax: str | None = None
    definition: str | None = None


class TextFormat(Struct):
    type: str = "text"
    name: str | None = None
    description: str | None = None
    schema: Raw = ABSENT
    strict: bool | None = None


class Tool(Struct):
    type: str | None = None
    name: str | None = None
    description: str | None = None
    parameters: Raw = ABSENT
    strict: bool | None = None
    format: Raw = ABSENT
    tools: list[Raw] | None = None
    function: Raw = ABSENT  # where a client nests as in Chat Completions


class ToolHolder(Struct):
    """An item `additional_tools`."""

    type: str | None = None
    tools: list[Raw] | None = None


class Filters(Struct):
    allowed_domains: list[str] | None = None


class Location(Struct):
    city: str | None = None
    region: str | None = None
    country: str | None = None
    timezone: str | None = None


class SearchTool(Struct):
    search_context_size: str | None = None
    user_location: Location | None = None
    filters: Filters | None = None


class Named(Struct):
    """A tool as a choice speaks of it."""

    type: str = "function"
    name: str | None = None
    namespace: str | None = None
    function: NamedFunction | None = None  # where a client nests as in Chat Completions


class NamedFunction(Struct):
    name: str = ""


class ToolChoice(Named):
    mode: str | None = None
    tools: list[Named] | None = None


class ReasoningConfig(Struct):
    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None  # the older name of `summary`


class TextConfig(Struct):
    format: Raw = ABSENT
    verbosity: str | None = None


class Request(Struct):
    model: str = ""
    input: str | list[Raw] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    tools: list[Raw] | None = None
    tool_choice: Raw = ABSENT
    parallel_tool_calls: bool | None = None
    reasoning: ReasoningConfig | None = None
    text: TextConfig | None = None
    include: list[str] | None = None
    store: bool | None = None
    stream: bool | None = None
    metadata: Raw = ABSENT
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: Raw = ABSENT


class Turn(Struct):
    """What of a request is said anew."""

    input: Raw = ABSENT


class Said(Struct):
    """What of an event, or of a whole reply, a later request can go on from."""

    type: str = ""
    object: str = ""
    id: str = ""
    output: list[Raw] | None = None
    item: Raw = ABSENT
    response: Said | None = None
