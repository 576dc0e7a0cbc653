"""`/v1internal`: what Gemini CLI asks Cloud Code, answered by whoever serves the model."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from cliproxy.config.schema import Streaming
from cliproxy.simulator import CutAt, Delay, Fault, Refuse, RefuseInside
from cliproxy.transport.base import Unreachable
from cliproxy.wire.http import HttpRequest
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    FIRST,
    GEMINI,
    JSON_TYPE,
    MESSAGES,
    SAID,
    SECOND,
    TEXT,
    Reply,
    Scene,
    upstream_and_gateway,
)

GENERATE, STREAM = "/v1internal:generateContent", "/v1internal:streamGenerateContent?alt=sse"
COUNT, LOAD = "/v1internal:countTokens", "/v1internal:loadCodeAssist"
KEYS = {"api_keys": ("key-of-alice",)}


def envelope(model: str, **more: Any) -> dict[str, Any]:
    request = {"contents": [{"role": "user", "parts": [{"text": TEXT}]}], "session_id": "s", **more}
    return {"model": model, "project": "mine", "user_prompt_id": "u", "request": request}


def chunks_of(reply: Reply) -> list[dict[str, Any]]:
    """Return the objects of a stream, of which nothing else may stand there."""
    lines = [line for line in reply.body.split(b"\n") if line.strip()]
    assert all(line.startswith(b"data: {") for line in lines), reply.body
    return [json.loads(line[6:]) for line in lines]


def text_of(replies: list[dict[str, Any]]) -> str:
    """Return the text of a complete reply, which must lie in its envelope."""
    assert all(set(reply) == {"response"} for reply in replies)
    candidates = [reply["response"]["candidates"][0] for reply in replies if reply["response"].get("candidates")]
    assert candidates[-1]["finishReason"] == "STOP"
    return "".join(part.get("text", "") for one in candidates for part in one.get("content", {}).get("parts", ()))


@pytest.mark.parametrize("upstream", DIALECTS)
async def test_a_reply_in_its_envelope(upstream: str) -> None:
    """Whatever the upstream speaks. No key is needed on this machine."""
    async with upstream_and_gateway(KEYS) as scene:
        reply = await scene.post(GENERATE, envelope(upstream))

        assert reply.status == 200, reply.body
        assert text_of([reply.json()]) == SAID
        assert reply.json()["response"]["usageMetadata"]["totalTokenCount"]
        if upstream == GEMINI:
            assert scene.upstream.calls[0].json() == {"contents": envelope(GEMINI)["request"]["contents"]}


@pytest.mark.parametrize("upstream", DIALECTS)
@pytest.mark.parametrize("path", [STREAM, STREAM.partition("?")[0]])
async def test_a_stream_in_envelopes(upstream: str, path: str) -> None:
    """Each event has its own; nothing says `[DONE]`."""
    async with upstream_and_gateway() as scene:
        reply = await scene.post(path, envelope(upstream))

        assert reply.status == 200, reply.body
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        assert text_of(chunks_of(reply)) == SAID


async def test_a_count_has_no_envelope() -> None:
    """Its model stands where the contents do."""
    async with upstream_and_gateway() as scene:
        request = {**envelope(GEMINI)["request"], "model": f"models/{GEMINI}"}
        reply = await scene.post(COUNT, {"request": request})

        assert reply.status == 200, reply.body
        assert reply.json()["totalTokens"] > 0


async def test_an_error_has_no_envelope() -> None:
    async with upstream_and_gateway() as scene:
        for path in (GENERATE, STREAM, COUNT):
            reply = await scene.post(path, envelope("nobody-has-this"))
            assert reply.status == 404
            assert reply.json()["error"]["code"] == 404
        assert (await scene.post(GENERATE, b"[]")).status == 400
        assert (await scene.post(GENERATE, b"")).status == 400


@pytest.mark.parametrize("fault", [CutAt(900), RefuseInside(503, frames=4)])
@pytest.mark.parametrize("upstream", [GEMINI, CHAT, MESSAGES])
async def test_a_stream_that_breaks_off_says_so_without_an_envelope(upstream: str, fault: Fault) -> None:
    async with upstream_and_gateway() as scene:
        scene.fails(fault, None)
        reply = await scene.post(STREAM, envelope(upstream))

        *before, last = chunks_of(reply)
        assert all(set(chunk) == {"response"} for chunk in before)
        assert "error" in last


async def test_a_refusal_inside_a_stream_moves_on() -> None:
    """The route takes part in everything that other requests do."""
    async with upstream_and_gateway() as scene:
        scene.fails(RefuseInside(503), FIRST, model="simulated")
        reply = await scene.post(STREAM, envelope(GEMINI))

        assert text_of(chunks_of(reply)) == SAID
        assert scene.asked == [FIRST, SECOND]


async def test_a_refusal_keeps_its_status() -> None:
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(400), None)
        reply = await scene.post(GENERATE, envelope(GEMINI))

        assert reply.status == 400
        assert "response" not in reply.json()


async def test_a_waiting_client_is_kept_alive() -> None:
    """By an event that it can read: one without a `response` is none."""
    async with upstream_and_gateway({"streaming": Streaming(keepalive_seconds=1)}) as scene:
        scene.fails(Delay(1.2), None)
        first, *others = chunks_of(await scene.post(STREAM, envelope(CHAT)))

        assert first == {"response": {}}
        assert text_of(others) == SAID


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8317"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
    ],
)
@pytest.mark.parametrize("path", [GENERATE, LOAD])
async def test_no_page_and_no_other_machine_gets_in(headers: Mapping[str, str], path: str) -> None:
    """Nobody is asked for a key here, so whoever can be somebody else's tool stays outside."""
    async with upstream_and_gateway(KEYS) as scene:
        reply = await scene.post(path, envelope(GEMINI), headers)

        assert reply.status == 403
        assert reply.json()["error"]["status"] == "PERMISSION_DENIED"
        assert scene.upstream.calls == []


async def test_a_browser_is_not_told_that_it_may() -> None:
    """A preflight that is allowed elsewhere, where keys are asked for, is not here."""
    async with upstream_and_gateway(KEYS) as scene:
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        elsewhere = await scene.get("/v1/models", asked, "OPTIONS")
        here = await scene.get(GENERATE, asked, "OPTIONS")
        reply = await scene.post(GENERATE, envelope(GEMINI))

        assert "Access-Control-Allow-Origin" in elsewhere.headers
        assert here.status == 404
        assert "Access-Control-Allow-Origin" not in here.headers
        assert "Access-Control-Allow-Origin" not in reply.headers


class Google:
    """A transport to Google alone, and the answer that comes from there."""

    def __init__(self, status: int = 200, body: bytes = b'{"currentTier":{"id":"free-tier"}}') -> None:
        self.asked: list[HttpRequest] = []
        self.status = status
        self.body = body
        self.headers = {"Content-Type": "application/json", "Set-Cookie": "a=b", "Transfer-Encoding": "chunked"}
        self.is_there = True

    async def send(self, request: HttpRequest) -> Any:
        self.asked.append(request)
        if not self.is_there:
            raise Unreachable("cloudcode-pa.googleapis.com could not be reached")
        return self

    async def __aenter__(self) -> Google:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self, longest: int) -> bytes:
        assert longest >= len(self.body)
        return self.body

    async def close(self) -> None:
        pass


@asynccontextmanager
async def google_and_gateway(google: Google, **config: Any) -> AsyncIterator[Scene]:
    async with upstream_and_gateway(config, transport=google) as scene:
        yield scene


async def test_what_is_about_the_account_goes_on_to_google() -> None:
    """As it came, with the client's own login; its answer comes back."""
    google = Google()
    headers = {
        "Authorization": "Bearer ya29.of-the-client",
        "User-Agent": "GeminiCLI/1",
        "X-Goog-Api-Key": "key-of-alice",
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
    }
    async with google_and_gateway(google, **KEYS) as scene:
        reply = await scene.post(f"{LOAD}?$alt=json&key=key-of-alice", {"metadata": {"a": 1}}, headers)

        assert (reply.status, reply.body) == (200, google.body)
        assert "Set-Cookie" not in reply.headers
        (call,) = google.asked
        assert (call.method, call.url) == ("POST", f"https://cloudcode-pa.googleapis.com{LOAD}?%24alt=json")
        assert json.loads(call.body) == {"metadata": {"a": 1}}
        sent = {name.lower(): value for name, value in call.headers}
        assert sent["authorization"] == "Bearer ya29.of-the-client"
        assert sent["user-agent"] == "GeminiCLI/1"
        assert not sent.keys() & {"host", "connection", "x-hop", "content-length", "x-goog-api-key"}


async def test_an_operation_is_asked_for() -> None:
    google = Google()
    async with google_and_gateway(google) as scene:
        reply = await scene.get("/v1internal/operations/abc-123")

        assert reply.status == 200
        assert google.asked[0].url.endswith("/v1internal/operations/abc-123")
        assert (await scene.get("/v1internal/../healthz")).status == 200
        assert (await scene.get("/v1internal/a.b")).status == 404
        assert len(google.asked) == 1


@pytest.mark.parametrize("status", [400, 403, 429, 503])
async def test_a_status_of_googles_stays_what_it_is(status: int) -> None:
    google = Google(status, gzip.compress(b'{"error":{"code":1}}'))
    google.headers["Content-Encoding"] = "gzip"
    async with google_and_gateway(google) as scene:
        reply = await scene.post(LOAD, {}, {"Accept-Encoding": "gzip", **JSON_TYPE})

        assert reply.status == status
        assert reply.json() == {"error": {"code": 1}}


async def test_google_cannot_be_reached() -> None:
    google = Google()
    google.is_there = False
    async with google_and_gateway(google) as scene:
        reply = await scene.post(LOAD, {})

        assert reply.status == 502
        assert "could not be reached" in reply.json()["error"]["message"]
