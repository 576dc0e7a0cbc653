"""How many tokens a request has: asked of an upstream that can tell, else estimated, and marked."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.simulator.faults import refusal_like
from tests.gateway.asking import CHAT, FIRST, GEMINI, MESSAGES, Reply, Scene, upstream_and_gateway

SAID = [{"role": "user", "content": "How many words are there in this sentence, and how many tokens?"}]


async def counted(scene: Scene, model: str, **more: Any) -> Reply:
    return await scene.post("/v1/messages/count_tokens", {"model": model, "messages": SAID, **more})


async def test_an_upstream_of_the_client_s_dialect_is_asked() -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await counted(scene, MESSAGES)

        assert reply.status == 200
        assert reply.json()["input_tokens"] > 0
        assert "x-cliproxy-estimated" not in reply.headers
        assert [call.path for call in scene.upstream.calls] == ["/v1/messages/count_tokens"]


async def test_where_nobody_can_count_it_is_estimated() -> None:
    """Claude Code counts before every request; a chat upstream cannot."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await counted(scene, CHAT)
        longer = await counted(scene, CHAT, system="Answer in one word. " * 20)

        assert reply.status == 200
        assert 15 <= reply.json()["input_tokens"] <= 30
        assert reply.headers["x-cliproxy-estimated"] == "true"
        assert longer.json()["input_tokens"] > reply.json()["input_tokens"] + 80
        assert scene.upstream.calls == []


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_an_upstream_that_fails_is_replaced_by_an_estimate(status: int) -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(refusal_like(MESSAGES, status))
        reply = await counted(scene, MESSAGES)

        assert reply.status == 200
        assert reply.headers["x-cliproxy-estimated"] == "true"


async def test_nobody_waits_for_a_count_until_an_account_has_rested() -> None:
    """A second round would come after the rest; an estimate is there at once."""
    async with upstream_and_gateway({"request_retry": 3, "max_retry_interval": 30}, keys=(FIRST,)) as scene:
        scene.fails(refusal_like(MESSAGES, 503), times=None)
        reply = await counted(scene, MESSAGES)

        assert reply.headers["x-cliproxy-estimated"] == "true"
        assert len(scene.upstream.calls) == 1


async def test_a_question_that_is_wrong_is_refused() -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        at_upstream = await scene.post("/v1/messages/count_tokens", {"model": MESSAGES, "messages": "none"})
        here = await scene.post("/v1/messages/count_tokens", {"model": CHAT, "messages": "none"})

        assert (at_upstream.status, here.status) == (400, 400)
        assert here.json()["type"] == "error"


async def test_an_upstream_of_another_dialect_is_asked_in_its_words() -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": SAID[0]["content"]}]}]}
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await scene.post(f"/v1beta/models/{MESSAGES}:countTokens", body)
        back = await counted(scene, GEMINI)

        assert reply.status == 200
        assert reply.json()["totalTokens"] > 0
        assert back.json()["input_tokens"] > 0
        assert "x-cliproxy-estimated" not in {**reply.headers, **back.headers}
        assert [call.path for call in scene.upstream.calls] == [
            "/v1/messages/count_tokens",
            "/v1beta/models/simulated:countTokens",
        ]
