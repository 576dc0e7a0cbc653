"""iFlow's login, and its keys."""

from __future__ import annotations

from base64 import b64encode

import pytest

from cliproxy.simulator.authorization.iflow import KEY_LIFETIME
from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import Reply, form, get, post

CLIENT = "10009311001"
BACK = "http://localhost:11451/oauth2callback"
ASKED = {"loginMethod": "phone", "type": "phone", "redirect": BACK, "state": "s", "client_id": CLIENT}
KEYS = "https://platform.iflow.cn/api/openapi/apikey"
EMAIL = "ann@example.com"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def internet(clock: HandClock) -> Internet:
    return Internet(clock)


def token(internet: Internet, secret: str = "iflow-secret", basic: str = "iflow-secret", **fields: str) -> Reply:
    shown = {"authorization": "Basic " + b64encode(f"{CLIENT}:{basic}".encode()).decode()}
    asked = {"client_id": CLIENT, "client_secret": secret, **fields}
    return form(internet, "https://iflow.cn/oauth/token", asked, shown)


def log_in(internet: Internet) -> dict[str, str]:
    code = get(internet, "https://iflow.cn/oauth", ASKED).query["code"]
    tokens: dict[str, str] = token(internet, grant_type="authorization_code", code=code, redirect_uri=BACK).json
    return tokens


def user_info(internet: Internet, access_token: str) -> Reply:
    return get(internet, "https://iflow.cn/api/oauth/getUserInfo", {"accessToken": access_token})


def test_a_login_leads_to_a_key(internet: Internet) -> None:
    tokens = log_in(internet)
    data = user_info(internet, tokens["access_token"]).json["data"]
    owner = internet.owner_of("iflow", data["apiKey"])

    assert data["email"] == EMAIL
    assert owner is not None
    assert internet.owner_of("iflow", tokens["access_token"]) is None
    assert get(internet, "https://iflow.cn/oauth/success").is_page


@pytest.mark.parametrize("wrong", [{"secret": "x"}, {"basic": "x"}, {"client_id": "x"}])
def test_the_client_shows_its_secret_twice(internet: Internet, wrong: dict[str, str]) -> None:
    answer = token(internet, grant_type="refresh_token", refresh_token="x", **wrong)

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_the_page_goes_back_to_a_callback_only(internet: Internet) -> None:
    assert get(internet, "https://iflow.cn/oauth", {**ASKED, "redirect": "http://evil.example/"}).status == 400
    assert get(internet, "https://iflow.cn/oauth", {**ASKED, "type": ""}).status == 400


def test_expiry_ends_the_key_too_and_a_refresh_leads_to_a_new_one(internet: Internet) -> None:
    tokens = log_in(internet)
    old = user_info(internet, tokens["access_token"]).json["data"]["apiKey"]
    internet.expire("iflow", EMAIL)

    assert internet.owner_of("iflow", old) is None
    assert user_info(internet, tokens["access_token"]).json["success"] is False
    renewed = token(internet, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json
    new = user_info(internet, renewed["access_token"]).json["data"]["apiKey"]
    assert internet.owner_of("iflow", new) is not None


def test_a_cookie_leads_to_a_key_that_lasts_days(internet: Internet, clock: HandClock) -> None:
    cookie = internet.iflow.cookie(EMAIL)
    shown = get(internet, KEYS, headers={"cookie": f"a=b; {cookie}"}).json["data"]
    given = post(internet, KEYS, {"name": shown["name"]}, {"cookie": cookie}).json["data"]

    assert "*" in shown["apiKey"]
    assert "*" not in given["apiKey"]
    assert len(given["expireTime"]) == len("2026-01-01 00:00")
    assert internet.owner_of("iflow", given["apiKey"]) is not None
    clock.advance(KEY_LIFETIME)
    assert internet.owner_of("iflow", given["apiKey"]) is None
    assert get(internet, KEYS, headers={"cookie": cookie}).json["data"]["hasExpired"] is True


def test_a_cookie_of_nobody_is_refused_and_so_is_a_wrong_name(internet: Internet) -> None:
    cookie = internet.iflow.cookie(EMAIL)

    assert post(internet, KEYS, {"name": "x"}, {"cookie": cookie}).json["success"] is False
    assert get(internet, KEYS, headers={"cookie": "BXAuth=x;"}).status == 401
    internet.revoke("iflow", EMAIL)
    assert get(internet, KEYS, headers={"cookie": cookie}).status == 401
