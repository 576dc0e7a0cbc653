"""Antigravity: Gemini's envelope, and Claude's demands behind it."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.login.flow import Client, RefreshFailed
from cliproxy.providers.antigravity import PROVIDER, REFRESH, unwrapped
from cliproxy.wire.frames import Framing
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import prepared


def test_every_reply_is_streamed() -> None:
    """Claude models behind it answer badly in one body."""
    request = prepared(PROVIDER, framing=Framing.EVENT_STREAM)

    assert request.url == "https://daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse"
    assert all(endpoint.path.endswith((":streamGenerateContent", ":countTokens")) for endpoint in PROVIDER.endpoints)


def test_replies_come_in_an_envelope() -> None:
    """Errors do not."""
    assert unwrapped(b'{"response": {"candidates": []}, "traceId": "t"}') == b'{"candidates": []}'


def test_a_token_is_exchanged_by_the_operator_s_client() -> None:
    """Its secret is nowhere but in the configuration."""
    login = Credential(
        id="a.json", provider="antigravity", secret=Secret("at-1"), refresh_token=Secret("rt-1"), project="p-1"
    )
    granted = answer({"access_token": "at-2", "expires_in": 3599})
    tokens, [request] = played(REFRESH.steps(login, now=0, client=Client("own", Secret("s"))), granted)

    assert request.body == b"grant_type=refresh_token&refresh_token=rt-1&client_id=own&client_secret=s"
    assert tokens.expires_at == 3599
    with pytest.raises(RefreshFailed, match=r"oauth-clients\.antigravity\.client-secret"):
        next(REFRESH.steps(login, now=0))


def test_the_first_host_is_the_one_that_accounts_belong_to() -> None:
    """Others come after it, production last."""
    assert PROVIDER.hosts[0] == PROVIDER.base_url
    assert PROVIDER.hosts[-1] == "https://cloudcode-pa.googleapis.com"
    assert len(set(PROVIDER.hosts)) == 3


def test_who_logs_in_is_told_what_google_says_of_it() -> None:
    """In one line, with an address."""
    assert "\n" not in PROVIDER.notice
    assert "https://antigravity.google/terms" in PROVIDER.notice
    assert PROVIDER.login() is not None
