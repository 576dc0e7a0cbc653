"""The simulated upstream as a whole, without a socket."""

from typing import Any

import msgspec
import pytest

from cliproxy.simulator import NoContent, NotStreamed, Pause, Refuse, RefuseInside, Upstream
from cliproxy.simulator.recordings import DIALECTS
from tests.unit.simulator.asking import KEYS, PATHS, ask, body_of, json_of, pauses_of, request, saying

HELLO = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/chat/completions", "choices"),
        ("/chat/completions", "choices"),
        ("/openai/v1/chat/completions", "choices"),
        ("/v1/responses", "output"),
        ("/backend-api/codex/responses", "output"),
        ("/anthropic/v1/messages", "content"),
        ("/v1beta/models/m:generateContent", "candidates"),
        ("/v1/models/m:generateContent", "candidates"),
        ("/v1/projects/p/locations/l/publishers/google/models/m:generateContent", "candidates"),
    ],
)
def test_a_request_is_routed_by_the_end_of_its_path(path: str, field: str) -> None:
    """Vendors can be mounted anywhere."""
    bodies: dict[str, Any] = {
        "choices": {"model": "m", "messages": HELLO},
        "output": {"model": "m", "input": "hello"},
        "content": {"model": "m", "max_tokens": 100, "messages": HELLO},
        "candidates": {"contents": [{"parts": [{"text": "hello"}]}]},
    }
    assert field in json_of(ask(Upstream(), path, bodies[field]))


@pytest.mark.parametrize(
    ("dialect", "missing", "unknown"),
    [
        ("openai_chat", 401, 401),
        ("openai_responses", 401, 401),
        ("anthropic_messages", 401, 401),
        ("gemini", 403, 400),
    ],
)
def test_keys_are_checked_the_way_the_vendor_does(dialect: str, missing: int, unknown: int) -> None:
    """Gemini answers 403 without a key and 400 to a wrong one; only a wrong token gets 401 there."""
    upstream = Upstream(keys=frozenset({"sk-1"}))
    plain = saying(dialect, "hello")

    def status(headers: dict[str, str]) -> int:
        return upstream.answer(msgspec.structs.replace(plain, headers=headers)).status

    assert status(KEYS) == 200
    assert status({}) == missing
    assert status({name: value.replace("sk-1", "sk-2") for name, value in KEYS.items() if "-" in name} or {}) == (
        unknown if dialect in ("anthropic_messages", "gemini") else missing
    )
    assert status({"authorization": "Bearer sk-2"}) == 401
    assert status({"authorization": "Bearer sk-1"}) == 200


def test_a_gemini_key_may_be_in_the_query() -> None:
    """As its own documentation shows it."""
    body = {"contents": [{"parts": [{"text": "hello"}]}]}
    upstream = Upstream(keys=frozenset({"sk-1"}))

    assert ask(upstream, "/v1beta/models/m:generateContent?key=sk-1", body, {}).status == 200
    assert upstream.calls[-1].key == "sk-1"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_unknown_models_and_broken_json_are_refused(dialect: str) -> None:
    """404 and 400, in the vendor's shape."""
    unknown = Upstream().answer(saying(dialect, "hello", "missing-model"))
    broken = Upstream().answer(request(PATHS[dialect].format("m"), b'{"model": "m", '))

    assert (unknown.status, broken.status) == (404, 400)
    assert "missing-model" in json_of(unknown)["error"]["message"]
    assert json_of(broken)["error"]["message"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_refusal_can_be_had_by_name(dialect: str) -> None:
    """Also those that were not recorded."""
    assert Upstream().answer(saying(dialect, "hello", "error-529", stream=True)).status == 529


def test_an_unknown_path_is_404() -> None:
    """Also the wrong method on a known one."""
    assert ask(Upstream(), "/v1/embeddings", {"model": "m"}).status == 404
    assert Upstream().answer(request("/v1/messages", None, method="GET")).status == 404


@pytest.mark.parametrize(
    ("path", "headers", "pick"),
    [
        ("/v1/models", {"authorization": "Bearer k"}, lambda listed: [model["id"] for model in listed["data"]]),
        (
            "/v1/models",
            {"x-api-key": "k", "anthropic-version": "2023-06-01"},
            lambda listed: [model["id"] for model in listed["data"] if model["type"] == "model"],
        ),
        (
            "/v1beta/models",
            {"x-goog-api-key": "k"},
            lambda listed: [model["name"].removeprefix("models/") for model in listed["models"]],
        ),
    ],
)
def test_models_are_listed_in_each_shape(path: str, headers: dict[str, str], pick: Any) -> None:
    """The speaker's, and the recorded cases that are no errors."""
    names = pick(json_of(Upstream().answer(request(path, None, headers, "GET"))))

    assert names[:2] == ["simulated", "simulated-mini"]
    assert "parallel-tools" in names
    assert not any(name.startswith("error") for name in names)


def test_calls_are_remembered() -> None:
    """What a gateway sent can be looked at; only the last ones are kept."""
    upstream = Upstream(keep_calls=2)
    for model in ("a", "b", "c"):
        upstream.answer(saying("anthropic_messages", "hello", model))
    last = upstream.calls[-1]

    assert [call.model for call in upstream.calls] == ["b", "c"]
    assert (last.method, last.path, last.key) == ("POST", "/v1/messages", "sk-1")
    assert last.json()["messages"] == HELLO
    assert (last.finished, last.abandoned) == (False, False)


def test_a_request_the_vendor_refuses_is_refused_under_any_fault() -> None:
    """A fault needs an answer to spoil."""
    for fault in (NoContent(), NotStreamed(), RefuseInside()):
        upstream = Upstream()
        upstream.script.add(fault)

        assert ask(upstream, "/v1/messages", {"model": "m"}).status == 400


def test_pace_is_a_pause_between_frames() -> None:
    """It changes when bytes come, never which."""
    slow = Upstream(pace=0.5).answer(saying("openai_chat", "hello", stream=True))
    quick = Upstream().answer(saying("openai_chat", "hello", stream=True))

    assert pauses_of(slow) == [Pause(0.5)] * 5
    slow = Upstream(pace=0.5).answer(saying("openai_chat", "hello", stream=True))
    assert body_of(slow) == body_of(quick)


def test_the_same_requests_get_the_same_answers() -> None:
    """Nothing is random and no clock is read."""
    requests = [saying(dialect, "call it", stream=stream) for dialect in DIALECTS for stream in (True, False)]
    first, second = Upstream(), Upstream()

    assert [body_of(first.answer(asked)) for asked in requests] == [body_of(second.answer(asked)) for asked in requests]


def test_a_fault_comes_before_the_key_is_looked_at() -> None:
    """A script has the first word."""
    upstream = Upstream(keys=frozenset())
    upstream.script.add(Refuse(500))

    assert upstream.answer(saying("openai_chat", "hello")).status == 500
    assert upstream.answer(saying("openai_chat", "hello")).status == 401
