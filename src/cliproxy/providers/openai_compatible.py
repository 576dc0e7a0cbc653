"""
Any server that speaks Chat Completions: a config entry makes a provider.

Source: `reference` sheet `providers/openai-compatibility` (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Endpoint, Provider, Streams, bearer
from cliproxy.providers.diagnosis.openrouter import groups

FALLBACK_NAME = "openai-compatibility"


def provider(name: str) -> Provider:
    """Return the provider of an entry; its name is the entry's, in lower case."""
    return Provider(
        name=name.strip().lower() or FALLBACK_NAME,
        base_url="",
        endpoints=(
            Endpoint("openai_chat", Operation.GENERATE, "/chat/completions"),
            Endpoint("openai_responses", Operation.COMPACT, "/responses/compact", Streams.NEVER),
        ),
        authorize=bearer,
        passes=("openai-", "user-agent", "x-stainless-"),
        group_of=groups,
    )
