"""
Whole generateContent replies, listings of models, and the usage that replies share with streams.

Source: `reference` sheets `dialects/gemini` sections 1 and 4, `translation` sections 8 and 9 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Reply, Usage
from cliproxy.dialects.base import ReplyContext, count_of
from cliproxy.dialects.gemini import reply_schema
from cliproxy.dialects.gemini.candidate import CandidateEncoder
from cliproxy.dialects.gemini.request import TIERS

_TIERS = {ours: theirs for theirs, ours in TIERS.items()}

_encode = msgspec.json.Encoder().encode


def usage_of(usage: reply_schema.Usage) -> Usage:
    """Return the tokens: this dialect counts a tool's prompt beside the prompt and thoughts beside the candidates."""
    thoughts = count_of(usage.thoughts_token_count)
    return Usage(
        input_tokens=count_of(usage.prompt_token_count) + count_of(usage.tool_use_prompt_token_count),
        cached_tokens=count_of(usage.cached_content_token_count),
        output_tokens=count_of(usage.candidates_token_count) + thoughts,
        reasoning_tokens=thoughts,
    )


def has_numbers(usage: reply_schema.Usage) -> bool:
    """Tell whether a report on usage counts anything; some only name the kind of traffic."""
    counts = (usage.total_token_count, usage.prompt_token_count, usage.candidates_token_count)
    return any(count is not None for count in (*counts, usage.thoughts_token_count))


def usage_object(usage: Usage, service_tier: str) -> dict[str, object]:
    """Return the tokens as this dialect counts them."""
    fields: dict[str, object] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.reasoning_tokens:
        fields["thoughtsTokenCount"] = usage.reasoning_tokens
    if usage.cached_tokens:
        fields["cachedContentTokenCount"] = usage.cached_tokens
    if service_tier:
        fields["serviceTier"] = tier_word(service_tier)
    return fields


def tier_word(service_tier: str) -> str:
    """Return a tier as this dialect calls it."""
    return _TIERS.get(service_tier, service_tier)


def encode_reply(reply: Reply, context: ReplyContext) -> bytes:
    """Return a whole reply as one body."""
    candidates: dict[int, CandidateEncoder] = {}
    owners: dict[int, CandidateEncoder] = {}
    for event in events_of(reply):
        number = getattr(event, "candidate", 0)
        index = getattr(event, "index", None)
        if index is None:
            continue
        if index not in owners:
            owners[index] = candidates.setdefault(number, CandidateEncoder(context, whole=True))
        owners[index].feed(event)
    finishes = [reply.finish, *(other.finish for other in reply.others)]
    written = []
    for number, finish in enumerate(finishes):
        encoder = candidates.get(number) or CandidateEncoder(context, whole=True)
        parts = encoder.parts or [{"text": ""}]
        candidate: dict[str, object] = {"content": {"parts": parts, "role": "model"}, "index": number}
        written.append(candidate | encoder.ending(finish))
    return _encode(
        {
            "candidates": written,
            "usageMetadata": usage_object(reply.usage, reply.service_tier),
            "modelVersion": reply.model or context.head.model,
            "responseId": reply.id or context.id,
        }
    )


def list_models(models: Sequence[ModelInfo]) -> bytes:
    """Return the listing of `GET /v1beta/models`."""
    return _encode({"models": [_model(model) for model in models]})


def show_model(model: ModelInfo) -> bytes:
    """Return one model of `GET /v1beta/models/{id}`."""
    return _encode(_model(model))


def _model(model: ModelInfo) -> dict[str, object]:
    name = model.display_name or model.id
    fields: dict[str, object] = {
        "name": f"models/{model.id}",
        "version": model.version,
        "displayName": name,
        "description": model.description or name,
    }
    if model.input_limit:
        fields["inputTokenLimit"] = model.input_limit
    if model.output_limit:
        fields["outputTokenLimit"] = model.output_limit
    fields["supportedGenerationMethods"] = ["generateContent", "countTokens"]
    return fields
