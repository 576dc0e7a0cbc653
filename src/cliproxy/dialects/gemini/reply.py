"""
Gemini's listings of models, and its count of tokens.

Source: `reference` sheets `gemini` sections 1 and 4, `translation` section 8 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Usage
from cliproxy.dialects.gemini import schema

_encode = msgspec.json.Encoder().encode


def usage_of(usage: schema.Usage) -> Usage:
    """Return the tokens: this dialect counts a tool's prompt beside the prompt and thoughts beside the candidates."""
    thoughts = usage.thoughts_token_count or 0
    return Usage(
        input_tokens=(usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0),
        cached_tokens=usage.cached_content_token_count or 0,
        output_tokens=(usage.candidates_token_count or 0) + thoughts,
        reasoning_tokens=thoughts,
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
