"""
Anthropic's API, by key.

Source: `reference` sheets `providers/claude`, `dialects/claude-messages` section 1 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.providers.base import Call, Endpoint, Provider, Streams, bearer
from cliproxy.wire.http import HeaderList

OFFICIAL = "https://api.anthropic.com"
VERSION = "2023-06-01"


def authorize(credential: Credential) -> HeaderList:
    """The official host takes `x-api-key`; compatible ones take the key as a bearer."""
    if not credential.base_url or credential.base_url.startswith(OFFICIAL):
        return (("x-api-key", credential.secret.reveal()),)
    return bearer(credential)


def headers(call: Call) -> HeaderList:
    """Say which version of the API is spoken: the client's, where it names one."""
    return () if "anthropic-version" in call.client_headers else (("anthropic-version", VERSION),)


PROVIDER = Provider(
    name="claude",
    base_url=OFFICIAL,
    endpoints=(
        Endpoint("anthropic_messages", Operation.GENERATE, "/v1/messages"),
        Endpoint("anthropic_messages", Operation.COUNT_TOKENS, "/v1/messages/count_tokens", Streams.NEVER),
    ),
    authorize=authorize,
    headers=headers,
    passes=("anthropic-", "user-agent", "x-app", "x-stainless-", "x-claude-code-"),
    models_section="claude",
)
