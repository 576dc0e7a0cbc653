"""Where tokens lie in a file; `test_document.py` has whole files."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.account import credentials_of, inner_tokens


@pytest.mark.parametrize(
    ("values", "is_nested"),
    [
        ({"token": {"access_token": "a"}}, True),
        ({"token": {"access_token": "a"}, "access_token": "b"}, True),
        ({"token": {"refresh_token": "a"}}, True),
        ({"token": {}}, True),
        ({"token": {}, "access_token": "b"}, False),
        ({"token": "a", "access_token": "b"}, False),
        ({"access_token": "b"}, False),
    ],
)
def test_tokens_lie_in_one_place(values: dict[str, object], is_nested: bool) -> None:
    """Gemini's files nest them, and a users' document shows them flat."""
    assert (inner_tokens(values) is not None) == is_nested


def test_the_flat_form_of_a_gemini_file() -> None:
    """As one of the users' documents has it."""
    (credential,) = credentials_of(
        "auths/gemini_oauth_joe@example.com.json",
        {
            "access_token": "ya29.a",
            "refresh_token": "1//r",
            "expiry": "2026-03-13T12:00:00Z",
            "email": "joe@example.com",
        },
    )

    assert (credential.provider, credential.secret, credential.refresh_token) == (
        "gemini-cli",
        Secret("ya29.a"),
        Secret("1//r"),
    )
    assert credential.expires_at == 1773403200.0


def test_an_account_without_a_name_is_known_by_its_token() -> None:
    """By a digest: ids and logs show accounts."""
    (one,) = credentials_of("auths/a.json", {"type": "kimi", "refresh_token": "hush"})
    (other,) = credentials_of("auths/a.json", {"type": "kimi", "refresh_token": "hush-hush"})

    assert one.account != other.account
    assert "hush" not in one.account
