"""How a request goes to one account: over a socket or not, in full or not, to which addresses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from cliproxy import dialects as dialect_package
from cliproxy.access.principal import Principal
from cliproxy.conversation.model import ModelInfo
from cliproxy.credentials.credential import Credential, Secret
from cliproxy.dialects.base import Dialect, Operation
from cliproxy.discovery import declared
from cliproxy.dispatch.exchange import Exchange
from cliproxy.dispatch.memory import Remembered
from cliproxy.dispatch.proofs import KeptProofs
from cliproxy.dispatch.way_there import Holds, WayThere, socket_of
from cliproxy.providers import antigravity, codex
from cliproxy.providers.base import Provider
from cliproxy.routing.model_name import read
from cliproxy.routing.plan import Plan, Target
from cliproxy.wire.http import Carrier, HttpRequest

DIALECTS = declared(dialect_package, "DIALECT", Dialect)
RESPONSES, MESSAGES = "openai_responses", "anthropic_messages"
ACCOUNT = Credential("codex.json", "codex", Secret("at-1"), details={"account_id": "a-1", "websockets": True})
BEFORE = Remembered(ACCOUNT.id, (b'{"role":"user","content":"one"}',))


def target_at(provider: Provider, dialect: str = RESPONSES) -> Target:
    endpoint = provider.endpoint_for(dialect, Operation.GENERATE, stream=True)
    assert endpoint is not None
    return Target(provider, endpoint, "m", ModelInfo("m"))


def exchange_in(dialect: str = RESPONSES, **more: Any) -> Exchange:
    said = "input" if dialect == RESPONSES else "messages"
    body: dict[str, Any] = {"model": "m", "stream": True, "max_tokens": 9, said: [{"role": "user", "content": "two"}]}
    if more.get("before"):
        body["previous_response_id"] = "resp_1"
    data = json.dumps(body).encode()
    spoken = DIALECTS[dialect]
    plan = Plan("m", read("m").base, (), {}, None)
    head = spoken.read_head(data, {})
    return Exchange("x", spoken, Operation.GENERATE, head, data, {}, Principal("who"), plan, **more)


def way(
    exchange: Exchange,
    credential: Credential = ACCOUNT,
    *,
    provider: Provider = codex.PROVIDER,
    holds: Holds | None = None,
) -> WayThere:
    target = target_at(provider, provider.endpoints[0].dialect)
    upstream = DIALECTS[target.endpoint.dialect]
    return WayThere(exchange, target, credential, upstream, KeptProofs(), lambda: 0.0, holds)


def never(request: HttpRequest) -> bool:
    return False


def always(request: HttpRequest) -> bool:
    return True


def test_an_account_has_a_socket_where_its_operator_says_so() -> None:
    target = target_at(codex.PROVIDER)

    found = socket_of(target, ACCOUNT)
    assert found is not None
    assert found.carrier is Carrier.WEBSOCKET
    assert socket_of(target, structs.replace(ACCOUNT, details={})) is None
    assert socket_of(target, structs.replace(ACCOUNT, details={"websockets": "yes"})) is None


def test_a_socket_is_for_a_client_that_has_one() -> None:
    request = way(exchange_in(channel="c"), holds=never).prepared().request

    assert (request.carrier, request.channel) == (Carrier.WEBSOCKET, "c")


@pytest.mark.parametrize(
    ("exchange", "holds"),
    [
        (exchange_in(), never),
        (exchange_in(channel="c"), None),
        (exchange_in(MESSAGES, channel="c"), never),
    ],
    ids=["no channel", "nothing carries it", "another dialect"],
)
def test_everything_else_goes_over_http(exchange: Exchange, holds: Holds | None) -> None:
    there = way(exchange, holds=holds)
    request = there.prepared().request

    assert not there.is_a_socket
    assert (request.carrier, request.channel) == (Carrier.HTTP, "")


@pytest.mark.parametrize("holds", [always, never])
def test_only_what_is_new_is_said_where_the_socket_is_still_there(holds: Holds) -> None:
    request = way(exchange_in(channel="c", before=BEFORE), holds=holds).prepared().request
    body = json.loads(request.body)

    assert ("previous_response_id" in body) == (holds is always)
    assert len(body["input"]) == (1 if holds is always else 2)


@pytest.mark.parametrize("changed", [{"is_forgotten": True}, {"before": structs.replace(BEFORE, account="other")}])
def test_everything_is_said_to_an_account_that_does_not_know_it(changed: dict[str, Any]) -> None:
    exchange = replace(exchange_in(channel="c", before=BEFORE), **changed)
    body = json.loads(way(exchange, holds=always).prepared().request.body)

    assert "previous_response_id" not in body
    assert len(body["input"]) == 2


def test_without_its_socket_everything_is_said_over_http() -> None:
    there = way(exchange_in(channel="c", before=BEFORE), holds=always)
    there.without_socket()
    request = there.prepared().request

    assert request.carrier is Carrier.HTTP
    assert len(json.loads(request.body)["input"]) == 2
    assert "openai-beta" not in {name.lower() for name, _ in request.headers}
    assert not there.is_kept


def test_a_key_s_upstream_keeps_replies_and_a_login_s_only_its_socket() -> None:
    key = Credential("codex:apikey:1", "codex", Secret("sk-1"), base_url="https://api.example/v1")

    assert way(exchange_in(), key).is_kept
    assert not way(exchange_in()).is_kept
    assert way(exchange_in(channel="c"), holds=never).is_kept
    assert not way(exchange_in(MESSAGES), key).is_kept


def test_a_provider_s_hosts_are_asked_unless_the_account_has_its_own() -> None:
    provider = replace(antigravity.PROVIDER, hosts=("https://one.example", "https://two.example"))
    google = Credential("a.json", "antigravity", Secret("at-1"), project="p")
    there = way(exchange_in(MESSAGES), google, provider=provider)
    request = there.prepared().request

    path = "/v1internal:streamGenerateContent?alt=sse"
    assert there.urls(request) == (f"https://one.example{path}", f"https://two.example{path}")

    own = structs.replace(google, base_url="https://mine.example")
    there = way(exchange_in(MESSAGES), own, provider=provider)
    request = there.prepared().request
    assert there.urls(request) == (f"https://mine.example{path}",)


def test_a_provider_without_hosts_is_asked_where_it_is() -> None:
    there = way(exchange_in())
    request = there.prepared().request

    assert there.urls(request) == (request.url,)
