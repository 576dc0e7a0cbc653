"""
generateContent JSON, as typed structs: what a relay must see.

Source: `reference` sheet `gemini` sections 4 to 6 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct


class Usage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None


class Content(Struct):
    parts: list[Raw] = []


class Candidate(Struct, rename="camel"):
    content: Content | None = None
    finish_reason: str | int | None = None  # an integer from Vertex, where integer enums are asked for


class PromptFeedback(Struct, rename="camel"):
    block_reason: str | int | None = None


class Error(Struct):
    code: int | str | None = None
    message: str | None = None
    status: str | None = None


class Reply(Struct, rename="camel"):
    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: Usage | None = None
    error: Error | None = None
    total_tokens: int | None = None  # of countTokens
