"""Who says what: each kind of account with its readers. The first one also serves whoever is not known."""

from __future__ import annotations

from cliproxy.providers.diagnosis import (
    anthropic,
    anthropic_usage,
    cloud_code,
    codex,
    google,
    ietf_headers,
    kimi,
    openai_headers,
    openrouter,
    qwen,
    xai,
)
from cliproxy.providers.diagnosis.signals import Signals

COMPATIBLE = Signals(
    (openai_headers.windows, ietf_headers.windows, openrouter.windows, kimi.windows, google.windows),
    (openrouter.claims, kimi.claims, google.claims),
)
ANTHROPIC = Signals(
    (anthropic.windows, anthropic_usage.windows, openai_headers.windows),
    (anthropic.claims, kimi.claims),  # Kimi's accounts speak this dialect too
)
CODEX = Signals((codex.windows, openai_headers.windows), (codex.claims,))
GEMINI = Signals((google.windows,), (google.claims,))
CLOUD_CODE = Signals((google.windows, cloud_code.windows), (google.claims,))
VERTEX = Signals((anthropic.windows, google.windows), (google.claims,))
KIMI = Signals((kimi.windows, kimi.usage_windows, openai_headers.windows), (kimi.claims,))
QWEN = Signals((qwen.windows, openai_headers.windows), (qwen.claims,))
IFLOW = Signals((openai_headers.windows,), (qwen.iflow_claims,))
XAI = Signals((xai.windows, openai_headers.windows))
