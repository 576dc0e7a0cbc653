"""The pages of logins: whole, plain, and nobody else's."""

from __future__ import annotations

from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from cliproxy.server.login_page import LoginPage, button, elsewhere, link, names_loopback, peer_is_here, refused


def text_of(page: LoginPage) -> str:
    return cast("str", page.response().text)


def asked(host: str, **more: str) -> web.BaseRequest:
    headers = {"Host": host, **{name.replace("_", "-"): value for name, value in more.items()}}
    return make_mocked_request("GET", "/", headers)


def test_a_page_is_whole_by_itself() -> None:
    """It loads nothing and runs nothing, and no cache keeps it."""
    response = LoginPage("Done", ("One.", "Two."), mood="done").response()

    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    text = cast("str", response.text)
    assert "<p>One.</p><p>Two.</p>" in text
    assert 'lang="en"' in text
    assert "color-scheme:light dark" in text
    assert "src=" not in text


def test_words_are_escaped() -> None:
    """A vendor's reason may hold anything."""
    page = text_of(refused('<b>"x"', "<img src=x>", status=400))

    assert "<b>" not in page
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page


def test_buttons_and_links_are_escaped() -> None:
    """Also what stands in an attribute."""
    assert '"><script' not in button('/x"><script>', "go", {"kind": '"><script>'})
    assert 'href="https://acme.example/?a=1&amp;b=&quot;"' in link('https://acme.example/?a=1&b="')
    assert "href" not in link("javascript:alert(1)")


def test_a_page_that_leads_elsewhere() -> None:
    """After a form, so that loading it anew does not send it again."""
    response = elsewhere("https://acme.example/consent").response()

    assert response.status == 303
    assert response.headers["Location"] == "https://acme.example/consent"


def test_a_page_that_looks_again() -> None:
    """Without a script."""
    assert '<meta http-equiv="refresh" content="3">' in text_of(LoginPage("Wait", reload_after=3))
    assert "refresh" not in text_of(LoginPage("Wait"))


@pytest.mark.parametrize("host", ["localhost:8317", "127.0.0.1", "[::1]:8317", "LOCALHOST"])
def test_names_of_this_machine(host: str) -> None:
    """With or without a port."""
    assert names_loopback(asked(host))


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "a b"]
)
def test_names_of_others(host: str) -> None:
    """A name that somebody made lead here is how foreign pages get in."""
    assert not names_loopback(asked(host))


def test_who_is_here() -> None:
    """By the socket; whoever was passed on may be anybody."""
    here = asked("localhost").clone(remote="127.0.0.1")

    assert peer_is_here(here)
    assert peer_is_here(here.clone(remote="::1"))
    assert peer_is_here(here.clone(remote="::ffff:127.0.0.1"))
    assert not peer_is_here(here.clone(remote="192.168.1.7"))
    assert not peer_is_here(asked("localhost", X_Forwarded_For="1.2.3.4").clone(remote="127.0.0.1"))
