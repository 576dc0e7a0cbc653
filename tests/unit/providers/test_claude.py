"""Anthropic's API: its keys, its versions, its logins."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import NewAccount
from cliproxy.providers.claude import LOGIN, PROVIDER, REFRESH
from cliproxy.wire.http import HttpRequest
from tests.unit.login.steps import NOW, answer, played, start, talked
from tests.unit.providers.calling import credential, headers_of, prepared


@pytest.mark.parametrize("base", ["", "https://api.anthropic.com", "https://api.anthropic.com/v1"])
def test_the_official_host_takes_the_key_in_its_own_header(base: str) -> None:
    """It takes a bearer for a login's token."""
    request = prepared(PROVIDER, credential=credential(base_url=base))

    assert request.url == "https://api.anthropic.com/v1/messages"
    assert headers_of(request)["x-api-key"] == "sk-1"
    assert "authorization" not in headers_of(request)


def test_a_compatible_host_takes_a_bearer() -> None:
    """Most of them know nothing else."""
    headers = headers_of(prepared(PROVIDER, credential=credential(base_url="https://other.example")))

    assert headers["authorization"] == "Bearer sk-1"
    assert "x-api-key" not in headers


def test_a_version_is_always_said() -> None:
    """The client's, where it names one: it knows what it can read."""
    assert headers_of(prepared(PROVIDER))["anthropic-version"] == "2023-06-01"
    newer = {"Anthropic-Version": "2026-10-21", "anthropic-beta": "a,b"}
    headers = headers_of(prepared(PROVIDER, client_headers=newer))
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["anthropic-beta"] == "a,b"


def test_tokens_are_counted_at_their_own_address() -> None:
    """Which never streams."""
    assert prepared(PROVIDER, 1).url == "https://api.anthropic.com/v1/messages/count_tokens"


ACCOUNT = Credential(
    id="a.json",
    provider="claude",
    secret=Secret("sk-ant-oat01-1"),
    refresh_token=Secret("rt-1"),
    document="auths/a.json",
)


@pytest.mark.parametrize("base", ["", "https://other.example"])
def test_a_login_s_token_is_a_bearer_and_says_so(base: str) -> None:
    """Also at the official host, which would refuse it as a key."""
    headers = headers_of(prepared(PROVIDER, credential=structs.replace(ACCOUNT, base_url=base)))

    assert headers["authorization"] == "Bearer sk-ant-oat01-1"
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert "x-api-key" not in headers


def test_what_a_client_wants_to_try_stays_beside_what_a_login_needs() -> None:
    asked = {"anthropic-beta": "context-1m-2025-08-07, oauth-2025-04-20"}
    headers = headers_of(prepared(PROVIDER, credential=ACCOUNT, client_headers=asked))

    assert headers["anthropic-beta"] == "context-1m-2025-08-07,oauth-2025-04-20"
    assert headers_of(prepared(PROVIDER, client_headers=asked))["anthropic-beta"] == asked["anthropic-beta"]


@pytest.mark.parametrize(
    ("secret", "document", "is_login"),
    [
        ("sk-ant-oat01-x", "", True),
        ("sk-ant-api03-x", "auths/a.json", False),
        ("token", "auths/a.json", True),
        ("sk-other", "", False),
    ],
)
def test_keys_and_logins_are_told_apart(secret: str, document: str, is_login: bool) -> None:
    """A login's token may stand among the keys, and a key in a file of its own."""
    headers = headers_of(
        prepared(PROVIDER, credential=structs.replace(ACCOUNT, secret=Secret(secret), document=document))
    )

    assert ("anthropic-beta" in headers) is is_login
    assert ("x-api-key" in headers) is not is_login


def test_a_token_is_exchanged_as_json() -> None:
    tokens, [request] = played(REFRESH.steps(ACCOUNT, now=0), answer({"access_token": "at-2", "expires_in": 28800}))

    assert request.url == "https://api.anthropic.com/v1/oauth/token"
    assert msgspec.json.decode(request.body) == {
        "grant_type": "refresh_token",
        "refresh_token": "rt-1",
        "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    }
    assert tokens.expires_at == 28800


GRANTED = {
    "token_type": "Bearer",
    "access_token": "sk-ant-oat01-a",
    "refresh_token": "sk-ant-ort01-r",
    "expires_in": 28800,
    "organization": {"uuid": "org-1", "name": "Ann's team"},
    "account": {"uuid": "acc-1", "email_address": "ann@example.com"},
}


def logged_in(granted: dict[str, Any]) -> tuple[NewAccount, HttpRequest]:
    session = talked(LOGIN.begin(start(port=7777))).result
    steps = LOGIN.finish(session, {"code": f"c-1#{session.state}"}, now=NOW)
    made, [exchange] = played(steps, answer(granted, at=NOW))
    return made, exchange


def test_the_vendor_s_page_is_asked_as_it_wants() -> None:
    """It sends the browser to one port only, so that another one moves the listener and nothing else."""
    session = talked(LOGIN.begin(start(port=7777))).result

    assert session.url.startswith("https://claude.ai/oauth/authorize?client_id=9d1c250a-e61b-44d9-88ed-5944d1962f5e&")
    for part in (
        "code=true",
        "response_type=code",
        "redirect_uri=http%3A%2F%2Flocalhost%3A54545%2Fcallback",
        "scope=org%3Acreate_api_key+user%3Aprofile+user%3Ainference",
        "code_challenge_method=S256",
    ):
        assert part in session.url


def test_a_login_becomes_a_file_as_the_go_program_writes_it_and_more() -> None:
    made, exchange = logged_in(GRANTED)
    [credential] = read_credentials(f"auths/{made.name}", msgspec.json.encode(made.fields))
    asked = msgspec.json.decode(exchange.body)

    assert exchange.url == "https://api.anthropic.com/v1/oauth/token"
    assert set(asked) == {"grant_type", "code", "redirect_uri", "code_verifier", "state", "client_id"}
    assert (asked["code"], len(asked["state"])) == ("c-1", 32)
    assert made.name == "claude-ann@example.com.json"
    assert list(made.fields.items()) == [
        ("id_token", ""),
        ("access_token", "sk-ant-oat01-a"),
        ("refresh_token", "sk-ant-ort01-r"),
        ("last_refresh", "2027-01-15T08:00:00Z"),
        ("email", "ann@example.com"),
        ("type", "claude"),
        ("expired", "2027-01-15T16:00:00Z"),
        ("account_uuid", "acc-1"),
        ("organization_uuid", "org-1"),
        ("organization", "Ann's team"),
    ]
    assert (credential.provider, credential.label) == ("claude", "ann@example.com")
    assert "org-1" in credential.account
    assert REFRESH.renews(credential)


@pytest.mark.parametrize("account", [None, 7, {}, {"email_address": ""}, {"email_address": 7}])
def test_an_account_without_a_name_is_none(account: object) -> None:
    with pytest.raises(LoginError, match=r"^claude: the vendor did not say whose account it is; log in again"):
        logged_in({**GRANTED, "account": account})


def test_what_the_vendor_does_not_say_is_left_out() -> None:
    """The Go program writes no such fields at all."""
    made, _ = logged_in({**GRANTED, "organization": None, "expires_in": None})

    assert list(made.fields)[-2:] == ["type", "account_uuid"]


def test_what_the_vendor_says_of_such_logins_is_said_in_one_line() -> None:
    assert PROVIDER.login() is LOGIN
    assert "\n" not in PROVIDER.notice
    assert "https://code.claude.com/docs/en/legal-and-compliance" in PROVIDER.notice


BODY = b'{"betas": %b, "max_tokens": 1}'


@pytest.mark.parametrize(
    ("betas", "sent", "is_left"),
    [
        (b'["a-1", "b-2"]', "c-3,a-1,b-2", False),
        (b'"a-1, c-3"', "c-3,a-1", False),
        (b'["a-1", "no\\r\\nheader"]', "c-3,a-1", False),
        (b"[]", "c-3", False),
        (b"7", "c-3", True),
    ],
)
def test_what_a_body_wants_to_try_is_said_in_the_header(betas: bytes, sent: str, *, is_left: bool) -> None:
    """The API knows no such field; SDKs do, and so do the programs that write what an SDK is given."""
    for place in (0, 1):
        request = prepared(PROVIDER, place, body=BODY % betas, client_headers={"anthropic-beta": "c-3"})

        assert headers_of(request)["anthropic-beta"] == sent
        assert (b"betas" in request.body) is is_left


def test_a_body_without_such_wishes_stays_the_bytes_it_was() -> None:
    assert prepared(PROVIDER, body=b'{ "max_tokens": 1 }').body == b'{ "max_tokens": 1 }'


def test_a_short_way_to_ask_for_a_long_context() -> None:
    """Users of the Go program have it in their settings."""
    headers = headers_of(prepared(PROVIDER, client_headers={"X-CPA-CLAUDE-1M": "1", "anthropic-beta": "a"}))

    assert headers["anthropic-beta"] == "a,context-1m-2025-08-07"
    assert "x-cpa-claude-1m" not in headers


@pytest.mark.parametrize("base", ["https://api.anthropic.com.other.example", "http://api.anthropic.com"])
def test_only_the_official_host_is_the_official_host(base: str) -> None:
    assert "x-api-key" not in headers_of(prepared(PROVIDER, credential=credential(base_url=base)))
