"""What people paste after a login in a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.errors import LoginError
from cliproxy.login.answers import LONGEST, answer_in

BOTH = {"code": "c-1", "state": "s-1"}


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("http://localhost:54545/callback?code=c-1&state=s-1", BOTH),
        ("  http://localhost:1455/auth/callback?state=s-1&code=c-1&scope=x \n", BOTH),
        ("'http://localhost:54545/callback?code=c-1&state=s-1'", BOTH),
        ("http://localhost:54545/callback?code=c-1\n  &state=s-1", BOTH),
        ("?code=c-1&state=s-1", BOTH),
        ("localhost:54545/callback?code=c-1&state=s-1", BOTH),
        ("code=c-1&state=s-1", BOTH),
        ("http://localhost/callback#code=c-1&state=s-1", BOTH),
        ("#code=c-1&state=s-1", BOTH),
        ("http://localhost/callback?code=c-1#state=s-1", BOTH),
        ("http://localhost/callback?code=c-1&state=s-1#code=other&state=other", BOTH),
        ("http://localhost/callback?code=c-1#s-1", BOTH),
        ("code=c-1&code=c-2&state=s-1", BOTH),
        ("c-1#s-1", BOTH),
        ("4/0AbCdEf_-", {"code": "4/0AbCdEf_-"}),
        ("4%2F0AbCdEf", {"code": "4/0AbCdEf"}),
        ("abcdefgh==", {"code": "abcdefgh=="}),
        (
            "http://localhost/callback?error=access_denied&error_description=not+today&state=s-1",
            {"error": "access_denied", "error_description": "not today", "state": "s-1"},
        ),
    ],
)
def test_every_form_is_understood(pasted: str, found: dict[str, str]) -> None:
    assert answer_in(pasted) == found


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "nothing was pasted"),
        (" \n", "nothing was pasted"),
        ("https://claude.ai/oauth/authorize", "neither a code nor an error"),
        ("https://claude.ai/oauth/authorize?client_id=x&state=s-1", "neither a code nor an error"),
        ("state=s-1", "neither a code nor an error"),
        ("#", "neither a code nor an error"),
        ("schlüssel", "neither a code nor an error"),
        ("x" * (LONGEST + 1), "longer than"),
        ("hello", "neither a code"),
    ],
)
def test_what_holds_no_answer_is_refused_in_words(pasted: str, words: str) -> None:
    """The person is told what to paste; what he pasted may be secret, and is not repeated."""
    with pytest.raises(LoginError, match=words) as refused:
        answer_in(pasted)
    assert "s-1" not in str(refused.value)


@given(st.text(max_size=200))
def test_whatever_is_pasted_is_an_answer_or_a_refusal(pasted: str) -> None:
    try:
        found = answer_in(pasted)
    except LoginError:
        return
    assert "code" in found or "error" in found
