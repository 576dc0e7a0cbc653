"""Whose account a file holds is found out from little."""

from __future__ import annotations

import pytest

from cliproxy.credentials.files.origin import provider_of
from tests.unit.credentials.files.test_document import CODEX_CLAIMS

TOKEN = {"access_token": "a"}


@pytest.mark.parametrize(
    ("kind", "provider"),
    [("gemini", "gemini-cli"), (" Claude ", "claude"), ("service_account", "vertex"), ("of-tomorrow", "of-tomorrow")],
)
def test_the_type_decides(kind: str, provider: str) -> None:
    """Whatever the name says; providers that nobody knows yet are somebody's plug-in."""
    assert provider_of("codex-joe.json", {"type": kind}) == provider


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("openai_token.json", "codex"),
        ("codex_oauth_joe@example.com.json", "codex"),
        ("team/claude_oauth_acme.json", "claude"),
        ("anthropic-token.JSON", "claude"),
        ("gemini_oauth_joe@example.com.json", "gemini-cli"),
        ("Qwen.json", "qwen"),
        ("iflow-joe.json", "iflow"),
        ("kimi-1770000000.json", "kimi"),
        ("antigravity.json", "antigravity"),
    ],
)
def test_else_the_name_decides(name: str, provider: str) -> None:
    """As the users' documents name them."""
    assert provider_of(name, TOKEN) == provider


@pytest.mark.parametrize(
    ("values", "provider"),
    [
        ({"service_account": {"client_email": "x"}}, "vertex"),
        ({"api_key": "k", "cookie": "BXAuth=x;"}, "iflow"),
        ({**TOKEN, "resource_url": "portal.qwen.ai"}, "qwen"),
        ({**TOKEN, "device_id": "d"}, "kimi"),
        ({**TOKEN, "id_token": CODEX_CLAIMS}, "codex"),
        ({"access_token": "sk-ant-oat01-x"}, "claude"),
        ({"token": {"access_token": "ya29.x"}}, "gemini-cli"),
        ({"access_token": "ya29.x", "expiry": ""}, "gemini-cli"),
        ({"access_token": "ya29.x", "timestamp": 1}, "antigravity"),
        (TOKEN, ""),
    ],
)
def test_else_what_only_one_vendor_has(values: dict[str, object], provider: str) -> None:
    """Files get renamed."""
    assert provider_of("mine.json", values) == provider


def test_a_file_without_a_secret_is_none() -> None:
    """Package files and settings lie in folders too."""
    assert provider_of("claude-settings.json", {"theme": "dark"}) == ""
    assert provider_of("claude.json", {"access_token": "", "type": 7}) == ""
