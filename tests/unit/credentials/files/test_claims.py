"""What an id token says of its account, and nothing where it says nothing."""

from __future__ import annotations

import base64

import pytest

from cliproxy.credentials.files.claims import claims, openai_claims


def _token(payload: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(payload).decode()}.x"


def test_claims_are_read() -> None:
    """With and without the padding; letters of any language."""
    token = _token('{"email":"jö@example.com?>"}'.encode())

    assert claims(token) == claims(token.replace("=", "")) == {"email": "jö@example.com?>"}
    assert openai_claims(_token(b'{"https://api.openai.com/auth":{"chatgpt_plan_type":"plus"}}')) == {
        "chatgpt_plan_type": "plus"
    }


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "a.!.c",
        "a.ä.c",
        "..",
        "a.eA.c",
        _token(b"[]"),
        _token(b"\xff"),
        _token(b"[" * 10_000),
    ],
)
def test_other_texts_have_no_claims(token: str) -> None:
    """Access tokens of some vendors are opaque, and files hold anything."""
    assert claims(token) == {}
    assert openai_claims(token) == {}


def test_a_claim_of_another_shape_is_none() -> None:
    """It comes from elsewhere."""
    assert openai_claims(_token(b'{"https://api.openai.com/auth":"plus"}')) == {}
