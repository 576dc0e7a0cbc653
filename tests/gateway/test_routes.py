"""Which path leads where, and what is said of those that lead nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.asking import CHAT, DIALECTS, GEMINI, MESSAGES, RESPONSES, SAID, Way, asked, upstream_and_gateway
from tests.gateway.reading import error_of, text_of

SPELLINGS = {
    CHAT: ("/chat/completions", "/v1/chat/completions", "/v1/v1/chat/completions", "/v1/chat/completions/"),
    RESPONSES: ("/responses", "/v1/responses", "/v1/v1/responses"),
    MESSAGES: ("/messages", "/v1/messages", "/v1/v1/messages", "/v1/messages?beta=true"),
    GEMINI: tuple(
        f"{version}/models/{GEMINI}:generateContent"
        for version in ("", "/v1", "/v1beta", "/v1/v1", "/v1beta/v1beta", "/v1/v1beta", "/v1beta/v1")
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
    """Relayed where the upstream counts; nothing is made up where it does not."""
    async with upstream_and_gateway() as scene:
        body = {"model": MESSAGES, "messages": [{"role": "user", "content": "one two three"}]}
        assert (await scene.post("/v1/messages/count_tokens", body)).json() == {"input_tokens": 3}
        contents = {"contents": [{"role": "user", "parts": [{"text": "one two three"}]}]}
        counted = await scene.post(f"/v1beta/models/{GEMINI}:countTokens", contents)
        assert counted.json()["totalTokens"] == 3

        refused = await scene.post("/v1/messages/count_tokens", {**body, "model": CHAT})
        assert refused.status == 501
        assert "count tokens" in error_of(Way(MESSAGES), refused)


NOT_TRANSLATED = [
    (CHAT, RESPONSES),
    (CHAT, GEMINI),
    (RESPONSES, CHAT),
    (RESPONSES, MESSAGES),
    (RESPONSES, GEMINI),
    (MESSAGES, RESPONSES),
    (MESSAGES, GEMINI),
    (GEMINI, CHAT),
    (GEMINI, MESSAGES),
    (GEMINI, RESPONSES),
]


@pytest.mark.parametrize(("dialect", "upstream"), NOT_TRANSLATED)
@both_forms
async def test_a_pair_that_is_not_translated_is_a_501(dialect: str, upstream: str, form: str) -> None:
    """Said in the client's dialect; nothing goes upstream."""
    async with upstream_and_gateway() as scene:
        way = Way(dialect, form, upstream)
        reply = await scene.ask(way)

        assert reply.status == 501
        assert "does not translate" in error_of(way, reply)
        assert scene.asked == []


async def test_legacy_completions_are_not_translated_yet() -> None:
    async with upstream_and_gateway() as scene:
        reply = await scene.post("/v1/completions", {"model": CHAT, "prompt": "one"})

        assert reply.status == 501
        assert "openai_completions" in error_of(Way(CHAT), reply)


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


async def test_pages_for_people_and_probes() -> None:
    async with upstream_and_gateway() as scene:
        assert (await scene.get("/healthz")).json() == {"status": "ok"}
        head = await scene.get("/healthz", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert "POST /v1/chat/completions" in (await scene.get("/")).json()["endpoints"]
        assert (await scene.get("/v1/models", method="HEAD")).status == 200


async def test_every_reply_has_an_id_of_its_own() -> None:
    """A log line is found by it."""
    async with upstream_and_gateway() as scene:
        replies = [await scene.ask(Way(CHAT)), await scene.ask(Way(CHAT)), await scene.get("/nothing")]
        ids = [reply.headers["x-request-id"] for reply in replies]

        assert len(set(ids)) == 3
        assert [record.exchange_id for record in scene.gateway.records] == ids[:2]
