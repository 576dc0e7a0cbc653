"""The Go program's credential files read as they are, and keep all but their tokens when those are renewed."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import (
    LONGEST,
    DocumentError,
    Tokens,
    read_credentials,
    with_field,
    with_tokens,
)

NOON = 1773403200.0  # 2026-03-13T12:00:00Z
EXPIRED = "2026-03-13T20:00:00+08:00"  # which is the same
LATER = Tokens(access_token=Secret("new-a"), refresh_token=Secret("new-r"), expires_at=NOON + 7200, refreshed_at=NOON)


def id_token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


CODEX_CLAIMS = id_token(
    email="joe@example.com",
    **{"https://api.openai.com/auth": {"chatgpt_account_id": "acc-1", "chatgpt_plan_type": "plus"}},
)
PLAIN = {"access_token": "a", "refresh_token": "r", "email": "joe@example.com", "expired": EXPIRED}
FILES: dict[str, dict[str, Any]] = {
    "claude": {"id_token": "", **PLAIN, "last_refresh": "2026-03-13T11:00:00Z", "type": "claude"},
    "codex": {"id_token": CODEX_CLAIMS, **PLAIN, "account_id": "acc-1", "type": "codex", "websockets": "true"},
    "gemini-cli": {
        "token": {
            "access_token": "a",
            "token_type": "Bearer",
            "refresh_token": "r",
            "expiry": "2026-03-13T12:00:00.123456789Z",
            "expires_in": 3599,
            "token_uri": "https://oauth2.googleapis.com/token",
            "client_id": "id",
            "client_secret": "secret",
            "scopes": ["s"],
        },
        "project_id": "p1",
        "email": "joe@example.com",
        "auto": False,
        "checked": True,
        "type": "gemini",
    },
    "antigravity": {
        "type": "antigravity",
        "access_token": "a",
        "refresh_token": "r",
        "expires_in": 3600,
        "timestamp": int(NOON - 3600) * 1000,
        "email": "joe@example.com",
        "project_id": "p1",
        "disabled": False,
    },
    "qwen": {**PLAIN, "resource_url": "portal.qwen.ai", "type": "qwen"},
    "kimi": {
        "access_token": "a",
        "refresh_token": "r",
        "token_type": "Bearer",
        "device_id": "d-1",
        "expired": "2026-03-13T12:00:00Z",
        "type": "kimi",
        "timestamp": 1773399600000,
    },
    "iflow": {**PLAIN, "expired": "2026-03-13 20:00", "api_key": "k", "cookie": "BXAuth=x;", "type": "iflow"},
}


def read(values: dict[str, Any], name: str = "a.json") -> Credential:
    (credential,) = read_credentials(f"auths/{name}", json.dumps(values).encode())
    return credential


@pytest.mark.parametrize("provider", FILES)
def test_a_file_of_each_vendor(provider: str) -> None:
    """Whoever comes from the Go program brings his folder along."""
    credential = read(FILES[provider])

    assert credential.provider == provider
    assert credential.secret == Secret("k" if provider == "iflow" else "a")
    assert credential.refresh_token == Secret("r")
    assert credential.expires_at == pytest.approx(NOON, abs=0.2)
    assert credential.label == ("kimi" if provider == "kimi" else "joe@example.com")
    assert (credential.id, credential.document) == ("a.json", "auths/a.json")
    assert credential.handle == hashlib.sha256(b"file:a.json").hexdigest()[:16]


def test_what_a_provider_needs_beside_the_token() -> None:
    """It stands in the details, under the names of the file; what the credential has itself does not."""
    details = {name: read(values).details for name, values in FILES.items()}

    assert details["claude"] == {"email": "joe@example.com"}
    assert details["codex"] == {"email": "joe@example.com", "account_id": "acc-1", "websockets": True}
    token = details["gemini-cli"]["token"]
    assert isinstance(token, dict)
    assert token.keys() == {"token_type", "token_uri", "client_id", "client_secret", "scopes"}
    assert details["qwen"]["resource_url"] == "portal.qwen.ai"
    assert details["kimi"]["device_id"] == "d-1"
    assert details["iflow"]["cookie"] == "BXAuth=x;"


def test_a_service_account_has_no_token_yet() -> None:
    """Its key signs for one; Google's own file works as it was downloaded."""
    key = {"type": "service_account", "project_id": "p", "client_email": "bot@p.example", "private_key": "hush"}
    imported = read({"service_account": key, "email": "bot@p.example", "location": "us-central1", "type": "vertex"})
    downloaded = read(key)

    for credential in (imported, downloaded):
        assert (credential.provider, credential.project) == ("vertex", "p")
        assert not credential.secret
        assert credential.details["service_account"] == key
        assert credential.account == "vertex:bot@p.example"
    assert imported.details["location"] == "us-central1"
    assert "hush" not in repr((imported, downloaded))


def test_what_an_operator_may_set() -> None:
    """In the spellings of the Go program, of its configuration, and of the users' documents."""
    credential = read(
        {
            **PLAIN,
            "type": "Claude ",
            "disabled": "true",
            "prefix": " /team/ ",
            "priority": "-5",
            "weight": 3,
            "proxy_url": "socks5://user:hush@proxy.example:1080",
            "base_url": "https://claude.example/",
            "headers": {"X-Team": "a"},
            "excluded-models": [" Claude-3-* ", "claude-3-*", "", "b"],
            "disable-cooling": 1,
            "request_retry": "-1",
            "refreshIntervalSeconds": 600,
            "quota": "1000000",
            "quota-period": "5h",
            "quota-unit": "requests",
            "max-concurrent": 4,
            "note": "the team's",
            "unheard-of": [1],
        }
    )

    assert credential.provider == "claude"
    assert credential.disabled
    assert (credential.prefix, credential.priority, credential.weight) == ("team", -5, 3)
    assert credential.proxy == Secret("socks5://user:hush@proxy.example:1080")
    assert (credential.base_url, dict(credential.headers)) == ("https://claude.example", {"X-Team": "a"})
    assert credential.excluded_models == ("claude-3-*", "b")
    assert (credential.cools, credential.rounds, credential.refresh_every) == (False, 0, 600.0)
    assert credential.quota is not None
    assert structs.astuple(credential.quota) == (1000000, "requests", "18000")
    assert credential.concurrent == 4
    assert credential.details == {"email": "joe@example.com", "note": "the team's", "unheard-of": [1]}
    assert "hush" not in repr(credential)


def test_what_nobody_set() -> None:
    """Then it is as for all."""
    credential = read({**FILES["claude"], "prefix": "a/b", "priority": "high", "disabled": None, "quota": 0})

    assert (credential.prefix, credential.priority, credential.weight, credential.disabled) == ("", 0, 1, False)
    assert (credential.cools, credential.rounds, credential.concurrent) == (None, None, None)
    assert (credential.quota, credential.refresh_every) == (None, None)


def test_settings_in_attributes_count_where_there_are_no_others() -> None:
    """One of the users' documents puts them there."""
    attributes = {"priority": 7, "websockets": True, "description": "mine"}

    assert read({**PLAIN, "type": "codex", "attributes": attributes}).priority == 7
    assert read({**PLAIN, "type": "codex", "attributes": attributes, "priority": 1}).priority == 1
    assert read({**PLAIN, "type": "codex", "attributes": attributes}).details["websockets"] is True


def test_a_file_of_several_projects_is_several_credentials() -> None:
    """Each has a quota of its own at Google; the token is one, and so is the document."""
    values = {**FILES["gemini-cli"], "project_id": "p1, team/p 2,p1,"}
    first, second = read_credentials("auths/a.json", json.dumps(values).encode())

    assert [first.id, second.id] == ["a.json::p1", "a.json::team_p_2"]
    assert [first.project, second.project] == ["p1", "team/p 2"]
    assert [first.label, second.label] == ["joe@example.com [p1]", "joe@example.com [team/p 2]"]
    assert first.handle == hashlib.sha256(b"id:a.json::p1").hexdigest()[:16] != second.handle
    assert first.secret == second.secret
    assert first.document == second.document == "auths/a.json"
    assert read({**values, "type": "antigravity", "project_id": "a,b"}).project == "a,b"


def test_who_is_behind_a_file_is_seen() -> None:
    """A login with another account is told from a refresh, though the file has the same name."""
    for values in FILES.values():
        renewed = with_tokens(json.dumps(values).encode(), LATER)
        (credential,) = read_credentials("auths/a.json", renewed)
        assert credential.account == read(values).account

    accounts = {read(values).account for values in FILES.values()}
    accounts |= {read({**FILES["codex"], "email": "jill@example.com"}).account}
    accounts |= {read({**FILES["codex"], "account_id": "acc-2", "id_token": ""}).account}
    accounts |= {read({"type": "kimi", "device_id": device}).account for device in ("1", "2")}
    assert len(accounts) == len(FILES) + 4


def test_the_plan_is_what_the_vendor_says() -> None:
    """It decides which models there are."""
    assert read(FILES["codex"]).plan == "plus"
    assert read({**PLAIN, "type": "codex", "plan_type": "team"}).plan == "team"
    assert read({**PLAIN, "type": "codex", "id_token": "nonsense"}).plan == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"type":"claude","access_token":"hu', "half written"),
        (b"port: 8317", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"type":"claude","access_token":1e999}', "out of range"),
        (b"\xff{}", "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8"),
        (b'{"name":"some package"}', "no `type`"),
        (b'{"type":" ","email":"x"}', "no `type`"),
        (b'{"a":' + b"[" * 100_000, "nested"),
        (b" " * (LONGEST + 1), "longer than"),
        (b'{"type":"claude","access_token":"hush\\nhush"}', "access_token has a space"),
        (b'{"type":"claude","proxy_url":"hush"}', "proxy_url"),
        (b'{"type":"claude","base_url":"hush"}', "base_url"),
        (b'{"type":"claude","headers":["hush"]}', "headers"),
        (b'{"type":"claude","headers":{"a":"hush\\n"}}', "headers"),
        (b'{"type":"claude","quota":"hush"}', "quota is not"),
        (b'{"type":"claude","quota":1,"quota_period":"hush"}', "quota-period"),
        (b'{"type":"claude","quota":1,"quota_unit":"hush"}', "quota-unit"),
        (b'{"type":"claude","weight":0}', "weight is not a whole number from 1"),
        (b'{"type":"claude","max_concurrent":-1}', "max-concurrent"),
    ],
)
def test_what_is_no_credential_says_why(data: bytes, why: str) -> None:
    """The sentence goes into logs, so it repeats nothing of the file."""
    with pytest.raises(DocumentError, match=why) as raised:
        read_credentials("auths/some.json", data)

    assert str(raised.value).startswith("auths/some.json ")
    assert "hush" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_byte_order_mark_is_no_error() -> None:
    """Some editors write one."""
    data = b"\xef\xbb\xbf" + json.dumps(FILES["claude"]).encode()

    assert read_credentials("auths/a.json", data) == (read(FILES["claude"]),)
    assert read_credentials("auths/a.json", with_tokens(data, LATER))[0].secret == Secret("new-a")


@pytest.mark.parametrize("provider", FILES)
@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_new_tokens_change_nothing_else(provider: str, indent: int | str | None) -> None:
    """Order, other programs' fields and the operator's settings stay, and the layout."""
    values = {**FILES[provider], "prefix": "team", "other": {"b": 1, "a": [1.50, "ä"]}}
    before = json.dumps(values, indent=indent, ensure_ascii=False)
    after = with_tokens(before.encode(), LATER).decode()
    credential, renewed = read(values), read(json.loads(after))

    assert renewed.refresh_token == Secret("new-r")
    assert renewed.secret == Secret("k" if provider == "iflow" else "new-a")
    assert (renewed.expires_at, renewed.refreshed_at) == (NOON + 7200, NOON)
    for field in Credential.__struct_fields__:
        if field not in ("secret", "refresh_token", "expires_at", "refreshed_at"):
            assert getattr(renewed, field) == getattr(credential, field), field
    assert json.dumps(json.loads(after), indent=indent, ensure_ascii=False) == after
    assert [name for name in json.loads(after) if name in values] == list(values)
    assert with_tokens(after.encode(), LATER).decode() == after


def test_values_keep_their_spelling() -> None:
    """Numbers and escapes of other programs are theirs."""
    before = (
        b'{ "type": "claude",\n  "n": 1.50, "big": 12345678901234567890123, "s": "\\u00e4" , "access_token":"a" }\n'
    )
    after = with_tokens(before, structs.replace(LATER, refresh_token=Secret("")))

    assert b'"n": 1.50' in after
    assert b'"big": 12345678901234567890123' in after
    assert b'"s": "\\u00e4"' in after
    assert after.endswith(b" }\n")


def test_times_are_written_in_the_form_they_had() -> None:
    """The Go program writes RFC 3339; whoever writes milliseconds reads milliseconds."""
    values = {"type": "x", "access_token": "a", "expires_at": 1773403200000, "expiry": "1773403200", "last_refresh": 1}
    after = json.loads(with_tokens(json.dumps(values).encode(), LATER))

    assert (after["expires_at"], after["expiry"], after["last_refresh"]) == (1773410400000, "1773410400", 1773403200)
    claude = json.loads(with_tokens(b'{"type":"claude"}', LATER))
    assert claude == {
        "type": "claude",
        "access_token": "new-a",
        "refresh_token": "new-r",
        "expired": "2026-03-13T14:00:00Z",
        "last_refresh": "2026-03-13T12:00:00Z",
    }


def test_an_end_that_nobody_knows_is_not_the_old_one() -> None:
    """Else a fresh token would look as if it had run out, and be exchanged for ever."""
    unknown = structs.replace(LATER, expires_at=None)
    for values in FILES.values():
        (credential,) = read_credentials("auths/a.json", with_tokens(json.dumps(values).encode(), unknown))
        assert credential.expires_at is None


def test_a_token_server_that_says_little_takes_nothing_away() -> None:
    """No new refresh token: the old one stays. A blank e-mail: the old one stays."""
    little = Tokens(
        access_token=Secret("new-a"), expires_at=NOON, refreshed_at=NOON, more={"email": "", "resource_url": None}
    )
    after = json.loads(with_tokens(json.dumps(FILES["qwen"]).encode(), little))

    assert (after["refresh_token"], after["email"]) == ("r", "joe@example.com")
    assert after["resource_url"] == "portal.qwen.ai"


def test_what_else_a_token_server_says_is_kept() -> None:
    """Where the file had it; else at the end."""
    tokens = structs.replace(LATER, access_token=Secret(""), more={"api_key": "k2", "scopes": ["s2"], "hd": "x"})
    iflow = json.loads(with_tokens(json.dumps(FILES["iflow"]).encode(), tokens))
    gemini = json.loads(with_tokens(json.dumps(FILES["gemini-cli"]).encode(), tokens))

    assert (iflow["api_key"], iflow["access_token"]) == ("k2", "a")
    assert (gemini["token"]["scopes"], gemini["token"]["access_token"]) == (["s2"], "a")
    assert list(gemini)[-3:] == ["last_refresh", "api_key", "hd"]


def test_tokens_show_nothing() -> None:
    """What more there is may be a secret too."""
    assert "hush" not in repr(Tokens(access_token=Secret("hush"), refreshed_at=0.0, more={"id_token": "hush"}))


_KNOWN = (
    "type token access_token refresh_token expired expiry expires_in timestamp last_refresh email project_id quota "
    "priority attributes id_token service_account headers"
)
_NAMES = st.text(max_size=6) | st.sampled_from(_KNOWN.split())
_PLAIN = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
_WORDS = st.text(max_size=20) | st.sampled_from([EXPIRED, "2026-03-13 12:00", "1h", "3"])
_VALUES = st.recursive(
    _PLAIN | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=6,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_any_object_is_a_credential_or_says_why_not(values: dict[str, Any]) -> None:
    """And one that is stays the same but for its tokens."""
    data = msgspec.json.encode(values)
    after = with_tokens(data, LATER)
    assert with_tokens(after, LATER) == after
    try:
        before = read_credentials("auths/claude.json", data)
    except DocumentError:
        return
    again = read_credentials("auths/claude.json", after)
    assert [one.id for one in again] == [one.id for one in before]
    assert [(one.priority, one.quota, one.project) for one in again] == [
        (one.priority, one.quota, one.project) for one in before
    ]
    assert {(one.refresh_token, one.expires_at) for one in again} == {(Secret("new-r"), NOON + 7200)}


def test_one_field_is_set_and_the_layout_stays() -> None:
    data = b'{\n  "type": "claude",\n  "disabled" : false\n}\n'
    assert with_field(b"\xef\xbb\xbf" + data, "disabled", True) == b'{\n  "type": "claude",\n  "disabled": true\n}\n'
    with pytest.raises(DocumentError):
        with_field(b"[]", "disabled", True)


SHAPES: dict[str, dict[str, Any]] = {  # as users' documents show them, by the file's name
    "gemini_oauth_ann@x.example.json": {
        "access_token": "old-a",
        "refresh_token": "old-r",
        "expiry": "2026-03-13T12:00:00Z",
        "email": "ann@x.example",
        "attributes": {"priority": "7", "description": "mine", "websockets": "false"},
    },
    "claude_oauth_acme.json": {
        "access_token": "old-a",
        "refresh_token": "old-r",
        "expires_at": 1773403200,
        "organization": "acme",
        "attributes": {"priority": 7, "description": "mine"},
    },
    "codex_oauth_ann.json": {
        "access_token": "old-a",
        "refresh_token": "old-r",
        "expires": "1773403200000",
        "attributes": {"priority": 7, "websockets": True, "description": "mine"},
    },
    "openai_token.json": {"token": {"access_token": "old-a", "refresh_token": "old-r", "expiresAt": 1773403200000}},
    "qwen_token.json": {"access_token": "old-a", "refresh_token": "old-r", "expiry": 1773403200.0},
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("layout", [{"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_shapes_of_users_documents_are_kept(name: str, layout: dict[str, Any], mark: bytes) -> None:
    """Read, refreshed, and written in the shape that the file had."""
    data = mark + json.dumps(SHAPES[name], **layout).encode()
    (credential,) = read_credentials(f"auths/{name}", data)
    assert credential.secret == Secret("old-a")
    assert credential.expires_at == NOON
    if "attributes" in SHAPES[name]:
        assert credential.priority == 7
        assert credential.details["note"] == "mine"
        assert credential.details.get("websockets") in (None, name.startswith("codex"))

    renewed = with_tokens(data, LATER)
    (again,) = read_credentials(f"auths/{name}", renewed)
    assert (again.secret, again.refresh_token) == (Secret("new-a"), Secret("new-r"))
    assert again.expires_at == LATER.expires_at
    assert (again.account, again.provider, again.priority) == (
        credential.account,
        credential.provider,
        credential.priority,
    )
    values = json.loads(renewed)
    assert list(values)[: len(SHAPES[name])] == list(SHAPES[name])
    assert set(values) - set(SHAPES[name]) <= {"last_refresh"}
    assert json.dumps(values, **layout).encode() == renewed
