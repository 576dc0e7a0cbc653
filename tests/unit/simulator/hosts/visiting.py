"""Asking a vendor's host without a socket."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cliproxy.simulator import Answer, Request, Script
from cliproxy.simulator.hosts import Hosts
from cliproxy.simulator.people import ANN, Person
from tests.unit.simulator.asking import Json, body_of

NOW = 1_800_000_000.0
TOKEN = "at-ann"
BOB = Person("bob@example.com", account_id="acc-2", projects=("project-2",))
HELLO: list[Json] = [{"role": "user", "content": "hello"}]


def owner_of(_vendor: str, token: str) -> Person | None:
    return {TOKEN: ANN, "at-bob": BOB}.get(token)


def hosts(script: Script | None = None, **more: Any) -> Hosts:
    """Return hosts at which Ann and Bob have accounts, and `sk-1` is a key."""
    return Hosts(owner_of, lambda: NOW, script=script, keys=("sk-1",), **more)


def request(url: str, body: Json | bytes | None, headers: Mapping[str, str] | None = None, **more: str) -> Request:
    """Return a request with Ann's token, unless the headers bring another or none."""
    host, _, rest = url.removeprefix("https://").partition("/")
    path, _, query = rest.partition("?")
    encoded = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    given = {"authorization": f"Bearer {TOKEN}", **(headers or {})}
    return Request(
        method=more.get("method", "POST"),
        path=f"/{path}",
        query=dict(pair.split("=", 1) for pair in query.split("&") if pair),
        headers={name: value for name, value in given.items() if value},
        body=encoded,
        host=host,
    )


def visit(url: str, body: Json | bytes | None, headers: Mapping[str, str] | None = None, **more: str) -> Answer:
    return hosts().answer(request(url, body, headers, **more))


def refusal_of(answer: Answer) -> tuple[int, str]:
    """Return the status and the words of a refusal, whatever their shape."""
    assert answer.status >= 400, body_of(answer)
    said = msgspec.json.decode(body_of(answer))
    words = said.get("detail") or said.get("msg") or said["error"]["message"]
    return answer.status, words


def without(body: Json, *names: str) -> Json:
    return {name: value for name, value in body.items() if name not in names}
