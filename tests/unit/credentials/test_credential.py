"""Secrets do not show."""

from __future__ import annotations

import pytest
from msgspec import structs

from cliproxy.credentials.credential import Candidate, Credential, Secret, SecretHeaders

CREDENTIAL = Credential(
    id="claude:apikey:0123456789ab",
    provider="claude",
    secret=Secret("sk-hush"),
    headers=SecretHeaders({"X-Extra": "sk-hush-too"}),
    proxy=Secret("socks5://user:sk-hush-also@proxy.example:1080"),
)


@pytest.mark.parametrize(
    "shown",
    [
        repr(CREDENTIAL),
        str(CREDENTIAL),
        f"{CREDENTIAL}",
        repr(Candidate(CREDENTIAL.id, "m")),
        str(CREDENTIAL.secret),
        f"{CREDENTIAL.headers!s} {CREDENTIAL.proxy}",
        repr(list(structs.asdict(CREDENTIAL).items())),
    ],
)
def test_no_repr_holds_a_secret(shown: str) -> None:
    """A repr ends in a log sooner or later."""
    assert "hush" not in shown


def test_a_repr_says_what_is_there() -> None:
    """The names of headers help, and whether there is a key at all."""
    assert repr(CREDENTIAL.headers) == "SecretHeaders(X-Extra)"
    assert (repr(Secret("x")), repr(Secret(""))) == ("Secret('***')", "Secret('')")


def test_a_secret_is_revealed_only_when_asked() -> None:
    """For the header that carries it."""
    assert Secret("sk-hush").reveal() == "sk-hush"
    assert dict(SecretHeaders({"a": "b"})) == {"a": "b"}


def test_secrets_are_compared_by_value() -> None:
    """A reload keeps the health of what stayed the same, and tells a new key from the old one."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert SecretHeaders({"a": "b"}) == SecretHeaders({"a": "b"})


def test_an_empty_secret_is_false() -> None:
    """Upstreams without keys are asked without the header."""
    assert not Secret("")
    assert Secret("x")
