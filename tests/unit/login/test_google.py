"""Google, asked in the name of an account that has just consented."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.google import CLOUD, EMAIL, Google, check_grant, email_of
from cliproxy.login.token_server import Granted
from tests.unit.login.steps import NOW, answer, played

GOOGLE = Google("acme", Secret("at-secret"), Secret("http://proxy.example:1"))


def granted(refresh_token: str = "rt-1", **answered: Any) -> Granted:
    return Granted(access_token=Secret("at-1"), refresh_token=Secret(refresh_token), at=NOW, answer=answered)


def test_an_account_is_asked_for_its_address_by_its_token_and_its_way() -> None:
    email, [request] = played(email_of(GOOGLE), answer({"email": "ann@acme.example"}))

    assert email == "ann@acme.example"
    assert (request.method, request.url) == ("GET", "https://www.googleapis.com/oauth2/v1/userinfo?alt=json")
    assert dict(request.headers)["Authorization"] == "Bearer at-secret"
    assert request.proxy == "http://proxy.example:1"


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({}, 200, "did not say whose account"),
        ({"email": 7}, 200, "did not say whose account"),
        (b"<html>", 200, "failed with 200"),
        ({"error": {"message": "bad token at-secret\n"}}, 401, r"failed with 401 \(bad token \*\*\*\)"),
    ],
)
def test_who_is_not_named_cannot_log_in(body: Any, status: int, why: str) -> None:
    """The file is called by the address; and a token that is repeated is not shown."""
    with pytest.raises(LoginError, match=f"acme: .*{why}"):
        played(email_of(GOOGLE), answer(body, status))


def test_a_consent_that_leaves_out_the_cloud_says_so() -> None:
    """Google's page lets a person tick what he allows, and goes on with the rest."""
    check_grant(granted(scope=f"{EMAIL} {CLOUD}"), "acme")
    check_grant(granted(), "acme")
    with pytest.raises(LoginError, match="tick every box"):
        check_grant(granted(scope=EMAIL), "acme")


def test_a_login_for_an_hour_is_none() -> None:
    with pytest.raises(LoginError, match="no refresh token"):
        check_grant(granted(refresh_token=""), "acme")
