"""iFlow's accounts: a key that is fetched anew with each token, and calls that are signed with it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.login.flow import Client, LoginKind, RefreshFailed
from cliproxy.providers.iflow import PROVIDER
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import answer, played
from tests.unit.providers.calling import headers_of, prepared

LOGIN = Credential(
    id="i.json", provider="iflow", secret=Secret("sk-key"), refresh_token=Secret("rt-1"), document="auths/i.json"
)
CLIENT = Client("10009311001", Secret("operator-s"))
GRANTED = {"access_token": "at/2", "refresh_token": "rt-2", "expires_in": 172800}


def test_calls_are_signed_with_the_key() -> None:
    headers = headers_of(prepared(PROVIDER, credential=LOGIN))
    signed = f"cliproxy:{headers['session-id']}:{headers['x-iflow-timestamp']}"

    assert headers["authorization"] == "Bearer sk-key"
    assert headers["user-agent"] == "cliproxy"
    assert headers["x-iflow-signature"] == hmac.new(b"sk-key", signed.encode(), hashlib.sha256).hexdigest()


def test_each_token_fetches_the_key_anew() -> None:
    assert PROVIDER.refresh is not None
    steps = PROVIDER.refresh.steps(LOGIN, now=0, client=CLIENT)
    tokens, [exchange, account] = played(steps, answer(GRANTED), answer({"success": True, "data": {"apiKey": "sk-2"}}))

    assert dict(exchange.headers)["Authorization"].startswith("Basic ")
    assert (account.method, account.url) == ("GET", "https://iflow.cn/api/oauth/getUserInfo?accessToken=at%2F2")
    assert "at%2F2" not in repr(account)
    assert tokens.more == {"api_key": "sk-2"}
    assert tokens.access_token == Secret("at/2")


@pytest.mark.parametrize(
    "trouble", [ConnectionError("cut"), answer(b"<html>", 502), answer({"data": {}}), answer({"data": {"apiKey": 7}})]
)
def test_a_token_is_not_lost_over_a_key_that_does_not_come(trouble: HttpResponse | Exception) -> None:
    """It was paid for with the one before. The key there is stays."""
    assert PROVIDER.refresh is not None
    tokens, _ = played(PROVIDER.refresh.steps(LOGIN, now=0, client=CLIENT), answer(GRANTED), trouble)
    expected: dict[str, Any] = {}

    assert tokens.refresh_token == Secret("rt-2")
    assert tokens.more == expected


def test_the_client_s_secret_is_the_operator_s_to_give() -> None:
    assert PROVIDER.refresh is not None
    with pytest.raises(RefreshFailed, match=r"oauth-clients\.iflow\.client-secret"):
        next(PROVIDER.refresh.steps(LOGIN, now=0))


def test_a_key_of_its_own_is_served_as_it_is() -> None:
    [credential] = read_credentials("auths/mine.json", b'{"type": "iflow", "api_key": "sk-1"}')

    assert headers_of(prepared(PROVIDER, credential=credential))["authorization"] == "Bearer sk-1"
    assert PROVIDER.refresh is not None
    assert not PROVIDER.refresh.renews(credential)


def test_both_ways_to_log_in_are_offered_and_what_is_known_of_them_is_said() -> None:
    assert [flow.kind for flow in PROVIDER.logins] == [LoginKind.BROWSER, LoginKind.COOKIE]
    assert "\n" not in PROVIDER.notice
    assert "https://iflow.cn" in PROVIDER.notice
