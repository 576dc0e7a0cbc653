"""The signed statement of a service account: what is asked, what every answer means, and what becomes of bad keys."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from multidict import CIMultiDict

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import FailureKind
from cliproxy.login.flow import RefreshFailed, Revoked
from cliproxy.login.service_account import ServiceAccount
from cliproxy.wire.http import HttpResponse
from tests.unit.login.keys import EMAIL, key_file, pkcs8, rsa_key
from tests.unit.login.steps import NOW, answer, fields_of, played

GRANT = ServiceAccount(scope="everything")
GRANTED = {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}
TOO_OLD = {
    "error": "invalid_grant",
    "error_description": "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim.",
}


def account(**changed: Any) -> Credential:
    return Credential(
        id="vertex-acme-1.json",
        provider="vertex",
        secret=Secret(""),
        document="auths/vertex-acme-1.json",
        proxy=Secret("http://proxy.example:1"),
        details={"service_account": key_file(**changed), "location": "us-central1"},
    )


def refused(said: HttpResponse | Exception, **changed: Any) -> RefreshFailed:
    with pytest.raises(RefreshFailed) as failure:
        played(GRANT.steps(account(**changed), now=NOW), said)
    return failure.value


def unasked(**changed: Any) -> RefreshFailed:
    with pytest.raises(RefreshFailed) as failure:
        played(GRANT.steps(account(**changed), now=NOW))
    return failure.value


def test_a_signed_statement_buys_a_token() -> None:
    """Who it is, what he wants, of whom, and until when; the life of a token is reckoned from before it was asked."""
    tokens, [request] = played(GRANT.steps(account(), now=NOW), answer(GRANTED))
    fields = fields_of(request)
    statement = jwt.decode(
        fields["assertion"],
        rsa_key().public_key(),
        algorithms=["RS256"],
        audience="https://oauth2.googleapis.com/token",
        options={"verify_iat": False, "verify_exp": False},
    )

    assert (request.method, request.url) == ("POST", "https://oauth2.googleapis.com/token")
    assert request.proxy == "http://proxy.example:1"
    assert fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert statement == {
        "iss": EMAIL,
        "scope": "everything",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
    }
    assert tokens.access_token == Secret("ya29.token")
    assert (tokens.expires_at, tokens.refreshed_at) == (NOW + 3599, NOW)
    assert not tokens.refresh_token


def test_who_has_a_key_can_be_renewed_and_nothing_is_stored() -> None:
    bare, key = read_credentials("auths/v.json", b'{"type":"vertex","project_id":"p"}')[0], account()

    assert GRANT.renews(key)
    assert not GRANT.renews(bare)
    assert not GRANT.renews(structs.replace(key, details={"service_account": "hidden"}))
    assert (GRANT.is_stored, GRANT.rotates, GRANT.yields_key) == (False, False, False)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "private key cannot be read"),
        ({"private_key": ""}, "private key is missing"),
        ({"private_key": 7}, "private key is missing"),
        ({"private_key": pkcs8().replace("PRIVATE", "PUBLIC")}, "the private part is missing"),
        ({"token_uri": "http://tokens.example/token"}, "token_uri is no https:// address"),
        ({"token_uri": "https://[broken"}, "token_uri is no https:// address"),
        ({"token_uri": "file:///etc/passwd"}, "token_uri is no https:// address"),
    ],
)
def test_a_broken_file_is_named_with_its_account_and_a_remedy(changed: dict[str, Any], why: str) -> None:
    """Nothing is asked, nothing of the key is shown, and nothing is tried again until there is another file."""
    failure = unasked(**changed)

    assert isinstance(failure, Revoked)
    assert why in str(failure)
    assert EMAIL in str(failure)
    assert "auths/vertex-acme-1.json" in str(failure)
    assert "import it" in str(failure)
    assert pkcs8()[100:120] not in str(failure)


def test_a_token_server_on_this_machine_is_asked() -> None:
    """A test, or a gateway to another cloud."""
    _, [request] = played(GRANT.steps(account(token_uri="http://127.0.0.1:9/token"), now=NOW), answer(GRANTED))
    assert request.url == "http://127.0.0.1:9/token"


@pytest.mark.parametrize(
    ("their_time", "told"),
    [
        (f"Mon, {'9' * 30} Jan 2027 00:00:00 GMT", "clock seems to be wrong"),
        (NOW - 7200, "wrong by 2 hours (ahead)"),
        (NOW + 300, "wrong by 5 minutes (behind)"),
        (NOW + 3 * 86400, "wrong by 3 days (behind)"),
        (NOW - 90, "wrong by 90 seconds (ahead)"),
        (NOW + 1, "clock seems to be wrong"),
        (None, "clock seems to be wrong"),
    ],
)
def test_a_clock_that_is_wrong_is_named_with_how_wrong_it_is(their_time: float | str | None, told: str) -> None:
    """Google says it in words of its own; the account is well, and is tried again."""
    said = answer(TOO_OLD, 400, at=NOW)
    if isinstance(their_time, float):
        their_time = format_datetime(datetime.fromtimestamp(their_time, UTC), usegmt=True)
    if their_time is not None:
        said = structs.replace(said, headers=CIMultiDict({"Date": their_time}))
    failure = refused(said)

    assert not isinstance(failure, Revoked)
    assert failure.is_certain
    assert told in str(failure)
    assert "set the clock" in str(failure)


@pytest.mark.parametrize(
    "said",
    [
        {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
        {"error": "invalid_grant", "error_description": "Invalid grant: account not found"},
        {"error": "invalid_client"},
    ],
)
def test_a_key_that_was_deleted_is_revoked(said: dict[str, str]) -> None:
    failure = refused(answer(said, 400))

    assert isinstance(failure, Revoked)
    assert "takes its key no more" in str(failure)
    assert EMAIL in str(failure)
    assert failure.failure.scope == "account"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, FailureKind.RATE_LIMITED), (503, FailureKind.SERVER_ERROR), (403, FailureKind.UNAUTHORIZED)],
)
def test_any_other_refusal_is_worth_another_try(status: int, kind: FailureKind) -> None:
    failure = refused(answer(b"<html>", status))

    assert not isinstance(failure, Revoked)
    assert failure.failure.kind is kind
    assert f"status {status}" in str(failure)


def test_an_answer_without_a_token_is_no_token() -> None:
    assert refused(answer({"id_token": "x"})).failure.kind is FailureKind.WRONG_ANSWER


def test_a_server_that_repeats_the_statement_does_not_put_it_into_a_message() -> None:
    steps = GRANT.steps(account(), now=NOW)
    statement = fields_of(next(steps))["assertion"]  # type: ignore[arg-type]
    said = {"error": "invalid_grant", "error_description": f"Invalid JWT Signature: {statement}"}

    with pytest.raises(Revoked) as revoked:
        steps.send(answer(said, 400))
    assert statement not in str(revoked.value)
    assert statement[-40:] not in str(revoked.value)


@settings(max_examples=30)  # each signs, which takes its time
@given(
    status=st.integers(100, 599),
    date=st.text() | st.just("Mon, 01 Jan 0000 00:00:00 GMT"),
    body=st.binary()
    | st.sampled_from([b'{"error":"invalid_grant","error_description":"iat"}', b"[]", b'{"error":[]}']),
)
def test_no_answer_breaks_it(status: int, date: str, body: bytes) -> None:
    """Token servers stand behind proxies that answer in pages of their own."""
    failure = refused(HttpResponse(status, CIMultiDict({"date": date}), body, NOW))
    assert failure.failure.message


def test_a_file_that_names_no_address_but_a_book_is_named_in_one_short_line() -> None:
    """It goes into logs and onto terminals, and a file comes from anywhere."""
    failure = unasked(client_email="robot\x1b[2J@p\n" + "x" * 5000, private_key="")

    assert str(failure).isprintable()
    assert len(str(failure)) < 600
