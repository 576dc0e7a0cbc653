"""Kimi's accounts: two dialects, names without their beginning, and turns that need their reasoning."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.login.flow import LoginKind, NewAccount, RefreshFailed, Revoked
from cliproxy.providers.kimi import PROVIDER
from tests.unit.login.steps import ENTROPY, NOW, Talk, answer, fields_of, played, start, talked
from tests.unit.providers.calling import headers_of, prepared, shaped

LOGIN = Credential(
    id="k.json",
    provider="kimi",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    document="auths/k.json",
    details={"device_id": "d-1"},
)


def test_chat_completions_drop_the_beginning_of_a_name() -> None:
    body, _ = shaped(PROVIDER, {"model": "x"}, model="kimi-k2-thinking")

    assert body["model"] == "k2-thinking"
    assert prepared(PROVIDER, credential=LOGIN).url == "https://api.kimi.com/coding/v1/chat/completions"


def test_messages_are_spoken_too_as_they_came() -> None:
    request = prepared(PROVIDER, 1, credential=LOGIN, body=b'{"model":"kimi-k2"}')

    assert request.url == "https://api.kimi.com/coding/v1/messages"
    assert request.body == b'{"model":"kimi-k2"}'
    assert headers_of(request)["anthropic-version"] == "2023-06-01"
    assert headers_of(request)["authorization"] == "Bearer at-1"


def test_a_token_is_exchanged_for_the_device_that_logged_in() -> None:
    assert PROVIDER.refresh is not None
    granted = {"access_token": "at-2", "expires_in": 900, "scope": "x", "token_type": "Bearer"}
    tokens, [request] = played(PROVIDER.refresh.steps(LOGIN, now=0), answer(granted))

    assert request.url == "https://auth.kimi.com/api/oauth/token"
    assert dict(request.headers)["X-Msh-Device-Id"] == "d-1"
    assert dict(request.headers)["X-Msh-Platform"] == "cli-proxy-api"
    assert tokens.more == {"scope": "x", "token_type": "Bearer"}


@pytest.mark.parametrize("status", [401, 403])
def test_its_refusals_are_known_by_status(status: int) -> None:
    assert PROVIDER.refresh is not None
    with pytest.raises(Revoked):
        played(PROVIDER.refresh.steps(structs.replace(LOGIN, details={}), now=0), answer({}, status))
    with pytest.raises(RefreshFailed) as failed:
        played(PROVIDER.refresh.steps(LOGIN, now=0), answer({}, 500))
    assert not isinstance(failed.value, Revoked)


OFFERED = {"device_code": "dc-1", "user_code": "U-1", "verification_uri": "https://www.kimi.com/code/authorize_device"}
GRANTED = {"access_token": "at-1", "refresh_token": "rt-1", "token_type": "Bearer", "scope": "kimi", "expires_in": 900}


def logged_in(entropy: bytes = ENTROPY, **changes: Any) -> Talk[NewAccount]:
    flow = PROVIDER.login(LoginKind.DEVICE)
    assert flow is not None
    begun = talked(flow.begin(start(entropy)), answer(OFFERED, at=NOW))
    ended = talked(flow.finish(begun.result, {}, now=NOW), answer({**GRANTED, **changes}, at=NOW))
    ended.asked = [*begun.asked, *ended.asked]
    return ended


def test_a_login_says_who_asks_and_nothing_of_the_machine() -> None:
    [device, token] = logged_in().asked
    said = {name: value for name, value in token.headers if name.startswith("X-Msh-")}

    assert device.url == "https://auth.kimi.com/api/oauth/device_authorization"
    assert fields_of(device) == {"client_id": "17e5f671-d194-4dfb-9706-5516cb48c098"}
    assert token.url == "https://auth.kimi.com/api/oauth/token"
    assert device.headers == token.headers
    assert said.pop("X-Msh-Version")
    assert said.pop("X-Msh-Device-Id")
    assert set(said) == {"X-Msh-Platform", "X-Msh-Device-Name", "X-Msh-Device-Model"}
    assert set(said.values()) == {"cli-proxy-api"}


def test_a_login_becomes_a_file_as_the_go_program_writes_it() -> None:
    talk = logged_in()
    made = talk.result
    [credential] = read_credentials(f"auths/{made.name}", msgspec.json.encode(made.fields))
    device = dict(talk.asked[0].headers)["X-Msh-Device-Id"]

    assert made.name == f"kimi-{int(NOW * 1000)}.json"
    assert list(made.fields.items()) == [
        ("access_token", "at-1"),
        ("refresh_token", "rt-1"),
        ("token_type", "Bearer"),
        ("scope", "kimi"),
        ("device_id", device),
        ("expired", "2027-01-15T08:15:00Z"),
        ("type", "kimi"),
        ("timestamp", int(NOW * 1000)),
    ]
    assert PROVIDER.refresh is not None
    steps = PROVIDER.refresh.steps(credential, now=NOW)
    _, [refreshed] = played(steps, answer(GRANTED))
    assert dict(refreshed.headers)["X-Msh-Device-Id"] == device


def test_every_login_is_a_device_of_its_own() -> None:
    assert logged_in().result.fields["device_id"] != logged_in(ENTROPY[::-1]).result.fields["device_id"]


def test_a_token_that_names_its_user_tells_accounts_apart() -> None:
    """Nothing else does: the vendor tells no e-mail address."""

    def token(**claims: object) -> str:
        return f"e30.{base64.urlsafe_b64encode(msgspec.json.encode(claims)).decode()}.sig"

    assert logged_in(access_token=token(sub="u-1")).result.fields["user_id"] == "u-1"
    assert logged_in(access_token=token(sub="u-1", user_id=42)).result.fields["user_id"] == "42"
    assert "user_id" not in logged_in().result.fields


def test_what_the_vendor_says_of_such_logins_is_said_in_one_line() -> None:
    assert "\n" not in PROVIDER.notice
    assert "https://www.kimi.com/code/docs/" in PROVIDER.notice
