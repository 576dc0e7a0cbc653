"""Codex accounts: whose an id token says they are, and the device flow that ends with a code."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client, LoginKind, LoginSession, NewAccount
from cliproxy.login.openai import OpenAIDevice
from cliproxy.providers.codex import LOGIN, PROVIDER
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import NOW, answer, fields_of, start, talked

FLOW = OpenAIDevice(provider="codex", client=Client("app_1"))
OFFERED = {"device_auth_id": "da-secret", "user_code": "ABCD-1234", "interval": "7"}
GIVEN = {"authorization_code": "c-secret", "code_verifier": "v-secret", "code_challenge": "x"}
WAITING = answer({"error": "not yet"}, 403)


def id_token(**claims: Any) -> str:
    """Return an id token as OpenAI writes one; nobody checks its signature."""
    email = claims.pop("email", "ann@example.com")
    body = {"aud": ["x"], "https://api.openai.com/auth": claims, **({"email": email} if email else {})}
    return f"e30.{base64.urlsafe_b64encode(msgspec.json.encode(body)).rstrip(b'=').decode()}.sig"


def granted(**claims: Any) -> HttpResponse:
    token = id_token(**claims)
    body = {"access_token": "at-1", "refresh_token": "rt-1", "id_token": token, "expires_in": 864000}
    return answer(body, at=NOW)


def logged_in(response: HttpResponse) -> NewAccount:
    session = talked(LOGIN.begin(start())).result
    return talked(LOGIN.finish(session, {"code": "c-1", "state": session.state}, now=NOW), response).result


def begun(offered: Any = OFFERED, status: int = 200, **more: Any) -> LoginSession:
    return talked(FLOW.begin(start(**more)), answer(offered, status, at=NOW)).result


def test_the_vendor_s_page_is_asked_as_it_wants() -> None:
    session = talked(LOGIN.begin(start(port=7777))).result

    assert session.url.startswith("https://auth.openai.com/oauth/authorize?client_id=app_EMoamEEZ73f0CkXaXp7hrann&")
    for part in (
        "redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback",
        "scope=openid+email+profile+offline_access",
        "prompt=login",
        "id_token_add_organizations=true",
        "codex_cli_simplified_flow=true",
        "code_challenge_method=S256",
    ):
        assert part in session.url


def test_an_account_becomes_a_file_as_the_go_program_writes_it() -> None:
    account = logged_in(granted(chatgpt_account_id="acc-1", chatgpt_plan_type="plus"))
    [credential] = read_credentials(f"auths/{account.name}", msgspec.json.encode(account.fields))

    assert account.name == "codex-ann@example.com-plus.json"
    assert list(account.fields) == [
        *("id_token", "access_token", "refresh_token", "account_id", "last_refresh", "email", "type", "expired"),
    ]
    assert account.fields["expired"] == "2027-01-25T08:00:00Z"
    assert (credential.provider, credential.label, credential.plan) == ("codex", "ann@example.com", "plus")
    assert credential.details["account_id"] == "acc-1"
    assert credential.expires_at == NOW + 864000
    assert PROVIDER.refresh is not None
    assert PROVIDER.refresh.renews(credential)


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ("", "codex-ann@example.com.json"),
        ("Pro Plus!", "codex-ann@example.com-pro-plus.json"),
        ("team", f"codex-{hashlib.sha256(b'acc-1').hexdigest()[:8]}-ann@example.com-team.json"),
    ],
)
def test_the_plan_stands_in_the_name_and_a_team_s_account_too(plan: str, name: str) -> None:
    """One person may be in several teams with one e-mail address."""
    assert logged_in(granted(chatgpt_account_id="acc-1", chatgpt_plan_type=plan)).name == name


@pytest.mark.parametrize("response", [granted(email=""), answer({"access_token": "at-1", "id_token": "x.y"})])
def test_an_account_without_a_name_is_none(response: HttpResponse) -> None:
    with pytest.raises(LoginError, match=r"^codex: the vendor did not say whose account it is; log in again"):
        logged_in(response)


def test_a_code_is_asked_for_in_json() -> None:
    talk = talked(FLOW.begin(start(proxy=Secret("http://p:1"))), answer(OFFERED, at=NOW))
    [request], session = talk.asked, talk.result

    assert request.url == "https://auth.openai.com/api/accounts/deviceauth/usercode"
    assert (msgspec.json.decode(request.body), request.proxy) == ({"client_id": "app_1"}, "http://p:1")
    assert (session.kind, session.url) == (LoginKind.DEVICE, "https://auth.openai.com/codex/device")
    assert (session.user_code, session.interval, session.expires_at) == ("ABCD-1234", 7, NOW + 900)
    assert "da-secret" not in repr(session)
    assert begun({"device_auth_id": "d", "usercode": "OLD-1"}).user_code == "OLD-1"


def test_what_it_ends_with_is_exchanged_as_a_code_from_a_browser() -> None:
    session = begun(proxy=Secret("http://p:1"))
    talk = talked(
        FLOW.finish(session, {}, now=NOW),
        WAITING,
        answer(b"", 404),
        ConnectionError("cut"),
        answer(b"<html>", 500),
        answer(GIVEN),
        granted(chatgpt_plan_type="plus"),
    )
    *polls, exchange = talk.asked

    assert talk.pauses == [7] * 5
    assert {poll.url for poll in polls} == {"https://auth.openai.com/api/accounts/deviceauth/token"}
    assert msgspec.json.decode(polls[0].body) == {"device_auth_id": "da-secret", "user_code": "ABCD-1234"}
    assert (exchange.url, exchange.proxy) == ("https://auth.openai.com/oauth/token", "http://p:1")
    assert fields_of(exchange) == {
        "grant_type": "authorization_code",
        "code": "c-secret",
        "redirect_uri": "https://auth.openai.com/deviceauth/callback",
        "code_verifier": "v-secret",
        "client_id": "app_1",
    }
    assert talk.result.name == "codex-ann@example.com-plus.json"


def test_a_client_without_device_logins_is_led_to_the_browser() -> None:
    with pytest.raises(LoginError, match=r"^codex: .*does not offer logins by device code.*in a browser"):
        begun({}, 404)
    with pytest.raises(LoginError, match=r"^codex: "):
        begun({"device_auth_id": "d"})


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([WAITING, answer({"error": {"message": "da-secret was denied"}}, 400)], r"refused the login with 400"),
        ([answer({})], "answered without a code"),
        ([answer(b"<html>")], "answered without a code"),
        ([answer(GIVEN), answer({"error": "invalid_grant"}, 400)], "used before or is too old"),
        ([answer(GIVEN), ConnectionError("cut")], "cut; check the network"),
    ],
)
def test_an_end_is_told_without_secrets(answers: list[HttpResponse | Exception], told: str) -> None:
    with pytest.raises(LoginError, match=rf"^codex: .*{told}") as refused:
        talked(FLOW.finish(begun(), {}, now=NOW), *answers)
    for secret in ("da-secret", "c-secret", "v-secret"):
        assert secret not in str(refused.value)


def test_who_asks_too_fast_asks_slower_and_the_time_ends_it() -> None:
    with pytest.raises(LoginError, match="not used in time"):
        talked(FLOW.finish(begun(), {}, now=NOW), answer(b"", 429), answer({}, 403, at=NOW + 901))


def test_both_ways_to_log_in_are_offered() -> None:
    assert [flow.kind for flow in PROVIDER.logins] == [LoginKind.BROWSER, LoginKind.DEVICE]
    assert "\n" not in PROVIDER.notice
    assert "https://openai.com/policies/" in PROVIDER.notice
