"""Qwen's login by device."""

from __future__ import annotations

import pytest

from cliproxy.simulator.authorization.server import Consent
from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import DEVICE_GRANT, PKCE, VERIFIER, Reply, form, get

HOST = "https://chat.qwen.ai/api/v1/oauth2"
CLIENT = "f0304373b74a44d2b584a3fb70ca9e56"
ASKED = {"client_id": CLIENT, "scope": "openid profile email model.completion", **PKCE}


@pytest.fixture
def internet() -> Internet:
    return Internet(HandClock(), interval=0)


def start(internet: Internet, **changes: str) -> Reply:
    return form(internet, HOST + "/device/code", {**ASKED, **changes})


def poll(internet: Internet, device_code: str, verifier: str = VERIFIER) -> Reply:
    asked = {"grant_type": DEVICE_GRANT, "client_id": CLIENT, "device_code": device_code, "code_verifier": verifier}
    return form(internet, HOST + "/token", asked)


def test_a_visit_of_the_page_allows_the_device(internet: Internet) -> None:
    device = start(internet).json
    assert poll(internet, device["device_code"]).error == "authorization_pending"
    assert get(internet, device["verification_uri_complete"]).status == 200
    assert poll(internet, device["device_code"], "w" * 64).error == "invalid_grant"
    tokens = poll(internet, device["device_code"]).json
    again = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": tokens["refresh_token"]}
    renewed = form(internet, HOST + "/token", again).json

    assert tokens["resource_url"] == renewed["resource_url"] == "portal.qwen.ai"
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert internet.owner_of("qwen", renewed["access_token"]) is not None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_start_is_refused(internet: Internet, change: dict[str, str], error: str) -> None:
    assert start(internet, **change).error == error


def test_a_visitor_may_say_no(internet: Internet) -> None:
    internet.visitor.consent = Consent.DENIED
    device = start(internet).json
    get(internet, device["verification_uri_complete"])

    assert poll(internet, device["device_code"]).error == "access_denied"


def test_a_device_may_be_allowed_after_some_polls(internet: Internet) -> None:
    """For tests in which nobody opens a page."""
    internet.visitor.approves_after = 2
    device = start(internet).json

    assert [poll(internet, device["device_code"]).status for _ in range(3)] == [400, 400, 200]
