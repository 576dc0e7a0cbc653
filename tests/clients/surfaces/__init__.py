"""The story's talks, held by the official SDKs: one module for each API that they ask, all with the same names."""

from __future__ import annotations

from tests.clients.surfaces import chat, gemini, messages, responses

SURFACES = {"openai-chat": chat, "openai-responses": responses, "anthropic": messages, "google-genai": gemini}
