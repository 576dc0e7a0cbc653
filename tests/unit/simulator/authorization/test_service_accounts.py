"""Google's service accounts: an assertion is worth a token, if it is true."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from cliproxy.simulator.internet import Internet
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import Reply, form

TOKEN = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module")
def internet(clock: HandClock) -> Internet:
    return Internet(clock)


@pytest.fixture(scope="module")
def key_file(internet: Internet) -> dict[str, str]:
    return internet.service_account("acme")


def ask(internet: Internet, key_file: dict[str, str], clock: HandClock, key_id: str = "", **changes: Any) -> Reply:
    claims = {
        "iss": key_file["client_email"],
        "scope": SCOPE,
        "aud": TOKEN,
        "iat": clock(),
        "exp": clock() + 3600,
        **changes,
    }
    headers = {"kid": key_id or key_file["private_key_id"]}
    assertion = jwt.encode(claims, key_file["private_key"], algorithm="RS256", headers=headers)
    return form(internet, TOKEN, {"grant_type": GRANT, "assertion": assertion})


def test_an_assertion_is_worth_a_token_of_its_project(
    internet: Internet, key_file: dict[str, str], clock: HandClock
) -> None:
    tokens = ask(internet, key_file, clock).json
    owner = internet.owner_of("google", tokens["access_token"])

    assert owner is not None
    assert (owner.email, owner.projects) == ("gateway@acme.iam.gserviceaccount.com", ("acme",))
    assert "refresh_token" not in tokens


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iss": "x@acme.iam.gserviceaccount.com"}, "account not found"),
        ({"aud": "https://example.com/token"}, "audience"),
        ({"iat": 0.0}, "reasonable timeframe"),
        ({"iat": 1_800_001_000.0, "exp": 1_800_001_100.0}, "reasonable timeframe"),
        ({"exp": 1_700_000_000.0}, "reasonable timeframe"),
        ({"exp": "soon"}, "reasonable timeframe"),
        ({"key_id": "other"}, "Signature"),
        ({"scope": ""}, "scope"),
    ],
)
def test_a_wrong_assertion_is_worth_nothing(
    internet: Internet, key_file: dict[str, str], clock: HandClock, changes: dict[str, Any], said: str
) -> None:
    answer = ask(internet, key_file, clock, **changes)

    assert answer.status == 400
    assert said in answer.json["error_description"]


def test_another_key_does_not_sign_for_it(internet: Internet, key_file: dict[str, str], clock: HandClock) -> None:
    other = internet.service_account("other@other.iam.gserviceaccount.com")
    forged = {**other, "client_email": key_file["client_email"], "private_key_id": key_file["private_key_id"]}

    assert other["project_id"] == "other"
    assert ask(internet, forged, clock).json["error_description"] == "Invalid JWT Signature."
    assert form(internet, TOKEN, {"grant_type": GRANT, "assertion": "nonsense"}).error == "invalid_grant"


def test_an_account_that_was_deleted_is_not_found(clock: HandClock) -> None:
    internet = Internet(clock)
    key_file = internet.service_account("acme")
    token = ask(internet, key_file, clock).json["access_token"]
    internet.revoke("google", key_file["client_email"])

    assert ask(internet, key_file, clock).status == 400
    assert internet.owner_of("google", token) is None
