"""The Responses API by key."""

from __future__ import annotations

from cliproxy.providers.codex import PROVIDER
from tests.unit.providers.calling import credential, headers_of, prepared


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
