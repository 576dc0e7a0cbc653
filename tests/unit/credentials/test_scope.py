"""What a failure hits."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.scope import Key, is_key, is_part, key_hit, key_named, keys_of, scope_of
from cliproxy.errors import Failure, FailureKind
from tests.unit.credentials.pools import credential

CANDIDATE = Candidate("a", "m")
OF_CLOUD = credential("a", project="x", base_url="https://up.example")


def hit(scope: str, one: Credential = OF_CLOUD, kind: FailureKind = FailureKind.QUOTA_SPENT) -> Key | None:
    return key_hit(Failure(kind, 0, "no", scope=scope), one, CANDIDATE, keys_of(one, "m", ("week",)))


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("request", None),
        ("model", ("model", "a", "m")),
        ("account", ("account", "a")),
        ("group:week", ("group", "a", "week")),
        ("project", ("project", "p", "x", "m")),
        ("upstream", ("upstream", "p", "https://up.example", "m")),
    ],
)
def test_a_scope_has_a_key(scope: str, key: Key | None) -> None:
    """The shared ones name nobody's id, so that all who share one find the same health."""
    assert hit(scope) == key


@pytest.mark.parametrize("scope", ["group:other", "", "galaxy", "model:another"])
def test_a_scope_that_a_candidate_is_no_part_of_is_its_model(scope: str) -> None:
    """What rests must keep at least this one from being asked again at once."""
    assert hit(scope) == ("model", "a", "m")


def test_without_a_project_its_limit_is_the_model_s() -> None:
    """An API key does not say which project it belongs to."""
    assert hit("project", credential("a")) == ("model", "a", "m")


@pytest.mark.parametrize(
    ("proxy", "kind"), [("socks5://me.example:1080", "account"), ("direct", "upstream"), ("", "upstream")]
)
def test_an_own_proxy_is_the_first_suspect(proxy: str, kind: str) -> None:
    """That one account's proxy is dead says nothing of the others' way."""
    key = hit("upstream", credential("a", proxy=Secret(proxy)), FailureKind.UNREACHABLE)

    assert key is not None
    assert key[0] == kind


@pytest.mark.parametrize("key", keys_of(OF_CLOUD, "m", ("week",)))
def test_a_key_tells_whose_it_is(key: Key) -> None:
    """Who is removed takes their own along, and leaves what others share."""
    assert is_key(key)
    assert is_part(key, OF_CLOUD)
    assert not is_part(key, credential("b", provider="q"))
    assert is_part(key, credential("b", project="x", base_url="https://up.example")) is (
        key[0] in ("project", "upstream")
    )


@pytest.mark.parametrize("key", [(), ("account",), ("model", "a"), ("galaxy", "a"), ("upstream", "p", "")])
def test_what_is_no_key_is_known(key: Key) -> None:
    """Files hold anything."""
    assert not is_key(key)


def test_scopes_are_told_in_the_words_of_failures() -> None:
    """In explanations."""
    assert [scope_of(key) for key in keys_of(OF_CLOUD, "m", ("week",))] == [
        "account",
        "model",
        "group:week",
        "project",
        "upstream",
    ]


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("account", ("account", "a")),
        ("group:week", ("group", "a", "week")),
        ("model:m", ("model", "a", "m")),
        ("model", None),
        ("project", None),
    ],
)
def test_a_usage_endpoint_names_scopes_without_a_request(scope: str, key: Key | None) -> None:
    """Where it takes a request to know what is meant, nothing rests."""
    assert key_named(scope, OF_CLOUD) == key
