"""
generateContent replies, as typed structs. Unknown fields are passed over, but for those of parts.

Source: `reference` sheet `dialects/gemini` section 4 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT
from cliproxy.dialects.gemini.schema import Part


class Usage(Struct, rename="camel"):
    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None
    service_tier: str | int | None = None


class SaidContent(Struct):
    parts: list[Part] | None = None


class Candidate(Struct, rename="camel"):
    index: int | None = None
    content: SaidContent | None = None
    finish_reason: str | int | None = None  # an integer from Vertex, where integer enums are asked for
    grounding_metadata: Raw = ABSENT
    citation_metadata: Raw = ABSENT
    url_context_metadata: Raw = ABSENT
    logprobs_result: Raw = ABSENT


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
    model_version: str | None = None
    response_id: str | None = None
    error: Error | str | None = None


class GlimpsedContent(Struct):
    parts: list[Raw] = []


class GlimpsedCandidate(Struct, rename="camel"):
    content: GlimpsedContent | None = None
    finish_reason: str | int | None = None


class Glimpse(Struct, rename="camel"):
    """What a relay must see of a reply."""

    candidates: list[GlimpsedCandidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: Usage | None = None
    error: Error | str | None = None
    total_tokens: int | None = None  # of countTokens


# What hangs on a candidate


class Web(Struct):
    uri: str | None = None
    title: str | None = None
    text: str | None = None


class GroundingChunk(Struct, rename="camel"):
    web: Web | None = None
    retrieved_context: Web | None = None
    maps: Web | None = None


class Segment(Struct, rename="camel"):
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class GroundingSupport(Struct, rename="camel"):
    segment: Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class Grounding(Struct, rename="camel"):
    web_search_queries: list[str] | None = None
    grounding_chunks: list[GroundingChunk] | None = None
    grounding_supports: list[GroundingSupport] | None = None


class CitationSource(Struct, rename="camel"):
    start_index: int | None = None
    end_index: int | None = None
    uri: str | None = None
    title: str | None = None


class CitationMetadata(Struct, rename="camel"):
    citations: list[CitationSource] | None = None
    citation_sources: list[CitationSource] | None = None


class TokenCandidate(Struct, rename="camel"):
    token: str | None = None
    log_probability: float | None = None


class TopCandidates(Struct):
    candidates: list[TokenCandidate] | None = None


class LogprobsResult(Struct, rename="camel"):
    chosen_candidates: list[TokenCandidate] | None = None
    top_candidates: list[TopCandidates] | None = None
