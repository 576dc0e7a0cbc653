"""Grants: how they are asked for, and what every answer means to the person who waits."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client
from cliproxy.login.token_server import LONGEST_MESSAGE, asking, expiry, granted, plain, token_in, words
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import NOW, answer, fields_of

URL = "https://acme.example/token"
CODE = Secret("code/with+signs")


def test_a_form_names_the_client_after_the_grant() -> None:
    request = asking(URL, {"grant_type": "x"}, Client("ours", Secret("shh")), {"scope": "a b"}, proxy="http://p:1")

    assert (request.method, request.url, request.proxy) == ("POST", URL, "http://p:1")
    assert list(fields_of(request).items()) == [
        ("grant_type", "x"),
        ("client_id", "ours"),
        ("client_secret", "shh"),
        ("scope", "a b"),
    ]
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_some_vendors_want_json_and_a_header() -> None:
    request = asking(URL, {}, Client("ours", Secret("shh")), as_json=True, basic=True, headers=(("X", "y"),))

    assert msgspec.json.decode(request.body) == {"client_id": "ours", "client_secret": "shh"}
    assert dict(request.headers)["Authorization"] == f"Basic {base64.b64encode(b'ours:shh').decode()}"
    assert dict(request.headers)["X"] == "y"


def test_a_token_s_end_is_reckoned_from_the_moment_it_came() -> None:
    """A login takes minutes, so the time at its start would be wrong."""
    given = {"access_token": "at", "refresh_token": "rt", "id_token": "idt", "expires_in": 3600, "more": 1}
    tokens = granted(answer(given, at=NOW + 100), "acme", now=NOW)

    assert (tokens.at, tokens.expires_at) == (NOW + 100, NOW + 3700)
    assert (tokens.access_token, tokens.refresh_token, tokens.id_token) == (Secret("at"), Secret("rt"), Secret("idt"))
    assert tokens.answer["more"] == 1
    assert tokens.notes == ()
    assert "rt" not in repr(tokens).replace("expires_at", "")


def test_a_login_without_a_refresh_token_is_told_to_be_short() -> None:
    tokens = granted(answer({"access_token": "at"}), "acme", now=NOW)

    assert (tokens.at, tokens.expires_at) == (NOW, None)
    assert "log in again" in tokens.notes[0]


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (answer({"error": "invalid_grant", "error_description": "Code was reused"}, 400), r"used before.*Code was reu"),
        (answer({"error": {"code": "invalid_grant", "message": "gone"}}, 401), r"used before or is too old \(gone\)"),
        (answer({"error": "invalid_client"}, 401), r"oauth-clients\.acme"),
        (answer({"error": {"type": "rate_limit_error"}}, 429), "wait a few minutes"),
        (answer(b"<html>slow down</html>", 429), "wait a few minutes"),
        (answer(b"<html>Bad gateway</html>", 502), "failed with 502; log in again in a few minutes"),
        (answer({"error": "server_error"}, 500), r"failed with 500 \(server_error\)"),
        (answer(b"<!DOCTYPE html><title>Just a moment</title>", 403), "403 and no JSON.*firewall"),
        (answer(b"<html>hello</html>"), "200 and no JSON"),
        (answer(b"\xff\xfe", 200), "no JSON"),
        (answer(b"[" * 100_000, 200), "no JSON"),
        (answer({"error": "unsupported_grant_type"}, 400), r"refused the login with 400 \(unsupported_grant_type\)"),
        (answer({}, 403), "refused the login with 403; log in again"),
        (answer({"error": "invalid_scope"}), r"refused the login with 200 \(invalid_scope\)"),
        (answer({"token_type": "Bearer"}), "without a token"),
        (answer({"access_token": ""}), "without a token"),
        (answer({"access_token": 7}), "without a token"),
        (answer({"access_token": "a b\n"}), "without a token"),
    ],
)
def test_every_refusal_says_what_happened_and_what_to_do(response: HttpResponse, told: str) -> None:
    with pytest.raises(LoginError, match=f"^acme: .*{told}") as refused:
        granted(response, "acme", CODE, now=NOW)
    assert "<" not in str(refused.value)


@pytest.mark.parametrize("echoed", [CODE.reveal(), "code%2Fwith%2Bsigns"])
@pytest.mark.parametrize("name", ["error", "error_description", "message", "detail"])
def test_a_vendor_that_repeats_a_secret_is_not_repeated(name: str, echoed: str) -> None:
    with pytest.raises(LoginError) as refused:
        granted(answer({name: f"{echoed} is unknown"}, 400), "acme", CODE, Secret(""), now=NOW)
    assert echoed not in str(refused.value)
    assert "***" in str(refused.value)


def test_words_are_one_short_line() -> None:
    """They end in a terminal: no colours, no new lines, nothing that turns the writing around."""
    line = plain("a\x1b[31m\r\nb\u202ec" + "x" * 1000)

    assert line.startswith("a [31m b c")
    assert len(line) == LONGEST_MESSAGE


@given(st.dictionaries(st.sampled_from(["error", "code", "message", "detail"]), st.none() | st.integers() | st.text()))
def test_any_refusal_can_be_read(body: dict[str, Any]) -> None:
    codes, said = words(body, CODE)

    assert "" not in codes
    assert all(code.isprintable() for code in codes)
    assert said.isprintable()


@pytest.mark.parametrize(
    ("lasts", "at"), [(60, 160), ("60", 160), (None, None), (0, None), (-1, None), (1e99, None), ([], None)]
)
def test_a_life_that_makes_no_sense_is_not_known(lasts: object, at: float | None) -> None:
    assert expiry(lasts, 100) == at


def test_what_no_header_could_carry_is_no_token() -> None:
    """It would be written into a file that could then not be read."""
    assert token_in({"t": " at-1 "}, "t") == Secret("at-1")
    assert not token_in({"t": "at\n1"}, "t")
    assert not token_in({"t": "ät"}, "t")
