"""
Qwen's Chat Completions, by the login of an account or by key.

Source: `reference` sheet `providers/qwen`, sections a to c (read 2026-11-21). The pretended tool of section c is left
out: a client that offers none must not be asked to call one.
"""

from __future__ import annotations

import re

from cliproxy.credentials.credential import Credential
from cliproxy.dialects.base import Operation
from cliproxy.login.flow import Client
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.base import Endpoint, Provider, bearer
from cliproxy.providers.diagnosis.reading import QWEN

_HOST = re.compile(r"(?:https://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?)/?")


def address_of(credential: Credential) -> str:
    """Return the base URL of the host that the login named."""
    host = credential.details.get("resource_url")
    found = _HOST.fullmatch(host.strip()) if isinstance(host, str) else None
    return f"https://{found[1]}/v1" if found else ""


PROVIDER = Provider(
    name="qwen",
    base_url="https://portal.qwen.ai/v1",
    endpoints=(Endpoint("openai_chat", Operation.GENERATE, "/chat/completions"),),
    authorize=bearer,
    address_of=address_of,
    passes=("openai-", "user-agent", "x-stainless-"),
    diagnose=QWEN.diagnose,
    quota=QWEN.quota,
    models_section="qwen",
    refresh=RefreshToken(
        lead=3 * 3600.0,
        url="https://chat.qwen.ai/api/v1/oauth2/token",
        provider="qwen",
        client=Client("f0304373b74a44d2b584a3fb70ca9e56"),
        kept=("resource_url",),
    ),
)
