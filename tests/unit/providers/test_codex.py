"""The Responses API by key, and what Codex takes of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.providers.codex import PROVIDER, REFRESH, SOCKET_VERSION
from cliproxy.wire.http import Carrier
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import credential, headers_of, prepared

SOCKET = next(n for n, endpoint in enumerate(PROVIDER.endpoints) if endpoint.carrier is Carrier.WEBSOCKET)


def test_responses_stand_right_under_the_address() -> None:
    """Services of this kind have base URLs of many forms."""
    own = credential(base_url="https://p.example/backend/v1")

    assert prepared(PROVIDER, credential=own).url == "https://p.example/backend/v1/responses"


def test_a_session_goes_on() -> None:
    """The upstream keeps its cache by it."""
    client = {"session_id": "s", "Session-Id": "t", "originator": "codex_cli_rs", "x-codex-turn": "1", "cookie": "c"}
    headers = headers_of(prepared(PROVIDER, credential=credential(base_url="https://p.example"), client_headers=client))

    assert headers["session_id"] == "s"
    assert headers["session-id"] == "t"
    assert headers["originator"] == "codex_cli_rs"
    assert headers["x-codex-turn"] == "1"
    assert "cookie" not in headers
    assert headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("base", "is_codex_s"),
    [
        ("", True),
        ("https://chatgpt.com/backend-api/codex", True),
        ("https://ChatGPT.com/backend-api", True),
        ("https://relay.example/Codex/v1", True),
        ("https://codex.relay.example", True),
        ("https://api.openai.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_only_codex_is_restricted(base: str, *, is_codex_s: bool) -> None:
    """A key may lead to a server that takes everything: what it is asked stays the bytes they were."""
    body = b'{ "model": "m", "temperature": 1.0 }'
    out = prepared(PROVIDER, credential=credential(base_url=base), body=body).body

    assert (out != body) is is_codex_s
    assert (b"temperature" not in out) is is_codex_s


LOGIN = Credential(
    id="c.json",
    provider="codex",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    document="auths/c.json",
    details={"account_id": "acc-1"},
)


def test_a_login_asks_codex_for_its_account() -> None:
    """One person may be in several teams; the token alone does not say for which."""
    request = prepared(PROVIDER, credential=LOGIN)

    assert request.url == "https://chatgpt.com/backend-api/codex/responses"
    assert headers_of(request)["authorization"] == "Bearer at-1"
    assert headers_of(request)["chatgpt-account-id"] == "acc-1"
    assert "chatgpt-account-id" not in headers_of(prepared(PROVIDER, credential=structs.replace(LOGIN, details={})))


def test_a_token_is_exchanged_and_the_id_token_kept() -> None:
    """The plan stands in it, and changes when somebody pays."""
    granted = {"access_token": "at-2", "refresh_token": "rt-2", "id_token": "idt-2", "expires_in": 864000}
    tokens, [request] = played(REFRESH.steps(LOGIN, now=0), answer(granted))

    assert request.url == "https://auth.openai.com/oauth/token"
    assert request.body == (
        b"grant_type=refresh_token&refresh_token=rt-1&client_id=app_EMoamEEZ73f0CkXaXp7hrann&scope=openid+profile+email"
    )
    assert tokens.more == {"id_token": "idt-2"}


def test_a_websocket_is_asked_in_its_version_of_the_talk() -> None:
    """Whatever else a client tells of itself goes along."""
    login = credential(details={"account_id": "a-1"})
    plain = headers_of(prepared(PROVIDER, SOCKET, credential=login))
    with_more = headers_of(prepared(PROVIDER, SOCKET, client_headers={"OpenAI-Beta": "other=v1"}))

    assert plain["openai-beta"] == SOCKET_VERSION
    assert plain["chatgpt-account-id"] == "a-1"
    assert with_more["openai-beta"] == f"other=v1, {SOCKET_VERSION}"
    assert "openai-beta" not in headers_of(prepared(PROVIDER, credential=login))


@pytest.mark.parametrize(
    ("body", "settings", "session"),
    [
        ({"prompt_cache_key": "k-1"}, {}, "k-1"),
        ({}, {"client_dialect": "openai_chat", "conversation": "c-1"}, "c-1"),
        ({"prompt_cache_key": "k-1"}, {"client_headers": {"Session-Id": "own"}}, None),
        ({"prompt_cache_key": "no\r\nheader"}, {}, None),
        ({"prompt_cache_key": "\u00e9"}, {}, None),
        ({}, {}, None),
    ],
)
def test_a_header_says_too_by_what_a_cache_is_found(
    body: dict[str, Any], settings: dict[str, Any], session: str | None
) -> None:
    """Codex leads the requests of a session to where its cache is. A client's own session counts more."""
    request = prepared(PROVIDER, body=msgspec.json.encode(body), **settings)

    assert headers_of(request).get("session_id") == session


def test_a_websocket_is_a_session_of_its_own() -> None:
    """It is for many requests, and another header would make it another one."""
    request = prepared(PROVIDER, SOCKET, body=b'{"prompt_cache_key": "k-1"}')

    assert "session_id" not in headers_of(request)
