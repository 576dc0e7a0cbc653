"""Anthropic's API: its keys, its versions."""

from __future__ import annotations

import pytest

from cliproxy.providers.claude import PROVIDER
from tests.unit.providers.calling import credential, headers_of, prepared


@pytest.mark.parametrize("base", ["", "https://api.anthropic.com", "https://api.anthropic.com/v1"])
def test_the_official_host_takes_the_key_in_its_own_header(base: str) -> None:
    """It takes a bearer for a login's token."""
    request = prepared(PROVIDER, credential=credential(base_url=base))

    assert request.url == "https://api.anthropic.com/v1/messages"
    assert headers_of(request)["x-api-key"] == "sk-1"
    assert "authorization" not in headers_of(request)


def test_a_compatible_host_takes_a_bearer() -> None:
    """Most of them know nothing else."""
    headers = headers_of(prepared(PROVIDER, credential=credential(base_url="https://other.example")))

    assert headers["authorization"] == "Bearer sk-1"
    assert "x-api-key" not in headers


def test_a_version_is_always_said() -> None:
    """The client's, where it names one: it knows what it can read."""
    assert headers_of(prepared(PROVIDER))["anthropic-version"] == "2023-06-01"
    newer = {"Anthropic-Version": "2026-10-21", "anthropic-beta": "a,b"}
    headers = headers_of(prepared(PROVIDER, client_headers=newer))
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "a,b"


def test_tokens_are_counted_at_their_own_address() -> None:
    """Which never streams."""
    assert prepared(PROVIDER, 1).url == "https://api.anthropic.com/v1/messages/count_tokens"
