"""Who of those who could serve can be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy import dialects as dialect_package
from cliproxy.access.principal import Principal
from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.dispatch.eligible import Eligible, maker_of_what_came_before
from cliproxy.dispatch.exchange import Exchange, NobodyToWarm
from cliproxy.dispatch.lasting import Lasting
from cliproxy.errors import GatewayError
from cliproxy.providers import codex
from cliproxy.routing.plan import Plan, Target

DIALECT = declared(dialect_package, "DIALECT", Dialect)["openai_responses"]
KEY = Credential("key", "codex", Secret("sk-1"), base_url="https://api.example/v1")
LOGIN = Credential("login", "codex", Secret("at-1"))
SOCKET = Credential("socket", "codex", Secret("at-2"), details={"websockets": True})
ALL = (KEY, LOGIN, SOCKET)
NOW = 5.0


class Scene:
    """A pool, and what was kept of turns before."""

    def __init__(self, *credentials: Credential, holds_sockets: bool = True) -> None:
        self.lasting = Lasting()
        self._credentials = credentials or ALL
        pool = CredentialPool(self._credentials)
        holds = (lambda request: False) if holds_sockets else None
        self._eligible = Eligible(pool, self.lasting, holds, lambda: NOW)

    def exchange(self, continues: str = "", **more: Any) -> Exchange:
        """Return a request, for everybody."""
        endpoint = codex.PROVIDER.endpoint_for(DIALECT.name, Operation.GENERATE, stream=True)
        assert endpoint is not None
        candidates = tuple(Candidate(one.id, "m") for one in self._credentials)
        target = Target(codex.PROVIDER, endpoint, "m", ModelInfo("m"))
        body = {"model": "m", "input": "hi", **({"previous_response_id": continues} if continues else {})}
        data = json.dumps(body).encode()
        plan = Plan("m", "m", candidates, dict.fromkeys(candidates, target))
        head = DIALECT.read_head(data, {})
        return Exchange("x", DIALECT, Operation.GENERATE, head, data, {}, Principal("who"), plan, **more)

    def ids(self, exchange: Exchange) -> list[str]:
        return [candidate.credential_id for candidate in self._eligible.for_(exchange)]

    def keep(self, reply: str, *, account: str = "", before: str = "") -> None:
        self.lasting.replies.keep("who", reply, [b"{}"], account=account, before=before, now=NOW)


def test_whoever_could_serve_can_be_asked() -> None:
    scene = Scene()

    assert scene.ids(scene.exchange()) == ["key", "login", "socket"]


def test_a_count_is_asked_of_those_whose_upstream_counts() -> None:
    """Codex's own host has no such address; who has only logins there gets an estimate."""
    scene = Scene()
    exchange = scene.exchange()
    exchange.operation = Operation.COUNT_TOKENS

    assert scene.ids(exchange) == ["key"]


def test_what_was_said_before_is_recalled_so_that_anybody_can_go_on() -> None:
    scene = Scene()
    scene.keep("resp_1", account="socket")
    exchange = scene.exchange("resp_1")

    assert scene.ids(exchange) == ["key", "login", "socket"]
    assert exchange.before is not None
    assert maker_of_what_came_before(exchange) == Candidate("socket", "m")


def test_what_nobody_here_remembers_may_be_known_to_who_keeps_replies() -> None:
    scene = Scene()
    exchange = scene.exchange("resp_1")

    assert scene.ids(exchange) == ["key"]
    assert maker_of_what_came_before(exchange) is None


def test_half_of_a_conversation_can_only_go_on_where_the_rest_is_known() -> None:
    scene = Scene()
    scene.keep("resp_2", account="key", before="resp_1")

    assert scene.ids(scene.exchange("resp_2")) == ["key"]


def test_a_reply_that_nobody_can_know_is_not_found() -> None:
    scene = Scene(LOGIN, SOCKET)
    with pytest.raises(GatewayError, match="resp_1"):
        scene.ids(scene.exchange("resp_1"))


def test_a_warm_up_is_for_those_who_have_a_socket() -> None:
    scene = Scene()

    assert scene.ids(scene.exchange(channel="c", is_warm_up=True)) == ["socket"]


@pytest.mark.parametrize(
    ("scene", "channel"), [(Scene(KEY, LOGIN), "c"), (Scene(holds_sockets=False), "c"), (Scene(), "")]
)
def test_where_nobody_has_one_nobody_is_warmed_up(scene: Scene, channel: str) -> None:
    with pytest.raises(NobodyToWarm):
        scene.ids(scene.exchange(channel=channel, is_warm_up=True))
