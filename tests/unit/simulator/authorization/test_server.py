"""The two pages that somebody may see in his browser."""

from __future__ import annotations

import re

import pytest

from cliproxy.simulator.authorization.server import Consent
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.people import Person
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.test_claude import ASKED, BACK, PAGE
from tests.unit.simulator.authorization.test_qwen import poll, start
from tests.unit.simulator.authorization.visiting import Reply, form, get

FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')
PEOPLE = Person("ann@example.com"), Person("ben@example.com")


@pytest.fixture
def internet() -> Internet:
    return Internet(HandClock(), PEOPLE, Consent.ASKS, interval=0)


def pressed(internet: Internet, url: str, page: Reply, decision: str) -> Reply:
    """Send the form that a page shows, by one of its buttons."""
    fields = dict(FIELD.findall(page.body.decode()))
    assert f'value="{decision}"' in page.body.decode()
    return form(internet, url, {**fields, "decision": decision})


def test_a_page_with_two_buttons_asks_who_is_at_the_browser(internet: Internet) -> None:
    internet.visitor.email = "ben@example.com"
    page = get(internet, PAGE, ASKED)
    back = pressed(internet, PAGE, page, "allow")

    assert (page.status, page.is_page) == (200, True)
    assert (back.status, back.address, back.query["state"]) == (302, BACK, "s")
    assert internet.tokens["claude"].holder_of(back.query["code"]) == "ben@example.com"


def test_whoever_denies_is_sent_back_with_an_error(internet: Internet) -> None:
    denied = pressed(internet, PAGE, get(internet, PAGE, ASKED), "deny")
    internet.visitor.consent = Consent.DENIED
    at_once = get(internet, PAGE, ASKED)

    assert denied.query["error"] == at_once.query["error"] == "access_denied"
    assert denied.query["state"] == "s"
    assert "code" not in denied.query


def test_a_form_is_checked_like_the_page(internet: Internet) -> None:
    """Or it would be a way around."""
    assert form(internet, PAGE, {**ASKED, "redirect_uri": "http://evil.example/", "decision": "allow"}).status == 400


@pytest.mark.parametrize(("decision", "error"), [("allow", None), ("deny", "access_denied")])
def test_a_device_is_allowed_by_a_button(internet: Internet, decision: str, error: str | None) -> None:
    device = start(internet).json
    url = device["verification_uri_complete"].partition("?")[0]
    typed = get(internet, url)
    page = get(internet, url, {"user_code": device["user_code"]})

    assert b'name="user_code"' in typed.body
    assert poll(internet, device["device_code"]).error == "authorization_pending"
    assert pressed(internet, url, page, decision).status == 200
    assert poll(internet, device["device_code"]).json.get("error") == error


def test_a_page_that_is_not_there_is_not_found(internet: Internet) -> None:
    assert get(internet, "https://claude.ai/other").status == 404
