"""OpenAI's login, by browser and by device."""

from __future__ import annotations

import jwt
import pytest

from cliproxy.simulator.internet import Internet
from cliproxy.simulator.people import Person
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import PKCE, VERIFIER, Reply, form, get, post

HOST = "https://auth.openai.com"
TOKEN = HOST + "/oauth/token"
CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann"
BACK = "http://localhost:1455/auth/callback"
ASKED = {
    "client_id": CLIENT,
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid email profile offline_access",
    "state": "s",
    "prompt": "login",
    "id_token_add_organizations": "true",
    "codex_cli_simplified_flow": "true",
    **PKCE,
}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def internet(clock: HandClock) -> Internet:
    return Internet(clock, (Person("ann@example.com", plan="team", account_id="acc-7"),))


def exchange(internet: Internet, **changes: str) -> Reply:
    asked = {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "code": get(internet, HOST + "/oauth/authorize", ASKED).query["code"],
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return form(internet, TOKEN, {**asked, **changes})


def refresh(internet: Internet, token: str) -> Reply:
    return form(internet, TOKEN, {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": token})


def test_the_id_token_tells_of_the_account(internet: Internet) -> None:
    tokens = exchange(internet).json
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})

    assert claims["email"] == "ann@example.com"
    assert claims["aud"] == [CLIENT]
    assert claims["https://api.openai.com/auth"]["chatgpt_account_id"] == "acc-7"
    assert claims["https://api.openai.com/auth"]["chatgpt_plan_type"] == "team"
    assert jwt.get_unverified_header(tokens["id_token"])["alg"] == "RS256"


@pytest.mark.parametrize("change", [{"code_verifier": "w" * 64}, {"redirect_uri": "http://x"}, {"client_id": "x"}])
def test_a_wrong_exchange_is_refused_with_an_object(internet: Internet, change: dict[str, str]) -> None:
    answer = exchange(internet, **change)

    assert answer.status in (400, 401)
    assert answer.json["error"]["code"] in ("invalid_grant", "invalid_client")


def test_a_refresh_token_says_why_it_is_no_good(internet: Internet) -> None:
    first = exchange(internet).json["refresh_token"]
    second = refresh(internet, first).json["refresh_token"]

    def code(token: str) -> tuple[int, str]:
        answer = refresh(internet, token)
        return answer.status, answer.json["error"]["code"]

    assert code("unknown") == (401, "refresh_token_expired")
    assert code(first) == (401, "refresh_token_reused")
    assert code(second) == (401, "refresh_token_invalidated")


def test_a_device_gets_a_code_with_its_verifier(internet: Internet, clock: HandClock) -> None:
    started = post(internet, HOST + "/api/accounts/deviceauth/usercode", {"client_id": CLIENT}).json
    asked = {"device_auth_id": started["device_auth_id"], "user_code": started["user_code"]}

    def poll() -> Reply:
        clock.advance(float(started["interval"]))
        return post(internet, HOST + "/api/accounts/deviceauth/token", asked)

    assert poll().status == 403
    assert get(internet, HOST + "/codex/device").is_page
    assert get(internet, HOST + "/codex/device", {"user_code": "AAAA-0000"}).status == 400
    assert get(internet, HOST + "/codex/device", {"user_code": started["user_code"]}).status == 200
    given = poll().json
    back = {"redirect_uri": HOST + "/deviceauth/callback", "code_verifier": given["code_verifier"]}
    assert exchange(internet, code=given["authorization_code"], **back).json["id_token"]
    assert poll().status == 404


def test_a_device_code_of_another_device_is_unknown(internet: Internet) -> None:
    started = post(internet, HOST + "/api/accounts/deviceauth/usercode", {"client_id": CLIENT}).json
    asked = {"device_auth_id": started["device_auth_id"], "user_code": "AAAA-0000"}

    assert post(internet, HOST + "/api/accounts/deviceauth/token", asked).status == 404
    assert post(internet, HOST + "/api/accounts/deviceauth/usercode", {"client_id": "x"}).status == 401
