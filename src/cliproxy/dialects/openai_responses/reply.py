"""Responses usage, as whole replies and streams tell it."""

from __future__ import annotations

from cliproxy.conversation.reply import Usage
from cliproxy.dialects.openai_responses import schema


def usage_of(usage: schema.Usage) -> Usage:
    """Return the tokens: this dialect counts cached ones inside the input and reasoning inside the output."""
    before, after = usage.input_tokens_details, usage.output_tokens_details
    return Usage(
        input_tokens=usage.input_tokens or 0,
        cached_tokens=(before.cached_tokens or 0) if before else 0,
        cache_write_tokens=(before.cache_write_tokens or 0) if before else 0,
        output_tokens=usage.output_tokens or 0,
        reasoning_tokens=(after.reasoning_tokens or 0) if after else 0,
    )
