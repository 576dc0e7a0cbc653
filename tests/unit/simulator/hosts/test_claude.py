"""Anthropic by key and by login, as the simulator plays it."""

import pytest

from cliproxy.simulator import Window
from cliproxy.simulator.hosts import Hosts
from cliproxy.simulator.people import ANN
from tests.unit.simulator.asking import json_of
from tests.unit.simulator.hosts.visiting import HELLO, NOW, hosts, refusal_of, request, visit

URL = "https://api.anthropic.com/v1/messages?beta=true"
BODY = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": HELLO}
LOGIN = {"anthropic-version": "2023-06-01", "anthropic-beta": "a-2025-01-01, oauth-2025-04-20"}
KEY = {"anthropic-version": "2023-06-01", "x-api-key": "sk-1", "authorization": ""}


def test_an_account_hears_what_is_left() -> None:
    """With every answer, of both windows."""
    answer = visit(URL, BODY, LOGIN)
    told = {name: value for name, value in answer.headers.items() if "ratelimit" in name}

    assert json_of(answer)["content"][0]["text"] == 'You said: "hello".'
    assert told["anthropic-ratelimit-unified-status"] == "allowed"
    assert told["anthropic-ratelimit-unified-5h-reset"] == str(int(NOW) + 5 * 3600)
    assert "anthropic-ratelimit-unified-7d-utilization" in told


def test_a_key_has_a_header_of_its_own() -> None:
    """It is no plan, so nothing of windows is told."""
    answer = visit(URL, BODY, KEY)

    assert answer.status == 200
    assert not [name for name in answer.headers if "unified" in name]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"anthropic-version": "2023-06-01"}, 401, "OAuth authentication is currently not supported."),
        (LOGIN | {"authorization": "Bearer ended"}, 401, "OAuth token has expired"),
        (LOGIN | {"authorization": ""}, 401, "x-api-key header is required"),
        (KEY | {"x-api-key": "sk-2"}, 401, "invalid x-api-key"),
        (LOGIN | {"anthropic-version": ""}, 400, "anthropic-version: header is required"),
    ],
)
def test_what_is_wrong_is_refused(headers: dict[str, str], status: int, words: str) -> None:
    """A login without its beta above all."""
    found, said = refusal_of(visit(URL, BODY, headers))

    assert (found, words in said) == (status, True)


def test_a_login_is_no_key() -> None:
    """A token of a login in the key's header does not do, good as it is."""
    playing = Hosts(lambda _vendor, token: ANN if token == "sk-ant-oat01-ann" else None, lambda: NOW)
    as_key = request(URL, BODY, KEY | {"x-api-key": "sk-ant-oat01-ann"})
    as_login = request(URL, BODY, LOGIN | {"authorization": "Bearer sk-ant-oat01-ann"})

    assert refusal_of(playing.answer(as_key)) == (401, "invalid x-api-key")
    assert playing.answer(as_login).status == 200


def test_a_spent_window_refuses_one_account() -> None:
    """And says until when; the other goes on."""
    playing = hosts()
    playing.limit("claude/ann@example.com", Window(1, 18000))
    first, second = (playing.answer(request(URL, BODY, LOGIN)) for _ in range(2))
    bob = playing.answer(request(URL, BODY, LOGIN | {"authorization": "Bearer at-bob"}))

    assert (first.status, second.status, bob.status) == (200, 429, 200)
    assert second.headers["anthropic-ratelimit-unified-5h-status"] == "rejected"
    assert second.headers["retry-after"] == "18000"


def test_unknown_paths_and_models_are_refused() -> None:
    """The login's own addresses are not here."""
    assert refusal_of(visit("https://api.anthropic.com/v1/complete", BODY, LOGIN))[0] == 404
    assert refusal_of(visit(URL, {**BODY, "model": "missing"}, LOGIN)) == (404, "model: missing")
