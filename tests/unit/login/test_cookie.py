"""Logins by cookie: what a person may paste, and what is kept of it."""

from __future__ import annotations

import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.cookie import LONGEST, Cookie
from cliproxy.login.flow import LoginKind, LoginSession, NewAccount
from cliproxy.wire.http import Steps
from tests.unit.login.steps import NOW, start, talked


def account(whole: Secret, kept: Secret, session: LoginSession, now: float) -> Steps[NewAccount]:
    yield from ()
    return NewAccount(name="acme.json", fields={"whole": whole.reveal(), "kept": kept.reveal()})


FLOW = Cookie(provider="acme", page="https://acme.example", wanted="Auth", account=account)
SESSION = talked(FLOW.begin(start())).result


def test_he_is_asked_without_being_watched() -> None:
    assert (SESSION.provider, SESSION.kind, SESSION.url, SESSION.state) == ("acme", LoginKind.COOKIE, "", "")
    assert SESSION.is_secret
    assert "https://acme.example" in SESSION.question
    assert "Auth" in SESSION.question


@pytest.mark.parametrize(
    ("pasted", "whole", "kept"),
    [
        ("Auth=x1", "Auth=x1;", "Auth=x1;"),
        ("a=b; Auth=x1; c=d", "a=b; Auth=x1; c=d;", "Auth=x1;"),
        ("  a=b;\n\tAuth=x1 ;;", "a=b; Auth=x1;", "Auth=x1;"),
        ("Cookie: a=b; Auth=x1;", "a=b; Auth=x1;", "Auth=x1;"),
        ("Auth=x1==; Auth=x2", "Auth=x1==; Auth=x2;", "Auth=x1==;"),
    ],
)
def test_what_counts_is_found_and_only_that_is_kept(pasted: str, whole: str, kept: str) -> None:
    made = talked(FLOW.finish(SESSION, {"answer": pasted}, now=NOW)).result

    assert made.fields == {"whole": whole, "kept": kept}


@pytest.mark.parametrize(
    ("pasted", "told"),
    [
        ("", "there is no Auth="),
        ("a=b; XAuth=x-secret", "there is no Auth="),
        ("Auth=", "there is no Auth="),
        ("auth=x-secret", "there is no Auth="),
        ("Auth=x-secret\x00", "there is no Auth="),
        ("Auth=x-secret; b=ü", "there is no Auth="),
        ("Auth=" + "x-secret" * LONGEST, "too long for a cookie"),
    ],
)
def test_what_is_no_cookie_is_refused_in_words(pasted: str, told: str) -> None:
    with pytest.raises(LoginError, match=rf"^acme: .*{told}.*copy the `Cookie` header") as refused:
        next(FLOW.finish(SESSION, {"answer": pasted}, now=NOW))
    assert "x-secret" not in str(refused.value)


def test_a_cookie_can_come_too_late_and_the_vendor_can_be_away() -> None:
    def cut(whole: Secret, kept: Secret, session: LoginSession, now: float) -> Steps[NewAccount]:
        yield from ()
        raise ConnectionError("cut")

    with pytest.raises(LoginError, match=r"^acme: .*came too late"):
        next(FLOW.finish(SESSION, {"answer": "Auth=x"}, now=SESSION.expires_at + 1))
    away = Cookie(provider="acme", page="https://acme.example", wanted="Auth", account=cut)
    with pytest.raises(LoginError, match=r"^acme: cut; check the network"):
        next(away.finish(SESSION, {"answer": "Auth=x"}, now=NOW))
