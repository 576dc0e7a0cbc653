"""
Google's Gemini API, by key.

Source: `reference` sheets `providers/gemini-api-key`, `dialects/gemini` section 1 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.base import Operation
from cliproxy.dialects.gemini.signatures import TAGS
from cliproxy.providers.base import Endpoint, Provider, Streams, key_header
from cliproxy.providers.diagnosis.reading import GEMINI
from cliproxy.providers.shaping.gemini import fit_proofs, stream_query

PROVIDER = Provider(
    name="gemini",
    base_url="https://generativelanguage.googleapis.com",
    endpoints=(
        Endpoint("gemini", Operation.GENERATE, "/v1beta/models/{model}:generateContent", Streams.NEVER),
        Endpoint("gemini", Operation.GENERATE, "/v1beta/models/{model}:streamGenerateContent", Streams.ALWAYS),
        Endpoint("gemini", Operation.COUNT_TOKENS, "/v1beta/models/{model}:countTokens", Streams.NEVER),
    ),
    authorize=key_header("x-goog-api-key"),
    query=stream_query,
    shape=fit_proofs,
    shape_signs=TAGS,
    passes=("x-goog-api-client", "x-goog-request-params", "x-server-timeout", "user-agent"),
    diagnose=GEMINI.diagnose,
    quota=GEMINI.quota,
    models_section="gemini",
)
