"""The simulated token server: one use for each refresh token, and a witness of all."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from cliproxy.simulator import CutAt, Delay, Match, Pause, Refuse, Rule, Script, TokenServer, Upstream, WrongType
from cliproxy.simulator.answer import Answer
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.asking import ask, body_of, json_of, request, saying

FORM = {"content-type": "application/x-www-form-urlencoded"}


def present(tokens: TokenServer, token: str, path: str = "/oauth/token", **fields: str) -> Answer:
    body = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "c", **fields}
    return tokens.answer(request(path, urlencode(body).encode(), FORM))


def test_a_refresh_token_is_good_for_one_use() -> None:
    tokens = TokenServer(HandClock(), lifetime=60)
    first = tokens.log_in("ann")
    answer = json_of(present(tokens, first.refresh_token))
    again = present(tokens, first.refresh_token)

    assert (answer["expires_in"], tokens.owner_of(answer["access_token"])) == (60, "ann")
    assert answer["refresh_token"] != first.refresh_token
    assert (again.status, json_of(again)["error"]) == (400, "invalid_grant")
    assert present(tokens, answer["refresh_token"]).status == 200
    assert tokens.presented[first.refresh_token] == 2
    assert tokens.exchanged[first.refresh_token] == 1


def test_grace_lets_a_spent_token_work_for_a_while() -> None:
    clock = HandClock()
    tokens = TokenServer(clock, grace=30)
    first = tokens.log_in("ann")
    assert present(tokens, first.refresh_token).status == 200
    clock.advance(29)
    assert present(tokens, first.refresh_token).status == 200
    clock.advance(1)

    assert present(tokens, first.refresh_token).status == 400
    assert tokens.exchanged[first.refresh_token] == 2


def test_some_servers_do_not_rotate() -> None:
    tokens = TokenServer(HandClock(), rotates=False)
    first = tokens.log_in("ann")

    assert json_of(present(tokens, first.refresh_token))["refresh_token"] == first.refresh_token
    assert present(tokens, first.refresh_token).status == 200


def test_access_tokens_are_the_keys_until_they_end() -> None:
    """A key that is no token is known only where the upstream knows it by itself."""
    clock = HandClock()
    tokens = TokenServer(clock, lifetime=60)
    login = tokens.log_in("ann")
    upstream = Upstream(tokens=tokens, keys=frozenset({"sk-own"}))

    def status(key: str) -> int:
        asked = saying("openai_chat", "hello")
        return ask(upstream, asked.path, asked.body, {"authorization": f"Bearer {key}"}).status

    assert [status(key) for key in (login.access_token, "sk-own", "sk-other")] == [200, 200, 401]
    clock.advance(60)
    assert status(login.access_token) == 401


def test_an_account_can_be_revoked_and_log_in_again() -> None:
    tokens = TokenServer(HandClock())
    login = tokens.log_in("ann")
    tokens.revoke("ann")

    assert present(tokens, login.refresh_token).status == 400
    assert tokens.owner_of(login.access_token) == ""
    assert present(tokens, tokens.log_in("ann").refresh_token).status == 200


@pytest.mark.parametrize(
    ("fields", "status"), [({"grant_type": "password"}, 400), ({"client_id": ""}, 401), ({"refresh_token": "x"}, 400)]
)
def test_a_wrong_request_is_refused(fields: dict[str, str], status: int) -> None:
    tokens = TokenServer(HandClock())

    assert present(tokens, tokens.log_in("ann").refresh_token, **fields).status == status


def test_faults_are_scripted() -> None:
    """A refusal spends nothing; what goes wrong on the wire comes after the token was spent."""
    script = Script(Rule(Match(), Refuse(503), times=2), Rule(Match(model="ann"), WrongType()), Rule(Match(), Delay(5)))
    tokens = TokenServer(HandClock(), grace=60, script=script)
    token = tokens.log_in("ann").refresh_token
    answers = [present(tokens, token) for _ in range(4)]

    assert [answer.status for answer in answers] == [503, 503, 200, 200]
    assert b"<html>" in body_of(answers[2])
    assert answers[3].before == (Pause(5),)
    assert tokens.exchanged[token] == 2
    script.add(CutAt(None))
    assert not isinstance(present(tokens, token).before[-1], Pause)
    assert tokens.exchanged[token] == 3


def test_a_json_body_will_do_and_any_address_in_front() -> None:
    tokens = TokenServer(HandClock())
    login = tokens.log_in("ann")
    body = {"grant_type": "refresh_token", "refresh_token": login.refresh_token, "client_id": "c"}
    answer = ask(Upstream(tokens=tokens), "/v1/oauth2/token", body, {"content-type": "application/json"})

    assert answer.status == 200
    assert ask(Upstream(tokens=tokens), "/token", b"nonsense", {"content-type": "application/json"}).status == 400


def test_the_account_service_sells_a_key_for_a_token() -> None:
    """As iFlow's does."""
    tokens = TokenServer(HandClock())
    login = tokens.log_in("ann")
    upstream = Upstream(tokens=tokens)
    path = "/api/oauth/getUserInfo?accessToken="
    bought = upstream.answer(request(path + login.access_token, None, {}, "GET"))

    assert json_of(bought)["data"] == {"apiKey": login.access_token, "email": "ann"}
    assert upstream.answer(request(path + "x", None, {}, "GET")).status == 401
