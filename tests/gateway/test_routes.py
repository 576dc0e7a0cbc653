"""Which path leads where, and what is said of those that lead nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.usage.record import Outcome
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    FIRST,
    GEMINI,
    MESSAGES,
    RESPONSES,
    SAID,
    TEXT,
    Way,
    asked,
    upstream_and_gateway,
)
from tests.gateway.reading import error_of, text_of

SPELLINGS = {
    CHAT: ("/chat/completions", "/v1/chat/completions", "/v1/v1/chat/completions", "/v1/chat/completions/"),
    RESPONSES: ("/responses", "/v1/responses", "/v1/v1/responses"),
    MESSAGES: ("/messages", "/v1/messages", "/v1/v1/messages", "/v1/messages?beta=true"),
    GEMINI: tuple(
        f"{version}/models/{GEMINI}:generateContent"
        for version in (
            *("", "/v1", "/v1beta", "/v1/v1", "/v1beta/v1beta", "/v1/v1beta", "/v1beta/v1"),
            "/v1beta1/publishers/google",
            "/v1/projects/p/locations/global/publishers/google",
        )
    ),
}
STREAM = f"/models/{GEMINI}:streamGenerateContent"
both_forms = pytest.mark.parametrize("form", ["whole", "stream"])


@pytest.mark.parametrize(
    ("dialect", "path"), [(dialect, path) for dialect, paths in SPELLINGS.items() for path in paths]
)
async def test_versions_may_be_missing_or_doubled(dialect: str, path: str) -> None:
    """Clients are given a base URL with or without a version, and add their own."""
    async with upstream_and_gateway() as scene:
        _, body = asked(Way(dialect))

        assert text_of(Way(dialect), await scene.post(path, body)) == SAID


@pytest.mark.parametrize("version", ["/v1", "/v1beta"])
@pytest.mark.parametrize(
    ("query", "form"),
    [("?alt=sse", "stream"), ("?$alt=sse", "stream"), ("?%24alt=sse", "stream"), ("", "array"), ("?alt=json", "array")],
)
async def test_gemini_streams_in_two_framings(version: str, query: str, form: str) -> None:
    async with upstream_and_gateway() as scene:
        way = Way(GEMINI, form)
        _, body = asked(way)

        assert text_of(way, await scene.post(version + STREAM + query, body)) == SAID
        assert scene.upstream.calls[0].query == ({"alt": "sse"} if form == "stream" else {})


async def test_counting_tokens() -> None:
    """Relayed where the upstream counts; what is reckoned elsewhere is marked."""
    async with upstream_and_gateway() as scene:
        body = {"model": MESSAGES, "messages": [{"role": "user", "content": "one two three"}]}
        native = await scene.post("/v1/messages/count_tokens", body)
        assert native.json() == {"input_tokens": 3}
        assert "x-cliproxy-estimated" not in native.headers
        contents = {"contents": [{"role": "user", "parts": [{"text": "one two three"}]}]}
        counted = await scene.post(f"/v1beta/models/{GEMINI}:countTokens", contents)
        assert counted.json()["totalTokens"] == 3

        estimated = await scene.post("/v1/messages/count_tokens", {**body, "model": CHAT})
        assert estimated.status == 200
        assert estimated.json()["input_tokens"] > 0
        assert "x-cliproxy-estimated" in estimated.headers


async def test_counting_tokens_of_a_responses_request() -> None:
    async with upstream_and_gateway() as scene:
        counted = await scene.post("/v1/responses/input_tokens", {"model": RESPONSES, "input": "one two three"})

        assert counted.json() == {"object": "response.input_tokens", "input_tokens": 3}
        streamed = await scene.post("/v1/responses/input_tokens", {"model": RESPONSES, "input": "a", "stream": True})
        assert streamed.status == 400
        assert "stream" in error_of(Way(RESPONSES), streamed)


@pytest.mark.parametrize("more", [{}, {"stream": False}, {"stream": None}], ids=str)
@pytest.mark.parametrize("model", [RESPONSES, CHAT])
async def test_a_conversation_is_compacted_by_the_upstream(model: str, more: dict[str, Any]) -> None:
    """OpenAI-compatible servers may do it too. It knows no `stream` there, so that goes no further."""
    async with upstream_and_gateway() as scene:
        said = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
        reply = await scene.post("/v1/responses/compact", {"model": model, "input": said, **more})

        assert reply.status == 200
        assert reply.json()["object"] == "response.compaction"
        assert [item["type"] for item in reply.json()["output"]] == ["message", "compaction"]
        (call,) = scene.upstream.calls
        assert call.path == "/v1/responses/compact"
        assert call.json() == {"model": "simulated", "input": said}
        (record,) = scene.gateway.records
        assert record.outcome is Outcome.SUCCEEDED
        assert record.usage.input_tokens == 2


async def test_a_compaction_is_never_streamed() -> None:
    async with upstream_and_gateway() as scene:
        reply = await scene.post("/v1/responses/compact", {"model": RESPONSES, "input": "one", "stream": True})

        assert reply.status == 400
        assert "stream" in error_of(Way(RESPONSES), reply)
        assert scene.asked == []


@pytest.mark.parametrize("model", [MESSAGES, GEMINI])
async def test_a_compaction_that_no_upstream_does_is_a_501(model: str) -> None:
    """What it gives is sealed for its maker: nothing here could take its place."""
    async with upstream_and_gateway() as scene:
        reply = await scene.post("/v1/responses/compact", {"model": model, "input": "one"})

        assert reply.status == 501
        assert "compact" in error_of(Way(RESPONSES), reply)
        assert scene.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/responses/resp_1"),
        ("DELETE", "/v1/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("GET", "/responses/resp_1/input_items"),
    ],
)
async def test_no_reply_is_kept_to_be_fetched(method: str, path: str) -> None:
    """Told as the vendor tells of a reply that it has not, and not as a path that is wrong."""
    async with upstream_and_gateway() as scene:
        async with scene.session.request(method, scene.url + path) as response:
            assert response.status == 404
            error = json.loads(await response.read())["error"]
        assert "'resp_1' not found" in error["message"]
        assert "keeps no replies" in error["message"]


@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("dialect", DIALECTS)
@both_forms
async def test_every_dialect_reaches_every_upstream(dialect: str, upstream: str, form: str) -> None:
    """Whatever a client speaks, and whatever the upstream."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        way = Way(dialect, form, upstream)
        reply = await scene.ask(way)

        assert reply.status == 200, reply.body
        assert text_of(way, reply) == SAID
        assert len(scene.upstream.calls) == 1


@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("stream", [False, True])
async def test_legacy_completions_reach_every_upstream(upstream: str, stream: bool) -> None:
    """Old clients ask in the oldest dialect."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await scene.post("/v1/completions", {"model": upstream, "prompt": TEXT, "stream": stream})

        assert reply.status == 200, reply.body
        chunks = reply.body.decode().splitlines() if stream else [f"data: {reply.body.decode()}"]
        told = [json.loads(line.removeprefix("data: ")) for line in chunks if line.startswith("data: {")]
        assert {chunk["object"] for chunk in told} == {"text_completion"}
        assert "".join(choice["text"] for chunk in told for choice in chunk["choices"]) == SAID


@pytest.mark.parametrize("dialect", DIALECTS)
@both_forms
async def test_an_unknown_model_is_a_404(dialect: str, form: str) -> None:
    async with upstream_and_gateway() as scene:
        way = Way(dialect, form, "nobody's-model")
        reply = await scene.ask(way)

        assert reply.status == 404
        assert "nobody's-model" in error_of(way, reply)


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, MESSAGES])
@pytest.mark.parametrize("model", [None, "", 5], ids=["null", "empty", "a number"])
async def test_no_model_is_a_400(dialect: str, model: Any) -> None:
    async with upstream_and_gateway() as scene:
        path, body = asked(Way(dialect))
        for without in ({**body, "model": model}, {key: value for key, value in body.items() if key != "model"}):
            reply = await scene.post(path, without)

            assert reply.status == 400
            assert "model" in error_of(Way(dialect), reply)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/v1"),
        ("POST", "/v1/nothing"),
        ("POST", "/v2/chat/completions"),
        ("POST", "/v1beta/chat/completions"),
        ("POST", f"/v1beta/models/{GEMINI}:doSomething"),
        ("POST", f"/v1beta/models/{GEMINI}"),
        ("GET", "/v1/chat/completions"),
        ("GET", "/nothing"),
        ("GET", "/../etc/passwd"),
        ("PUT", "/v1/messages"),
        ("DELETE", "/v1/models"),
        ("OPTIONS", "/v1/messages"),
        ("PATCH", "/v1/messages"),
    ],
)
async def test_what_is_not_served_is_a_404(method: str, path: str) -> None:
    """Another vendor's fault page would only confuse; it is JSON, and says what was asked."""
    async with upstream_and_gateway() as scene:
        async with scene.session.request(method, scene.url + path, data=b"{}") as response:
            assert response.status == 404
            error = json.loads(await response.read())["error"]
            assert "is not served here" in error["message"]
        assert (await scene.get("/healthz")).status == 200


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"x-goog-api-key": "k"}, {"code": 404, "status": "NOT_FOUND"}),
        ({"anthropic-version": "2023-06-01"}, {"type": "not_found_error"}),
        ({}, {"type": "invalid_request_error", "param": None, "code": "not_found"}),
    ],
)
async def test_what_is_not_served_is_said_so_that_the_client_can_read_it(
    headers: dict[str, str], told: dict[str, Any]
) -> None:
    async with upstream_and_gateway() as scene:
        async with scene.session.post(f"{scene.url}/v1/nothing", data=b"{}", headers=headers) as response:
            error = json.loads(await response.read())["error"]

        assert told.items() <= error.items()
        assert "is not served here" in error["message"]


async def test_pages_for_people_and_probes() -> None:
    async with upstream_and_gateway() as scene:
        assert (await scene.get("/healthz")).json() == {"status": "ok"}
        head = await scene.get("/healthz", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        endpoints = (await scene.get("/")).json()["endpoints"]
        assert {"POST /v1/chat/completions", "POST /v1/responses/compact"} <= set(endpoints)
        assert (await scene.get("/v1/models", method="HEAD")).status == 200


async def test_every_reply_has_an_id_of_its_own() -> None:
    """A log line is found by it."""
    async with upstream_and_gateway() as scene:
        replies = [await scene.ask(Way(CHAT)), await scene.ask(Way(CHAT)), await scene.get("/nothing")]
        ids = [reply.headers["x-request-id"] for reply in replies]

        assert len(set(ids)) == 3
        assert [record.exchange_id for record in scene.gateway.records] == ids[:2]
