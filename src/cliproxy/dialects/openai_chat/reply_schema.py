"""
Chat Completions replies in JSON, as typed structs: chunks of a stream, and whole replies.

Fields that speakers of this dialect fill in several shapes are `Raw`; those without a meaning elsewhere are left out.

Source: `reference` sheet `openai-chat` sections 5 and 6, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class PromptDetails(Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(Struct, gc=False):
    reasoning_tokens: int | None = None


class Usage(Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None  # Moonshot
    prompt_cache_hit_tokens: int | None = None  # DeepSeek
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Google(Struct, gc=False):
    thought_signature: str | None = None


class ExtraContent(Struct, gc=False):
    google: Google | None = None


class Function(Struct, gc=False):
    name: str | None = None
    arguments: Raw = ABSENT  # a string, by some speakers an object


class Custom(Struct, gc=False):
    name: str | None = None
    input: str | None = None


class ToolCall(Struct, gc=False):
    id: str | None = None
    index: int | None = None
    type: str | None = None
    function: Function | None = None
    custom: Custom | None = None
    extra_content: Raw = ABSENT


class Audio(Struct, gc=False):
    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class Url(Struct, gc=False):
    url: str = ""


class Image(Struct, gc=False):
    image_url: Url | str | None = None


class Delta(Struct, gc=False):
    content: str | list[Raw] | None = None
    refusal: str | None = None
    reasoning_content: Raw = ABSENT
    reasoning: Raw = ABSENT
    reasoning_details: list[Raw] | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    annotations: Raw = ABSENT
    audio: Raw = ABSENT
    images: Raw = ABSENT
    extra_content: Raw = ABSENT


class Choice(Struct, gc=False):
    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None  # of a whole reply; some speakers use it in streams
    logprobs: dict[str, Raw] | float | list[Raw] | None = None
    finish_reason: str | None = None
    usage: Usage | None = None  # Moonshot


class Chunk(Struct, gc=False):
    """A chunk of a stream, and a whole reply: they differ in `delta` and `message`."""

    id: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    service_tier: Raw = ABSENT
    error: Raw = ABSENT
    citations: Raw = ABSENT  # Perplexity, xAI
    search_results: Raw = ABSENT  # Perplexity


class UrlCitation(Struct, gc=False):
    url: str = ""
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class Annotation(Struct, gc=False):
    type: str = ""
    url_citation: UrlCitation | None = None


class Page(Struct, gc=False):
    """One of `search_results`."""

    url: str = ""
    title: str | None = None


class Token(Struct, gc=False):
    token: str
    logprob: float
    bytes: Raw = ABSENT
    top_logprobs: Raw = ABSENT
