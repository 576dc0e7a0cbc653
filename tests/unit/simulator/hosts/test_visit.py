"""One request at a host: who asks, and as whom the speakers are asked."""

import pytest

from cliproxy.simulator import Upstream
from cliproxy.simulator.accounts import Accounts, Window
from cliproxy.simulator.hosts import claude, codex
from cliproxy.simulator.hosts.visit import Backing, Host, Visit
from cliproxy.simulator.people import ANN
from cliproxy.simulator.vendor import Refused
from tests.unit.simulator.asking import Json
from tests.unit.simulator.hosts.visiting import HELLO, NOW, owner_of, request

URL = "https://api.anthropic.com/v1/messages"
BODY: Json = {"model": "claude", "max_tokens": 10, "messages": HELLO}


def visiting(
    body: Json | bytes = BODY, headers: dict[str, str] | None = None, host: Host = claude.HOST
) -> tuple[Visit, Upstream]:
    accounts = Accounts({}, lambda: NOW)
    speakers = Upstream(accounts=accounts)
    asked = request(URL, body, headers)
    return Visit(asked, host, Backing(owner_of, {"sk-1"}, accounts, speakers)), speakers


def test_an_account_is_a_persons_at_one_host() -> None:
    """So that what is used at one is not missing at another."""
    for host in (claude.HOST, codex.HOST):
        visit, _ = visiting(host=host)
        assert visit.account() == visit.account_of(ANN) == f"{host.name}/ann@example.com"


def test_a_known_key_is_an_account_of_its_own() -> None:
    """Wherever it stands."""
    visit, _ = visiting(headers={"authorization": "Bearer sk-1"})

    assert (visit.account(), visit.key) == ("sk-1", "sk-1")
    assert visiting(headers={"authorization": "", "x-goog-api-key": "sk-1"})[0].key == "sk-1"


@pytest.mark.parametrize(("token", "words"), [("", "x-api-key header is required"), ("Bearer ended", "expired")])
def test_nobody_has_no_account(token: str, words: str) -> None:
    """In the host's words."""
    with pytest.raises(Refused, match=words):
        visiting(headers={"authorization": token})[0].account()


def test_speakers_are_asked_in_the_name_of_an_account() -> None:
    """No key of the request reaches them."""
    visit, speakers = visiting(headers={"x-api-key": "sk-2", "x-other": "stays"})
    answer = visit.ask(visit.account(), {**BODY, "stream": True}, "/elsewhere/messages")
    [call] = speakers.calls

    assert (answer.status, call.key, call.path) == (200, "claude/ann@example.com", "/elsewhere/messages")
    assert "x-api-key" not in call.headers
    assert call.headers["x-other"] == "stays"
    assert call.json()["stream"] is True


def test_the_windows_of_an_account_can_be_changed_before_it_comes() -> None:
    """A plan is only what it has unless told otherwise."""
    visit, speakers = visiting()
    assert speakers.accounts is not None
    speakers.accounts.change("claude/ann@example.com", windows=(Window(0, 60),), is_plan=True)

    assert visit.ask(visit.account()).status == 429


def test_a_body_that_is_no_object_is_refused() -> None:
    """The model is nothing then."""
    visit, _ = visiting(body=b"[1]")

    assert visit.model == ""
    with pytest.raises(Refused, match="JSON"):
        assert visit.body
