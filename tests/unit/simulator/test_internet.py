"""The internet: every vendor under its name."""

from __future__ import annotations

import pytest

from cliproxy.simulator import Match, NoContent, Refuse, Script, WrongType
from cliproxy.simulator.faults import CutAt
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import NAMES
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.test_claude import ASKED, CLIENT, PAGE, TOKEN, exchange
from tests.unit.simulator.authorization.test_kimi import HEADERS
from tests.unit.simulator.authorization.visiting import form, get, post

EMAIL = "ann@example.com"
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "oauth-2025-04-20"}
SAYING = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def internet(clock: HandClock) -> Internet:
    return Internet(clock, lifetime=60)


def refresh(internet: Internet, token: str) -> int:
    return post(internet, TOKEN, {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": token}).status


def test_what_a_login_gave_opens_the_upstream_until_it_ends(internet: Internet, clock: HandClock) -> None:
    token = post(internet, TOKEN, exchange(internet)).json["access_token"]

    def status() -> int:
        headers = {"authorization": f"Bearer {token}", **BETA}
        return post(internet, "https://api.anthropic.com/v1/messages", SAYING, headers).status

    assert status() == 200
    clock.advance(60)
    assert status() == 401


@pytest.mark.parametrize("vendor", ["claude", "openai", "google", "qwen", "kimi"])
def test_tokens_can_be_given_ended_and_taken_back(internet: Internet, vendor: str) -> None:
    """So that a test can begin with a credential file, and end its token when it likes."""
    books = internet.tokens[vendor]
    issued = books.log_in(EMAIL, client_id="c")
    assert internet.owner_of(vendor, issued.access_token) is internet.people[EMAIL]
    internet.expire(vendor, EMAIL)
    assert internet.owner_of(vendor, issued.access_token) is None
    again = books.refresh(issued.refresh_token, client_id="c")
    internet.revoke(vendor, EMAIL)

    assert internet.owner_of(vendor, again.access_token) is None


def test_every_host_is_named_in_the_certificate(internet: Internet) -> None:
    hosts = {host for server in internet.servers.values() for host in server.hosts}

    assert all(internet.knows(host) for host in (*hosts, "us-east1-aiplatform.googleapis.com"))
    assert all(internet.knows(name) for name in NAMES if not name.startswith("*"))
    assert all(host in NAMES or f"*.{host.partition('.')[2]}" in NAMES for host in hosts)
    assert not internet.knows("example.com")
    assert get(internet, "https://example.com/").status == 404


def test_calls_are_remembered_with_their_host(internet: Internet) -> None:
    get(internet, PAGE, ASKED)
    post(internet, "https://api.anthropic.com/v1/messages", SAYING)

    assert [(call.host, call.path) for call in internet.calls] == [
        ("claude.ai", "/oauth/authorize"),
        ("api.anthropic.com", "/v1/messages"),
    ]


def test_a_refusal_spends_nothing_and_a_fault_on_the_wire_comes_after(internet: Internet) -> None:
    token = internet.tokens["claude"].log_in(EMAIL, client_id=CLIENT).refresh_token
    internet.script.add(Refuse(500), Match(model=EMAIL))
    internet.script.add(WrongType(), Match(key=token, path_contains="/oauth/token"))

    assert refresh(internet, token) == 500
    assert internet.tokens["claude"].exchanged[token] == 0
    assert refresh(internet, token) == 200
    assert internet.tokens["claude"].exchanged[token] == 1
    assert refresh(internet, token) == 400


def test_a_fault_may_be_for_one_host() -> None:
    script = Script()
    script.add(CutAt(None), Match(host="auth.kimi.com"), times=None)
    internet = Internet(HandClock(), script=script)
    form(internet, "https://auth.kimi.com/api/oauth/device_authorization", {"client_id": "x"}, HEADERS)

    assert script.rules[0].applied == 1
    assert get(internet, PAGE, ASKED).status == 302
    assert script.rules[0].applied == 1


def test_a_login_has_no_content_to_leave_out(internet: Internet) -> None:
    internet.script.add(NoContent())

    with pytest.raises(ValueError, match="NoContent"):
        get(internet, PAGE, ASKED)


def test_a_device_is_decided_by_its_code(internet: Internet) -> None:
    start = "https://auth.kimi.com/api/oauth/device_authorization"
    device = form(internet, start, {"client_id": "17e5f671-d194-4dfb-9706-5516cb48c098"}, HEADERS).json

    assert not internet.approve("AAAA-0000")
    assert internet.approve(device["user_code"])
    assert not internet.deny(device["user_code"])
