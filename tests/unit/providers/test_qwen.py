"""Qwen's accounts: where they are served, and how they stay logged in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.login.flow import LoginKind, NewAccount
from cliproxy.login.refresh_token import RefreshToken
from cliproxy.providers.qwen import PROVIDER
from tests.unit.login.steps import NOW, Talk, answer, fields_of, played, start, talked
from tests.unit.providers.calling import headers_of, prepared

LOGIN = Credential(
    id="q.json",
    provider="qwen",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    document="auths/q.json",
    details={"resource_url": "portal.qwen.ai"},
)


@pytest.mark.parametrize(
    ("named", "base"),
    [
        ("portal.qwen.ai", "https://portal.qwen.ai/v1"),
        ("https://dashscope.example.com/", "https://dashscope.example.com/v1"),
        ("", "https://portal.qwen.ai/v1"),
        (7, "https://portal.qwen.ai/v1"),
        ("evil.example/x?", "https://portal.qwen.ai/v1"),
        ("a@evil.example", "https://portal.qwen.ai/v1"),
    ],
)
def test_an_account_is_served_at_the_host_that_its_login_named(named: object, base: str) -> None:
    """Only a host: what is more than that is not believed."""
    request = prepared(PROVIDER, credential=structs.replace(LOGIN, details={"resource_url": named}))

    assert request.url == f"{base}/chat/completions"
    assert headers_of(request)["authorization"] == "Bearer at-1"


def test_what_the_operator_wrote_goes_first() -> None:
    request = prepared(PROVIDER, credential=structs.replace(LOGIN, base_url="https://mine.example/v1"))

    assert request.url == "https://mine.example/v1/chat/completions"


def test_a_token_is_exchanged_and_the_host_kept() -> None:
    assert isinstance(PROVIDER.refresh, RefreshToken)
    granted = {"access_token": "at-2", "refresh_token": "rt-2", "resource_url": "other.qwen.ai", "expires_in": 21600}
    tokens, [request] = played(PROVIDER.refresh.steps(LOGIN, now=0), answer(granted))

    assert request.url == "https://chat.qwen.ai/api/v1/oauth2/token"
    assert parse_qs(request.body.decode())["client_id"] == ["f0304373b74a44d2b584a3fb70ca9e56"]
    assert tokens.more == {"resource_url": "other.qwen.ai"}


OFFERED = {"device_code": "dc-1", "user_code": "U-1", "verification_uri": "https://chat.qwen.ai/authorize"}
GRANTED = {"access_token": "at-1", "refresh_token": "rt-1", "resource_url": "portal.qwen.ai", "expires_in": 21600}


def logged_in(*said: str, **options: str) -> Talk[NewAccount]:
    flow = PROVIDER.login(LoginKind.DEVICE)
    assert flow is not None
    begun = talked(flow.begin(start(options=options)), answer(OFFERED, at=NOW))
    ended = talked(flow.finish(begun.result, {}, now=NOW), answer(GRANTED, at=NOW), *said)
    ended.asked = [*begun.asked, *ended.asked]
    return ended


def test_a_login_is_asked_for_as_the_vendor_wants() -> None:
    [device, token] = logged_in(alias="ann").asked

    assert device.url == "https://chat.qwen.ai/api/v1/oauth2/device/code"
    assert fields_of(device)["client_id"] == "f0304373b74a44d2b584a3fb70ca9e56"
    assert fields_of(device)["scope"] == "openid profile email model.completion"
    assert token.url == "https://chat.qwen.ai/api/v1/oauth2/token"
    assert len(fields_of(token)["code_verifier"]) == 43


def test_a_login_becomes_a_file_as_the_go_program_writes_it() -> None:
    made = logged_in(alias="ann@example.com").result
    [credential] = read_credentials(f"auths/{made.name}", msgspec.json.encode(made.fields))

    assert made.name == "qwen-ann@example.com.json"
    assert list(made.fields.items()) == [
        ("access_token", "at-1"),
        ("refresh_token", "rt-1"),
        ("last_refresh", "2027-01-15T08:00:00Z"),
        ("resource_url", "portal.qwen.ai"),
        ("email", "ann@example.com"),
        ("type", "qwen"),
        ("expired", "2027-01-15T14:00:00Z"),
    ]
    assert (credential.provider, credential.label) == ("qwen", "ann@example.com")
    assert prepared(PROVIDER, credential=credential).url == "https://portal.qwen.ai/v1/chat/completions"


@pytest.mark.parametrize(("said", "named"), [("bob", "bob"), (" b\x1bob\n", "b ob"), ("", str(int(NOW * 1000)))])
def test_who_has_not_said_his_name_is_asked_for_it(said: str, named: str) -> None:
    """The vendor does not tell. Where nobody sits there, the time is a name as well."""
    talk = logged_in(said)

    assert len(talk.questions) == 1
    assert talk.result.fields["email"] == named


def test_a_key_of_its_own_is_served_as_it_is() -> None:
    fields: dict[str, Any] = {"type": "qwen", "api_key": "sk-1"}
    [credential] = read_credentials("auths/mine.json", msgspec.json.encode(fields))

    assert headers_of(prepared(PROVIDER, credential=credential))["authorization"] == "Bearer sk-1"
    assert PROVIDER.refresh is not None
    assert not PROVIDER.refresh.renews(credential)
    assert "\n" not in PROVIDER.notice
    assert "https://" in PROVIDER.notice
