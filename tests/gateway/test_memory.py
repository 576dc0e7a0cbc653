"""Requests that go on from a reply by its id: where its maker serves again, where another does, where nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.simulator.faults import refusal_like
from tests.gateway.asking import CHAT, FIRST, GEMINI, MESSAGES, RESPONSES, SECOND, Reply, Scene, upstream_and_gateway

PATH = "/v1/responses"
forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def response_in(reply: Reply) -> dict[str, Any]:
    """Return the response object that a reply holds, whole or at the end of a stream."""
    if reply.headers["content-type"].startswith("application/json"):
        return dict(reply.json())
    (end,) = (
        line for line in reply.body.decode().splitlines() if line.startswith('data: {"type":"response.completed"')
    )
    return dict(json.loads(end.removeprefix("data: "))["response"])


async def ask(scene: Scene, model: str, said: str, before: str = "", **more: Any) -> Reply:
    body = {"model": model, "input": said, **more}
    return await scene.post(PATH, body | ({"previous_response_id": before} if before else {}))


@forms
@pytest.mark.parametrize("model", [CHAT, MESSAGES, GEMINI])
async def test_an_upstream_that_knows_no_ids_is_told_everything(model: str, stream: bool) -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        first = await ask(scene, model, "my name is Ann", stream=stream)
        second = await ask(scene, model, "I like birds", response_in(first)["id"], stream=stream)
        third = await ask(scene, model, "who am I?", response_in(second)["id"], stream=stream)

        assert third.status == 200
        sent = json.dumps(scene.upstream.calls[2].json())
        places = [sent.index(said) for said in ("my name is Ann", "I like birds", "who am I?")]
        assert places == sorted(places)
        assert sent.count("my name is Ann") == 2  # once said, once repeated in the answer
        assert "previous_response_id" not in sent
        assert response_in(third)["previous_response_id"] == response_in(second)["id"]


@forms
async def test_the_account_that_made_a_reply_is_asked_again(stream: bool) -> None:
    """It knows the reply by its id; nothing is said twice."""
    async with upstream_and_gateway() as scene:
        first = await ask(scene, RESPONSES, "my name is Ann", stream=stream)
        for _ in range(3):
            await ask(scene, RESPONSES, "who am I?", response_in(first)["id"], stream=stream)

        assert len(set(scene.asked)) == 1
        for call in scene.upstream.calls[1:]:
            assert call.json()["previous_response_id"] == response_in(first)["id"]
            assert call.json()["input"] == "who am I?"


@forms
async def test_where_it_cannot_another_is_told_everything(stream: bool) -> None:
    async with upstream_and_gateway() as scene:
        first = await ask(scene, RESPONSES, "my name is Ann", stream=stream)
        maker = scene.asked[0]
        scene.fails(refusal_like(RESPONSES, 429), maker, times=1)
        second = await ask(scene, RESPONSES, "who am I?", response_in(first)["id"], stream=stream)

        assert second.status == 200
        assert scene.asked == [maker, maker, SECOND if maker == FIRST else FIRST]
        last = scene.upstream.calls[2].json()
        assert "previous_response_id" not in last
        assert [item.get("role") for item in last["input"]] == ["user", "assistant", "user"]


async def test_a_reply_that_was_not_to_be_stored_is_not_gone_on_from() -> None:
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        first = await ask(scene, CHAT, "my name is Ann", store=False)
        second = await ask(scene, CHAT, "who am I?", response_in(first)["id"])

        assert second.status == 400
        assert second.json()["error"]["code"] == "previous_response_not_found"
        assert len(scene.upstream.calls) == 1


async def test_nobody_goes_on_from_what_another_client_was_told() -> None:
    keys = {"api_keys": ("sk-ann-client", "sk-bob-client")}
    ann, bob = ({"authorization": f"Bearer {key}"} for key in keys["api_keys"])
    async with upstream_and_gateway(keys, keys=(FIRST,)) as scene:
        first = await scene.post(PATH, {"model": CHAT, "input": "my name is Ann"}, ann)
        go_on = {"model": CHAT, "input": "who am I?", "previous_response_id": response_in(first)["id"]}

        assert (await scene.post(PATH, go_on, bob)).status == 400
        assert (await scene.post(PATH, go_on, ann)).status == 200


async def test_what_only_the_upstream_may_know_is_asked_of_it() -> None:
    """After a restart nothing is remembered here, but the vendor may well know the reply."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await ask(scene, RESPONSES, "who am I?", "resp_of_yesterday")

        assert scene.upstream.calls[0].json()["previous_response_id"] == "resp_of_yesterday"
        assert reply.status == 200


async def test_from_then_on_the_same_account_is_asked_and_no_other() -> None:
    """It alone knows the beginning; another could be told half of it."""
    async with upstream_and_gateway() as scene:
        first = await ask(scene, RESPONSES, "who am I?", "resp_of_yesterday")
        maker = scene.asked[0]
        for _ in range(2):
            again = await ask(scene, RESPONSES, "and now?", response_in(first)["id"])
            assert again.status == 200
        assert scene.asked == [maker] * 3

        scene.fails(refusal_like(RESPONSES, 429), maker, times=1)
        refused = await ask(scene, RESPONSES, "and now?", response_in(first)["id"])

        assert refused.status == 429
        assert scene.asked == [maker] * 4
