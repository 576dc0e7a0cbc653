"""
Legacy Completions JSON, as typed structs: the fields the conversation model knows, under the vendor's names.

Source: `reference` sheet `openai-completions`, recordings of openai, together and vllm (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT


class StreamOptions(Struct, gc=False):
    include_usage: bool | None = None


class Head(Struct):
    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: Raw = ABSENT


class Echo(Struct):
    prompt: Raw = ABSENT
    echo: bool | None = None


class Request(Struct):
    model: str = ""
    prompt: Raw = ABSENT
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None  # not OpenAI's, and read by most who serve open models
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    best_of: int | None = None
    logprobs: int | bool | None = None  # how many of the likeliest tokens are to be told
    echo: bool | None = None
    user: str | None = None


class PromptDetails(Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionDetails(Struct, gc=False):
    reasoning_tokens: int | None = None


class Usage(Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Logprobs(Struct, gc=False):
    """Lists of one length: a token, its logprob, the likeliest in its place, and where it begins."""

    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[Raw] | None = None


class Choice(Struct, gc=False):
    index: int | None = None
    text: str | None = None
    logprobs: Raw = ABSENT
    finish_reason: str | None = None


class Chunk(Struct, gc=False):
    """A chunk of a stream, and a whole reply: they have one shape."""

    id: str | None = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    error: Raw = ABSENT
