"""
OpenAI's Responses API, by key.

Source: `reference` sheets `providers/codex`, `dialects/openai-responses` section 1 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Endpoint, Provider, bearer

PROVIDER = Provider(
    name="codex",
    base_url="",
    endpoints=(Endpoint("openai_responses", Operation.GENERATE, "/responses"),),
    authorize=bearer,
    passes=("openai-", "user-agent", "x-stainless-", "x-codex-", "originator", "session-id", "session_id", "thread-id"),
    models_section="codex-pro",
)
