"""Where tokens lie in a file; `test_document.py` has whole files."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.account import credentials_of
from cliproxy.credentials.files.fields import inner_tokens


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


def test_an_account_without_a_name_is_known_by_its_file() -> None:
    """Its tokens change with each refresh, and its health is kept all the same."""
    (before,) = credentials_of("auths/a.json", {"type": "qwen", "refresh_token": "hush"})
    (after,) = credentials_of("auths/a.json", {"type": "qwen", "refresh_token": "hush-hush"})
    (other,) = credentials_of("auths/b.json", {"type": "qwen", "refresh_token": "hush"})

    assert before.account == after.account
    assert before.account != other.account


def test_a_key_that_a_cookie_bought_ends_by_a_clock_in_china() -> None:
    """So iFlow writes it; with a zone, or where there is no cookie, it is as it says."""

    def ends(**fields: object) -> float | None:
        return credentials_of("auths/iflow.json", {"type": "iflow", "api_key": "k", **fields})[0].expires_at

    assert ends(cookie="BXAuth=c;", expired="2026-03-13 20:00") == 1773403200.0
    assert ends(cookie="BXAuth=c;", expired="2026-03-13T12:00:00Z") == 1773403200.0
    assert ends(cookie="", expired="2026-03-13 12:00") == 1773403200.0
