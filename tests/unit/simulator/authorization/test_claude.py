"""Anthropic's login."""

from __future__ import annotations

import pytest

from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import PKCE, VERIFIER, form, get, post

PAGE = "https://claude.ai/oauth/authorize"
TOKEN = "https://api.anthropic.com/v1/oauth/token"
CLIENT = "9d1c250a-e61b-44d9-88ed-5944d1962f5e"
BACK = "http://localhost:54545/callback"
ASKED = {
    "code": "true",
    "client_id": CLIENT,
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "org:create_api_key user:profile user:inference",
    "state": "s",
    **PKCE,
}


@pytest.fixture
def internet() -> Internet:
    return Internet(HandClock())


def exchange(internet: Internet, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": get(internet, PAGE, ASKED).query["code"],
        "state": "s",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }


def test_a_login_ends_in_tokens_that_tell_whose_they_are(internet: Internet) -> None:
    back = get(internet, PAGE, ASKED)
    tokens = post(internet, TOKEN, exchange(internet)).json
    owner = internet.owner_of("claude", tokens["access_token"])

    assert (back.status, back.address, back.query["state"]) == (302, BACK, "s")
    assert tokens["account"]["email_address"] == "ann@example.com"
    assert (tokens["organization"]["uuid"], tokens["expires_in"]) == ("org-1", 8 * 3600)
    assert tokens["access_token"].startswith("sk-ant-oat")
    assert owner is not None
    assert owner.email == "ann@example.com"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"redirect_uri": "http://localhost:1/callback"},
        {"redirect_uri": BACK + ".evil.example"},
        {"scope": "user:profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"code": ""},
    ],
)
def test_the_page_sends_nobody_back_who_asked_wrongly(internet: Internet, change: dict[str, str]) -> None:
    answer = get(internet, PAGE, {**ASKED, **change})

    assert answer.status == 400
    assert answer.is_page


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"state": "other"}, "invalid_grant"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/callback"}, "invalid_grant"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"client_id": "x"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_exchange_is_refused(internet: Internet, change: dict[str, str], error: str) -> None:
    assert post(internet, TOKEN, exchange(internet, **change)).error == error


def test_the_body_is_json(internet: Internet) -> None:
    assert form(internet, TOKEN, exchange(internet)).error == "invalid_request"


def test_refreshes_rotate_and_reuse_ends_the_login(internet: Internet) -> None:
    first = post(internet, TOKEN, exchange(internet)).json
    asked = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": first["refresh_token"]}
    second = post(internet, TOKEN, asked).json
    again = post(internet, TOKEN, asked)

    assert second["refresh_token"] != first["refresh_token"]
    assert (again.status, again.error) == (400, "invalid_grant")
    assert internet.owner_of("claude", second["access_token"]) is None
