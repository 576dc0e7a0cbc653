"""Anthropic's API: its keys, its versions."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.providers.claude import PROVIDER, REFRESH
from tests.unit.login.steps import answer, played
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


LOGIN = Credential(
    id="a.json",
    provider="claude",
    secret=Secret("sk-ant-oat01-1"),
    refresh_token=Secret("rt-1"),
    document="auths/a.json",
)


@pytest.mark.parametrize("base", ["", "https://other.example"])
def test_a_login_s_token_is_a_bearer_and_says_so(base: str) -> None:
    """Also at the official host, which would refuse it as a key."""
    headers = headers_of(prepared(PROVIDER, credential=structs.replace(LOGIN, base_url=base)))

    assert headers["authorization"] == "Bearer sk-ant-oat01-1"
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert "x-api-key" not in headers


def test_what_a_client_wants_to_try_stays_beside_what_a_login_needs() -> None:
    asked = {"anthropic-beta": "context-1m-2025-08-07, oauth-2025-04-20"}
    headers = headers_of(prepared(PROVIDER, credential=LOGIN, client_headers=asked))

    assert headers["anthropic-beta"] == "context-1m-2025-08-07,oauth-2025-04-20"
    assert headers_of(prepared(PROVIDER, client_headers=asked))["anthropic-beta"] == asked["anthropic-beta"]


@pytest.mark.parametrize(
    ("secret", "document", "is_login"),
    [
        ("sk-ant-oat01-x", "", True),
        ("sk-ant-api03-x", "auths/a.json", False),
        ("token", "auths/a.json", True),
        ("sk-other", "", False),
    ],
)
def test_keys_and_logins_are_told_apart(secret: str, document: str, is_login: bool) -> None:
    """A login's token may stand among the keys, and a key in a file of its own."""
    headers = headers_of(
        prepared(PROVIDER, credential=structs.replace(LOGIN, secret=Secret(secret), document=document))
    )

    assert ("anthropic-beta" in headers) is is_login
    assert ("x-api-key" in headers) is not is_login


def test_a_token_is_exchanged_as_json() -> None:
    tokens, [request] = played(REFRESH.steps(LOGIN, now=0), answer({"access_token": "at-2", "expires_in": 28800}))

    assert request.url == "https://api.anthropic.com/v1/oauth/token"
    assert msgspec.json.decode(request.body) == {
        "grant_type": "refresh_token",
        "refresh_token": "rt-1",
        "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    }
    assert tokens.expires_at == 28800
