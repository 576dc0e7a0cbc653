"""Logins in a browser: what the vendor's page is asked, and every way in which the answer can be wrong."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.authorization_code import LONGEST_CONSENT, AuthorizationCode
from cliproxy.login.flow import Callback, Client, LoginKind, LoginSession, NewAccount
from cliproxy.login.pkce import challenge
from cliproxy.login.token_server import Granted
from cliproxy.wire.http import HttpRequest, Steps, fetched
from tests.unit.login.steps import NOW, answer, fields_of, played, start, talked

GRANTED = {"access_token": "at-1", "refresh_token": "rt-1", "expires_in": 3600}


def account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    request = HttpRequest("GET", "https://acme.example/me", (), b"", session.start.proxy.reveal())
    response = yield from fetched(request)
    return NewAccount(name="acme.json", fields={"who": response.body.decode(), "expires_at": tokens.expires_at})


FLOW = AuthorizationCode(
    provider="acme",
    authorize_url="https://acme.example/authorize",
    token_url="https://acme.example/token",
    client=Client("ours"),
    callback=Callback(8085, "/back"),
    account=account,
    scopes=("email", "models"),
    query={"prompt": "consent"},
)


def begun(flow: AuthorizationCode = FLOW, **more: Any) -> LoginSession:
    return talked(flow.begin(start(**more))).result


def query_of(session: LoginSession) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(session.url).query, strict_parsing=True).items()}


def refusal(session: LoginSession, back: dict[str, str], flow: AuthorizationCode = FLOW, *, now: float = NOW) -> str:
    """Return why an answer is refused, before anything is asked."""
    with pytest.raises(LoginError, match=r"^acme: ") as refused:
        next(flow.finish(session, back, now=now))
    return str(refused.value)


def test_the_vendor_s_page_is_asked_for_a_code() -> None:
    session = begun()

    assert session.url.startswith("https://acme.example/authorize?")
    assert query_of(session) == {
        "client_id": "ours",
        "response_type": "code",
        "redirect_uri": "http://localhost:8085/back",
        "scope": "email models",
        **challenge(session.verifier),
        "state": session.state,
        "prompt": "consent",
    }
    assert (session.provider, session.kind, session.callback) == ("acme", LoginKind.BROWSER, FLOW.callback)
    assert session.expires_at == NOW + LONGEST_CONSENT
    assert len(session.state) == 32
    assert len(session.verifier.reveal()) == 128


def test_a_code_buys_tokens_and_the_account_follows() -> None:
    session = begun(proxy=Secret("socks5://u:p@h:1"))
    back = {"code": "c-1", "state": session.state}
    made, [exchange, me] = played(FLOW.finish(session, back, now=NOW), answer(GRANTED, at=NOW + 5), answer(b"ann"))

    assert (exchange.method, exchange.url, exchange.proxy) == ("POST", FLOW.token_url, "socks5://u:p@h:1")
    assert fields_of(exchange) == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": "http://localhost:8085/back",
        "code_verifier": session.verifier.reveal(),
        "client_id": "ours",
    }
    assert me.proxy == "socks5://u:p@h:1"
    assert made.fields == {"who": "ann", "expires_at": NOW + 3605}


def test_vendors_differ_in_names_and_forms() -> None:
    """One wants `redirect`, the client in a header, and neither PKCE nor a response type."""
    flow = structs.replace(
        FLOW,
        client=Client("ours", Secret("shh")),
        query={"response_type": ""},
        scopes=(),
        uses_pkce=False,
        needs_secret=True,
        basic=True,
        as_json=True,
        sends_state=True,
        redirect_name="redirect",
    )
    session = begun(flow)
    back = {"code": "c-1", "state": session.state}
    _, [exchange, _] = played(flow.finish(session, back, now=NOW), answer(GRANTED), answer(b"ann"))

    assert query_of(session) == {
        "client_id": "ours",
        "redirect": "http://localhost:8085/back",
        "state": session.state,
    }
    assert msgspec.json.decode(exchange.body) == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": "http://localhost:8085/back",
        "state": session.state,
        "client_id": "ours",
        "client_secret": "shh",
    }
    assert dict(exchange.headers)["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(("is_fixed", "port"), [(False, 9999), (True, 8085)])
def test_another_port_moves_the_redirect_unless_the_vendor_takes_only_one(is_fixed: bool, port: int) -> None:
    """Then only the listener moves, and a tunnel must lead there; the exchange repeats what the page was told."""
    flow = structs.replace(FLOW, callback=Callback(8085, "/back", is_fixed=is_fixed))
    session = begun(flow, port=9999)
    back = {"code": "c-1", "state": session.state}
    _, [exchange, _] = played(flow.finish(session, back, now=NOW), answer(GRANTED), answer(b"ann"))

    assert query_of(session)["redirect_uri"] == fields_of(exchange)["redirect_uri"] == f"http://localhost:{port}/back"
    assert session.callback is not None
    assert session.callback.port == port
    assert session.start.port == 9999


def test_the_operator_s_client_goes_before_ours() -> None:
    session = begun(client=Client("theirs", Secret("s")))
    back = {"code": "c-1", "state": session.state}
    _, [exchange, _] = played(FLOW.finish(session, back, now=NOW), answer(GRANTED), answer(b"ann"))

    assert query_of(session)["client_id"] == "theirs"
    assert "client_secret" not in query_of(session)
    assert fields_of(exchange)["client_secret"] == "s"


def test_a_missing_client_secret_is_named_before_anybody_consents() -> None:
    with pytest.raises(LoginError, match=r"^acme: oauth-clients\.acme\.client-secret is not set"):
        next(structs.replace(FLOW, needs_secret=True).begin(start()))


@pytest.mark.parametrize("error", ["access_denied", "user_denied"])
def test_consent_can_be_denied(error: str) -> None:
    session = begun()

    told = refusal(session, {"error": error, "state": session.state})
    assert "was not allowed in the browser" in told


def test_an_error_of_the_vendor_s_page_is_told_in_its_words() -> None:
    session = begun()

    told = refusal(
        session, {"error": "invalid_scope", "error_description": "no\r\nmodels\x1b[1m", "state": session.state}
    )
    assert "(invalid_scope: no models [1m)" in told


@pytest.mark.parametrize(
    "back",
    [
        {"code": "c-1", "state": "wrong"},
        {"code": "c-1", "state": ""},
        {"code": "c-1", "state": "ünfit"},
        {"code": "c-1#wrong"},
        {"error": "access_denied", "state": "wrong"},
    ],
)
def test_an_answer_with_another_state_is_somebody_else_s(back: dict[str, str]) -> None:
    """Also an error: it must not end a login that it has nothing to do with."""
    told = refusal(begun(), back)

    assert "the answer belongs to another login" in told
    assert "c-1" not in told


def test_an_answer_must_have_a_code() -> None:
    session = begun()

    assert "has no code" in refusal(session, {"state": session.state})
    assert "has no code" in refusal(session, {"code": " ", "state": session.state})


def test_an_answer_can_come_too_late() -> None:
    session = begun()

    told = refusal(session, {"code": "c-1", "state": session.state}, now=session.expires_at + 1)
    assert "came too late" in told


def test_a_code_may_bring_the_state_behind_it() -> None:
    """So a page shows it that cannot lead back to this machine."""
    session = begun()
    back = {"code": f"c-1#{session.state}"}
    _, [exchange, _] = played(FLOW.finish(session, back, now=NOW), answer(GRANTED), answer(b"ann"))

    assert fields_of(exchange)["code"] == "c-1"


def test_a_code_alone_is_good_only_where_pkce_says_whose_it_is() -> None:
    session = begun()
    _, [exchange, _] = played(FLOW.finish(session, {"code": "c-1"}, now=NOW), answer(GRANTED), answer(b"ann"))
    without = structs.replace(FLOW, uses_pkce=False)

    assert fields_of(exchange)["code"] == "c-1"
    assert "has no state; paste the whole address" in refusal(begun(without), {"code": "c-1"}, without)


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (
            answer({"error": "invalid_grant", "error_description": "c-secret was used"}, 400),
            "used before or is too old",
        ),
        (answer(b"<html>", 403), "firewall"),
        (answer({"error": "server_error"}, 500), "in a few minutes"),
        (answer({"token_type": "Bearer"}), "without a token"),
        (ConnectionError("acme.example did not answer in time"), "did not answer in time; check the network"),
    ],
)
def test_an_exchange_that_fails_is_told_without_secrets(came: Any, told: str) -> None:
    session = begun()
    steps = FLOW.finish(session, {"code": "c-secret", "state": session.state}, now=NOW)
    with pytest.raises(LoginError, match=rf"^acme: .*{told}") as refused:
        played(steps, came)

    for secret in ("c-secret", session.verifier.reveal(), session.state):
        assert secret not in str(refused.value)


def test_a_cut_while_the_account_is_asked_for_ends_the_login_in_words() -> None:
    session = begun()
    steps = FLOW.finish(session, {"code": "c-1", "state": session.state}, now=NOW)
    with pytest.raises(LoginError, match=r"^acme: cut; check the network"):
        played(steps, answer(GRANTED), ConnectionError("cut"))


def test_a_session_shows_nothing_that_is_good_for_a_login() -> None:
    session = begun(client=Client("ours", Secret("shh")), proxy=Secret("http://u:pw@h:1"))
    shown = f"{session!r} {session.start!r} {session.client!r}"

    for secret in (session.state, session.verifier.reveal(), "shh", "pw@", repr(session.start.entropy)):
        assert secret not in shown


@given(st.lists(st.binary(min_size=128, max_size=128), min_size=2, max_size=4, unique_by=lambda one: one[:16]))
def test_logins_at_the_same_time_never_mix(entropies: list[bytes]) -> None:
    """Each answer ends the login that it belongs to, with the verifier that its page was told of, and no other."""
    sessions = [begun(entropy=entropy) for entropy in entropies]
    for session in sessions:
        back = {"code": "c-1", "state": session.state}
        _, [exchange, _] = played(FLOW.finish(session, back, now=NOW), answer(GRANTED), answer(b"ann"))
        verifier = Secret(fields_of(exchange)["code_verifier"])
        assert challenge(verifier)["code_challenge"] == query_of(session)["code_challenge"]
        for other in sessions:
            if other is not session:
                assert "another login" in refusal(other, back)
