"""Qwen's accounts: where they are served, and how they stay logged in."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.qwen import PROVIDER
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import headers_of, prepared

LOGIN = Credential(
    id="q.json",
    provider="qwen",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    document="auths/q.json",
    details={"resource_url": "portal.qwen.ai"},
)


@pytest.mark.parametrize(
    ("named", "base"),
    [
        ("portal.qwen.ai", "https://portal.qwen.ai/v1"),
        ("https://dashscope.example.com/", "https://dashscope.example.com/v1"),
        ("", "https://portal.qwen.ai/v1"),
        (7, "https://portal.qwen.ai/v1"),
        ("evil.example/x?", "https://portal.qwen.ai/v1"),
        ("a@evil.example", "https://portal.qwen.ai/v1"),
    ],
)
def test_an_account_is_served_at_the_host_that_its_login_named(named: object, base: str) -> None:
    """Only a host: what is more than that is not believed."""
    request = prepared(PROVIDER, credential=structs.replace(LOGIN, details={"resource_url": named}))

    assert request.url == f"{base}/chat/completions"
    assert headers_of(request)["authorization"] == "Bearer at-1"


def test_what_the_operator_wrote_goes_first() -> None:
    request = prepared(PROVIDER, credential=structs.replace(LOGIN, base_url="https://mine.example/v1"))

    assert request.url == "https://mine.example/v1/chat/completions"


def test_a_token_is_exchanged_and_the_host_kept() -> None:
    assert isinstance(PROVIDER.refresh, RefreshToken)
    granted = {"access_token": "at-2", "refresh_token": "rt-2", "resource_url": "other.qwen.ai", "expires_in": 21600}
    tokens, [request] = played(PROVIDER.refresh.steps(LOGIN, now=0), answer(granted))

    assert request.url == "https://chat.qwen.ai/api/v1/oauth2/token"
    assert parse_qs(request.body.decode())["client_id"] == ["f0304373b74a44d2b584a3fb70ca9e56"]
    assert tokens.more == {"resource_url": "other.qwen.ai"}
