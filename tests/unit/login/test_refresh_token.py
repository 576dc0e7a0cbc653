"""The refresh token grant: what is asked, and what every answer means."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import Tokens
from cliproxy.errors import FailureKind
from cliproxy.login.flow import Client, RefreshFailed, Revoked
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.wire.http import HttpRequest, HttpResponse
from tests.unit.login.steps import answer, played

NOW = 1_800_000_000.0
ACCOUNT = Credential(
    id="a.json", provider="acme", secret=Secret("at-1"), refresh_token=Secret("rt-secret"), proxy=Secret("http://p:1")
)
GRANT = RefreshToken(lead=300, url="https://acme.example/token", provider="acme", client=Client("ours"))
GRANTED = {"access_token": "at-2", "refresh_token": "rt-2", "expires_in": 3600, "id_token": "idt"}


def exchanged(grant: RefreshToken, said: HttpResponse, client: Client | None = None) -> tuple[Tokens, HttpRequest]:
    tokens, [request] = played(grant.steps(ACCOUNT, now=NOW, client=client), said)
    return tokens, request


def fields_of(request: HttpRequest) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(request.body.decode(), strict_parsing=True).items()}


def test_a_form_asks_and_tokens_come() -> None:
    """The life of a token is reckoned from before it was asked for, so never too long."""
    tokens, request = exchanged(structs.replace(GRANT, kept=("id_token", "resource_url")), answer(GRANTED))

    assert (request.method, request.url, request.proxy) == ("POST", "https://acme.example/token", "http://p:1")
    assert fields_of(request) == {"grant_type": "refresh_token", "refresh_token": "rt-secret", "client_id": "ours"}
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert (tokens.access_token, tokens.refresh_token) == (Secret("at-2"), Secret("rt-2"))
    assert (tokens.expires_at, tokens.refreshed_at) == (NOW + 3600, NOW)
    assert tokens.more == {"id_token": "idt"}


def test_a_vendor_may_want_json_and_more_fields() -> None:
    grant = structs.replace(GRANT, as_json=True, fields={"scope": "openid"}, headers=lambda credential: (("X", "y"),))
    _, request = exchanged(grant, answer(GRANTED))

    assert msgspec.json.decode(request.body) == {
        "grant_type": "refresh_token",
        "refresh_token": "rt-secret",
        "client_id": "ours",
        "scope": "openid",
    }
    assert dict(request.headers)["Content-Type"] == "application/json"
    assert dict(request.headers)["X"] == "y"


def test_a_client_may_have_a_secret_and_say_it_in_a_header_too() -> None:
    grant = structs.replace(GRANT, client=Client("ours", Secret("shh")), basic=True)
    _, request = exchanged(grant, answer(GRANTED))

    assert fields_of(request)["client_secret"] == "shh"
    assert dict(request.headers)["Authorization"] == f"Basic {base64.b64encode(b'ours:shh').decode()}"


def test_the_client_of_the_file_goes_before_the_operator_s_and_ours() -> None:
    """A token can be exchanged only by the client it was given to; the file knows best which that was."""
    theirs = Client("operator", Secret("s"))
    of_file = structs.replace(GRANT, client_of=lambda credential: Client("file"))

    assert fields_of(exchanged(GRANT, answer(GRANTED), theirs)[1])["client_id"] == "operator"
    assert fields_of(exchanged(of_file, answer(GRANTED), theirs)[1])["client_id"] == "file"


def test_a_missing_client_secret_is_named_and_nothing_is_asked() -> None:
    grant = structs.replace(GRANT, needs_secret=True)

    with pytest.raises(RefreshFailed, match=r"oauth-clients\.acme\.client-secret") as failed:
        next(grant.steps(ACCOUNT, now=NOW))
    assert failed.value.is_certain
    assert not isinstance(failed.value, Revoked)


@pytest.mark.parametrize(
    ("lasts", "expires_at"), [("60", NOW + 60), (None, None), (-5, None), ("soon", None), (1e15, None)]
)
def test_a_life_that_is_not_said_is_not_known(lasts: object, expires_at: float | None) -> None:
    tokens, _ = exchanged(GRANT, answer({"access_token": "at-2", "expires_in": lasts}))

    assert tokens.expires_at == expires_at
    assert not tokens.refresh_token


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}),
        (401, {"error": {"code": "refresh_token_reused", "message": "already used", "type": "invalid_request_error"}}),
        (401, {"error": {"code": "refresh_token_expired"}}),
        (400, {"error": {"type": "invalid_grant", "message": "gone"}}),
        (200 + 200, {"code": "invalid_grant"}),
    ],
)
def test_a_token_that_is_taken_no_more_is_revoked(status: int, body: dict[str, Any]) -> None:
    """Asking again would never help; the operator is told so, in the vendor's words where it has any."""
    with pytest.raises(Revoked, match="log in again") as revoked:
        exchanged(GRANT, answer(body, status))
    assert revoked.value.failure.kind is FailureKind.UNAUTHORIZED
    assert revoked.value.failure.scope == "account"


def test_some_vendors_revoke_by_status_alone() -> None:
    """But not where a proxy on the way answers with a page of its own."""
    grant = structs.replace(GRANT, refuses_by=(401, 403))

    with pytest.raises(Revoked):
        exchanged(grant, answer({}, 403))
    with pytest.raises(RefreshFailed) as failed:
        exchanged(grant, answer(b"<html>Just a moment...</html>", 403))
    assert not isinstance(failed.value, Revoked)


@pytest.mark.parametrize(
    ("status", "kind", "is_certain"),
    [
        (429, FailureKind.RATE_LIMITED, True),
        (401, FailureKind.UNAUTHORIZED, True),
        (503, FailureKind.SERVER_ERROR, False),
        (302, FailureKind.WRONG_ANSWER, False),
        (200, FailureKind.WRONG_ANSWER, False),
    ],
)
def test_any_other_refusal_is_worth_another_try(status: int, kind: FailureKind, is_certain: bool) -> None:
    """Where it is not certain that the vendor said no, the answer may have held the next token."""
    with pytest.raises(RefreshFailed) as failed:
        exchanged(GRANT, answer({"error": "temporarily_unavailable"}, status))
    assert not isinstance(failed.value, Revoked)
    assert (failed.value.failure.kind, failed.value.is_certain) == (kind, is_certain)


def test_a_vendor_that_repeats_the_token_does_not_put_it_into_a_message() -> None:
    with pytest.raises(Revoked) as revoked:
        exchanged(GRANT, answer({"error": "invalid_grant", "error_description": "bad token rt-secret"}, 400))
    assert "rt-secret" not in str(revoked.value)


@given(
    status=st.integers(100, 599),
    body=st.binary()
    | st.recursive(
        st.none() | st.text() | st.integers() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "access_token", "x"]), inner),
    ).map(msgspec.json.encode),
)
def test_no_answer_breaks_it(status: int, body: bytes) -> None:
    """Token servers stand behind proxies that answer in pages of their own."""
    try:
        tokens, _ = exchanged(GRANT, answer(body, status))
    except RefreshFailed:
        return
    assert tokens.access_token


def test_a_vendor_that_repeats_the_client_s_secret_does_not_put_it_into_a_message() -> None:
    said = answer({"error": "invalid_client", "error_description": "hush-hush is wrong"}, 401)
    with pytest.raises(RefreshFailed) as failed:
        exchanged(GRANT, said, Client("ours", Secret("hush-hush")))

    assert failed.value.failure.message == "*** is wrong"
