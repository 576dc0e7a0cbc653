"""What authorization servers read and write."""

from __future__ import annotations

import pytest

from cliproxy.simulator.answer import Request
from cliproxy.simulator.authorization.words import basic_of, bearer_of, form_of, json_of, question, redirect
from cliproxy.simulator.grants import OAuthError
from tests.unit.simulator.asking import body_of

FORM = "application/x-www-form-urlencoded"


def request(body: bytes = b"", **headers: str) -> Request:
    return Request("POST", "/", {}, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize("kind", [FORM, "Application/X-WWW-Form-Urlencoded; charset=utf-8"])
def test_a_form_is_read(kind: str) -> None:
    assert form_of(request(b"a=1+2&b=", content_type=kind)) == {"a": "1 2", "b": ""}


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain"])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    with pytest.raises(OAuthError):
        form_of(request(b"a=1", content_type=kind))


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(OAuthError):
        json_of(request(body, content_type="application/json"))


def test_logins_are_read_from_the_header() -> None:
    assert bearer_of(request(authorization="Bearer token")) == "token"
    assert bearer_of(request(authorization="Basic token")) == bearer_of(request()) == ""
    assert basic_of(request(authorization="Basic YTpi")) == "a:b"
    assert [basic_of(request(authorization=found)) for found in ("Basic ?", "Basic /w==", "Bearer YTpi")] == [""] * 3


def test_a_redirect_keeps_what_the_address_has() -> None:
    assert redirect("http://x/y?a=1", {"b": "2 3"}).headers["location"] == "http://x/y?a=1&b=2+3"


def test_a_page_shows_no_markup_of_others() -> None:
    assert b"<script>" not in body_of(question("<script>", {'"><script>': '"><script>'}))
