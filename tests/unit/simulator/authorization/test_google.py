"""Google's login: two programs, people and their tokens."""

from __future__ import annotations

import pytest

from cliproxy.simulator.authorization.google import ANTIGRAVITY_ID, GEMINI_CLI_ID, GEMINI_CLI_SECRET
from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import PKCE, VERIFIER, Reply, form, get

SCOPE = "https://www.googleapis.com/auth/"
PAGE = "https://accounts.google.com/o/oauth2/auth"
TOKEN = "https://oauth2.googleapis.com/token"
USER = "https://www.googleapis.com/oauth2/v1/userinfo?alt=json"
BACK = "http://localhost:8085/oauth2callback"
ASKED = {
    "client_id": GEMINI_CLI_ID,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": f"{SCOPE}cloud-platform {SCOPE}userinfo.email {SCOPE}userinfo.profile",
    "state": "s",
    "access_type": "offline",
    "prompt": "consent",
}
CLIENT = {"client_id": GEMINI_CLI_ID, "client_secret": GEMINI_CLI_SECRET}


@pytest.fixture
def internet() -> Internet:
    return Internet(HandClock())


def exchange(internet: Internet, **changes: str) -> Reply:
    code = get(internet, PAGE, ASKED).query["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **CLIENT, **changes}
    return form(internet, TOKEN, asked)


def test_a_login_tells_who_it_is(internet: Internet) -> None:
    tokens = exchange(internet).json
    who = get(internet, USER, headers={"authorization": f"Bearer {tokens['access_token']}"})

    assert who.json["email"] == "ann@example.com"
    assert get(internet, USER, headers={"authorization": "Bearer x"}).status == 401
    internet.expire("google", "ann@example.com")
    assert (
        get(internet, USER, headers={"authorization": f"Bearer {tokens['access_token']}"}).json["error"]["code"] == 401
    )


def test_refresh_tokens_last_until_they_are_revoked(internet: Internet) -> None:
    token = exchange(internet).json["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": token, **CLIENT}

    assert "refresh_token" not in form(internet, TOKEN, asked).json
    assert form(internet, TOKEN, asked).status == 200
    internet.revoke("google", "ann@example.com")
    refused = form(internet, TOKEN, asked)
    assert (refused.error, refused.json["error_description"]) == (
        "invalid_grant",
        "Token has been expired or revoked.",
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": ANTIGRAVITY_ID}, "invalid_client"),
        ({"client_id": ANTIGRAVITY_ID, "client_secret": "antigravity-secret"}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/oauth2callback"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_exchange_is_refused(internet: Internet, change: dict[str, str], error: str) -> None:
    assert exchange(internet, **change).error == error


def test_a_challenge_is_not_needed_but_binds(internet: Internet) -> None:
    code = get(internet, PAGE, {**ASKED, **PKCE}).query["code"]

    assert exchange(internet, code=code).error == "invalid_grant"
    assert exchange(internet, code=code, code_verifier=VERIFIER).status == 200


def test_antigravity_asks_for_more_at_its_own_page(internet: Internet) -> None:
    more = {
        "client_id": ANTIGRAVITY_ID,
        "redirect_uri": "http://localhost:51121/oauth-callback",
        "scope": f"{ASKED['scope']} {SCOPE}cclog {SCOPE}experimentsandconfigs",
    }
    page = "https://accounts.google.com/o/oauth2/v2/auth"

    assert get(internet, page, {**ASKED, **more}).status == 302
    assert get(internet, page, {**ASKED, **more, "scope": ASKED["scope"]}).status == 400


@pytest.mark.parametrize("change", [{"access_type": ""}, {"redirect_uri": "https://evil.example/"}, {"scope": "email"}])
def test_the_page_sends_nobody_back_who_asked_wrongly(internet: Internet, change: dict[str, str]) -> None:
    assert get(internet, PAGE, {**ASKED, **change}).status == 400


def test_a_token_without_the_cloud_scope_opens_nothing(internet: Internet) -> None:
    issued = internet.tokens["google"].log_in("ann@example.com", client_id="c", scope=SCOPE + "userinfo.email")

    assert get(internet, USER, headers={"authorization": f"Bearer {issued.access_token}"}).status == 403
