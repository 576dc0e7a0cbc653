"""
Whose account a credential file holds: by its `type`, else by its name, else by what only one vendor's files have.

Source: `reference` sheets `config` section 11, `contradictions` section 3 (file names), `providers/*` (token files).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cliproxy.credentials.files.claims import openai_claims
from cliproxy.credentials.files.fields import text

_OF_TYPES = {
    "gemini": "gemini-cli",
    "service_account": "vertex",  # Google's own key file, as it was downloaded
}
_OF_NAMES = {
    "antigravity": "antigravity",
    "anthropic": "claude",
    "claude": "claude",
    "chatgpt": "codex",
    "codex": "codex",
    "openai": "codex",
    "gemini": "gemini-cli",
    "google": "gemini-cli",
    "iflow": "iflow",
    "kimi": "kimi",
    "moonshot": "kimi",
    "qwen": "qwen",
    "vertex": "vertex",
}
_SECRETS = ("access_token", "refresh_token", "api_key", "token", "cookie", "service_account")
_WORD = re.compile(r"[^a-z0-9]+")


def provider_of(name: str, values: Mapping[str, object]) -> str:
    """Return the provider whose account a file holds, "" where it is no credential. `name` is its path."""
    kind = values.get("type")
    if isinstance(kind, str) and kind.strip():
        kind = kind.strip().lower()
        return _OF_TYPES.get(kind, kind)
    if not any(values.get(secret) for secret in _SECRETS):
        return ""
    file = name.rpartition("/")[2].lower()
    return _OF_NAMES.get(_WORD.split(file)[0], "") or _of_shape(values)


def _of_shape(values: Mapping[str, object]) -> str:
    if isinstance(values.get("service_account"), dict):
        return "vertex"
    if "cookie" in values:
        return "iflow"
    if "resource_url" in values:
        return "qwen"
    if "device_id" in values:
        return "kimi"
    if openai_claims(text(values.get("id_token"))):
        return "codex"
    inner = values.get("token")
    token = text((inner if isinstance(inner, dict) else values).get("access_token"))
    if token.startswith("sk-ant-"):
        return "claude"
    if token.startswith("ya29."):
        return "antigravity" if "timestamp" in values else "gemini-cli"
    return ""
