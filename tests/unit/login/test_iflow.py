"""iFlow's accounts: the key that a token or a cookie buys, and how it is bought anew."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials, with_tokens
from cliproxy.errors import FailureKind, LoginError
from cliproxy.login.flow import Client, LoginKind, LoginSession, NewAccount, RefreshFailed, Revoked
from cliproxy.login.iflow import KEYS
from cliproxy.providers.iflow import LOGIN, PROVIDER, REFRESH
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import NOW, answer, fields_of, played, start, talked

CLIENT = Client("10009311001", Secret("operator-s"))
GRANTED = answer({"access_token": "at/1", "refresh_token": "rt-1", "expires_in": 3600, "scope": "all"}, at=NOW)
ME = {"success": True, "data": {"apiKey": "sk-1", "email": "ann@example.com", "phone": "13800000000"}}
MASKED = {"name": "138****0000", "apiKey": "", "apiKeyMask": "sk-**", "hasExpired": False}
WHOLE = {**MASKED, "apiKey": "sk-1", "expireTime": "2027-01-22 16:00"}
BY_COOKIE = {"type": "iflow", "cookie": "BXAuth=b-secret;", "email": "138****0000", "api_key": "sk-1"}


def told(data: dict[str, Any], status: int = 200, *, success: bool = True) -> HttpResponse:
    return answer({"success": success, "code": "200", "message": "", "data": data}, status, at=NOW)


def begun() -> LoginSession:
    return talked(LOGIN.begin(start(client=CLIENT, proxy=Secret("http://p:1")))).result


def logged_in(*answers: HttpResponse | Exception) -> NewAccount:
    session = begun()
    return talked(LOGIN.finish(session, {"code": "c-1", "state": session.state}, now=NOW), *answers).result


def cookie_login(pasted: str, *answers: HttpResponse | Exception) -> tuple[NewAccount, list[Any]]:
    flow = PROVIDER.login(LoginKind.COOKIE)
    assert flow is not None
    session = talked(flow.begin(start(proxy=Secret("http://p:1")))).result
    return played(flow.finish(session, {"answer": pasted}, now=NOW), *answers)


def credential_of(**changes: Any) -> Credential:
    [credential] = read_credentials("auths/iflow-x.json", msgspec.json.encode({**BY_COOKIE, **changes}))
    return credential


def test_the_vendor_s_page_is_asked_as_it_wants() -> None:
    session = talked(LOGIN.begin(start(client=CLIENT, port=9999))).result

    assert session.url.startswith("https://iflow.cn/oauth?client_id=10009311001&redirect=http%3A%2F%2Flocalhost%3A9999")
    assert "loginMethod=phone&type=phone" in session.url
    assert "response_type" not in session.url
    assert "code_challenge" not in session.url
    with pytest.raises(LoginError, match=r"oauth-clients\.iflow\.client-secret"):
        next(LOGIN.begin(start()))


def test_a_token_buys_the_key_and_the_name() -> None:
    session = begun()
    steps = LOGIN.finish(session, {"code": "c-1", "state": session.state}, now=NOW)
    made, [exchange, me] = played(steps, GRANTED, answer(ME))
    [credential] = read_credentials(f"auths/{made.name}", msgspec.json.encode(made.fields))

    assert fields_of(exchange)["client_secret"] == "operator-s"
    assert dict(exchange.headers)["Authorization"].startswith("Basic ")
    assert (me.method, me.url) == ("GET", "https://iflow.cn/api/oauth/getUserInfo?accessToken=at%2F1")
    assert (exchange.proxy, me.proxy) == ("http://p:1", "http://p:1")
    assert made.name == f"iflow-ann@example.com-{int(NOW)}.json"
    assert list(made.fields) == [
        *("access_token", "refresh_token", "last_refresh", "expired", "api_key", "email", "token_type", "scope"),
        *("cookie", "type"),
    ]
    assert (credential.provider, credential.secret, credential.label) == ("iflow", Secret("sk-1"), "ann@example.com")
    assert REFRESH.renews(credential)


def test_who_has_no_e_mail_address_goes_by_his_phone() -> None:
    made = logged_in(GRANTED, answer({"data": {"apiKey": "sk-1", "email": "", "phone": "13800000000"}}))

    assert made.fields["email"] == "13800000000"


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (answer({"success": True, "data": {"email": "ann@example.com"}}), "no key"),
        (answer({"success": False, "data": ME["data"]}), "no key"),
        (answer(b"<html>", 502), "no key"),
        (answer({"data": {"apiKey": "sk-1"}}), "no e-mail address or phone number"),
        (ConnectionError("cut"), "cut; check the network"),
    ],
)
def test_an_account_without_a_key_or_a_name_is_none(came: HttpResponse | Exception, words: str) -> None:
    with pytest.raises(LoginError, match=rf"^iflow: .*{words}.*log in again") as refused:
        logged_in(GRANTED, came)
    assert "at/1" not in str(refused.value)


def test_a_cookie_buys_the_key_and_only_what_counts_of_it_is_kept() -> None:
    made, [masked, whole] = cookie_login("a=b; BXAuth=b-secret; c=d", told(MASKED), told(WHOLE))
    [credential] = read_credentials(f"auths/{made.name}", msgspec.json.encode(made.fields))

    assert (masked.method, masked.url, masked.proxy) == ("GET", KEYS, "http://p:1")
    assert (whole.method, whole.url, whole.proxy) == ("POST", KEYS, "http://p:1")
    assert msgspec.json.decode(whole.body) == {"name": "138****0000"}
    assert dict(whole.headers)["Cookie"] == "a=b; BXAuth=b-secret; c=d;"
    assert "User-Agent" not in dict(whole.headers)
    assert made.name == f"iflow-138xxxx0000-{int(NOW)}.json"
    assert list(made.fields) == [
        *("access_token", "refresh_token", "last_refresh", "expired", "api_key", "email", "token_type", "scope"),
        *("cookie", "type"),
    ]
    assert (made.fields["cookie"], made.fields["expired"]) == ("BXAuth=b-secret;", "2027-01-22 16:00")
    assert (credential.secret, credential.label) == (Secret("sk-1"), "138****0000")
    assert REFRESH.renews(credential)
    assert "b-secret" not in repr(made)


@pytest.mark.parametrize(
    "answers",
    [
        [told({}, success=False)],
        [answer({"success": False, "message": "b-secret has run out"})],
        [answer(b"", 302)],
        [answer(b"<html>login</html>")],
        [told(MASKED), told(MASKED)],
        [told(MASKED), told({}, 401)],
    ],
)
def test_a_cookie_that_gives_no_key_is_told_without_it(answers: list[HttpResponse]) -> None:
    with pytest.raises(LoginError, match=r"^iflow: the cookie gave no key \(.*copy the cookie anew") as refused:
        cookie_login("BXAuth=b-secret", *answers)
    assert "b-secret has" not in str(refused.value).replace("***", "")


def test_a_cookie_renews_its_key() -> None:
    """The end is written as a clock in China shows it, eight hours ahead of UTC."""
    credential = credential_of()
    tokens, [request] = played(REFRESH.steps(credential, now=NOW), told({**WHOLE, "apiKey": "sk-2"}))
    data = with_tokens(msgspec.json.encode(BY_COOKIE), tokens)

    assert (request.method, msgspec.json.decode(request.body)) == ("POST", {"name": "138****0000"})
    assert dict(request.headers)["Cookie"] == "BXAuth=b-secret;"
    assert msgspec.json.decode(data) == {
        **BY_COOKIE,
        "api_key": "sk-2",
        "expired": "2027-01-22T08:00:00Z",
        "last_refresh": "2027-01-15T08:00:00Z",
    }
    assert "sk-2" not in repr(tokens)


def test_a_cookie_without_a_name_asks_for_it_first() -> None:
    """A person may have written the file."""
    tokens, [masked, _] = played(REFRESH.steps(credential_of(email=""), now=NOW), told(MASKED), told(WHOLE))

    assert masked.method == "GET"
    assert tokens.more == {"api_key": "sk-1"}


@pytest.mark.parametrize("status", [302, 401, 403])
def test_a_cookie_that_is_taken_no_more_is_revoked(status: int) -> None:
    with pytest.raises(Revoked, match="log in again: the cookie gives no key any more"):
        played(REFRESH.steps(credential_of(), now=NOW), told({}, status, success=False))


@pytest.mark.parametrize(
    ("came", "kind", "is_certain"),
    [
        (answer(b"<html>", 502), FailureKind.SERVER_ERROR, False),
        (told({}, success=False), FailureKind.WRONG_ANSWER, True),
        (answer(b"<html>"), FailureKind.WRONG_ANSWER, False),
        (told({"apiKey": 7}), FailureKind.WRONG_ANSWER, True),
    ],
)
def test_a_vendor_in_trouble_is_asked_again_later(came: HttpResponse, kind: FailureKind, is_certain: bool) -> None:
    with pytest.raises(RefreshFailed, match="the cookie gave no key") as refused:
        played(REFRESH.steps(credential_of(), now=NOW), came)

    assert not isinstance(refused.value, Revoked)
    assert (refused.value.failure.kind, refused.value.is_certain) == (kind, is_certain)


@pytest.mark.parametrize(
    ("changes", "renews"),
    [
        ({}, True),
        ({"cookie": "", "refresh_token": "rt-1"}, True),
        ({"cookie": ""}, False),
        ({"cookie": 7}, False),
        ({"cookie": "BXAuth=ü;"}, False),
        ({"cookie": "BXAuth=x;\r\nHost: evil"}, False),
    ],
)
def test_an_account_is_renewed_by_either(changes: dict[str, Any], renews: bool) -> None:
    assert REFRESH.renews(credential_of(**changes)) is renews


def test_a_refresh_token_goes_before_a_cookie() -> None:
    steps = REFRESH.steps(credential_of(refresh_token="rt-1"), now=NOW, client=CLIENT)
    tokens, [exchange, _] = played(steps, GRANTED, answer(ME))

    assert fields_of(exchange)["refresh_token"] == "rt-1"
    assert tokens.more["api_key"] == "sk-1"
