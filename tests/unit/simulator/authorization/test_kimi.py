"""Kimi's login by device."""

from __future__ import annotations

import pytest

from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import DEVICE_GRANT, Reply, form, get

HOST = "https://auth.kimi.com/api/oauth"
CLIENT = "17e5f671-d194-4dfb-9706-5516cb48c098"
HEADERS = {
    "x-msh-platform": "cli-proxy-api",
    "x-msh-version": "1.0.0",
    "x-msh-device-name": "box",
    "x-msh-device-model": "linux x86_64",
    "x-msh-device-id": "5a6c",
}


@pytest.fixture
def internet() -> Internet:
    return Internet(HandClock(), interval=0)


def start(internet: Internet) -> Reply:
    return form(internet, HOST + "/device_authorization", {"client_id": CLIENT}, HEADERS)


def token(internet: Internet, **fields: str) -> Reply:
    return form(internet, HOST + "/token", {"client_id": CLIENT, **fields}, HEADERS)


def test_a_visit_of_the_page_allows_the_device(internet: Internet) -> None:
    device = start(internet).json
    assert token(internet, grant_type=DEVICE_GRANT, device_code=device["device_code"]).error == "authorization_pending"
    assert get(internet, device["verification_uri_complete"]).status == 200
    tokens = token(internet, grant_type=DEVICE_GRANT, device_code=device["device_code"]).json

    assert tokens["expires_in"] == 900
    assert token(internet, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status == 200
    assert token(internet, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status == 401
    assert token(internet, grant_type="password").error == "unsupported_grant_type"


@pytest.mark.parametrize("missing", HEADERS)
def test_a_device_says_which_it_is(internet: Internet, missing: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    answer = form(internet, HOST + "/device_authorization", {"client_id": CLIENT}, headers)

    assert answer.error == "invalid_request"
    assert missing in answer.json["error_description"]


def test_a_refresh_comes_from_the_device_of_the_login(internet: Internet) -> None:
    device = start(internet).json
    internet.approve(device["user_code"])
    first = token(internet, grant_type=DEVICE_GRANT, device_code=device["device_code"]).json["refresh_token"]
    asked = {"client_id": CLIENT, "grant_type": "refresh_token", "refresh_token": first}

    assert form(internet, HOST + "/token", asked, {**HEADERS, "x-msh-device-id": "other"}).status == 401
    assert form(internet, HOST + "/token", asked, HEADERS).status == 200


def test_an_unknown_client_is_refused(internet: Internet) -> None:
    assert form(internet, HOST + "/device_authorization", {"client_id": "x"}, HEADERS).error == "invalid_client"


def test_a_device_may_be_refused(internet: Internet) -> None:
    device = start(internet).json
    assert internet.deny(device["user_code"])

    assert token(internet, grant_type=DEVICE_GRANT, device_code=device["device_code"]).error == "access_denied"
