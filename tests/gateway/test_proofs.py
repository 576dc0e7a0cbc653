"""Reasoning proofs over several turns, whoever the client is; and one that an upstream refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.simulator import Refuse, WrongType
from tests.gateway.asking import CHAT, FIRST, MESSAGES, Scene, Way, asked, upstream_and_gateway

SIGNATURE = "EqQBCgYIBRgCKkDsigned"
THOUGHT: dict[str, Any] = {"type": "thinking", "thinking": "Let me look.", "signature": SIGNATURE}
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_01", "name": "look", "input": {"at": "sky"}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CALLED = {"id": "toolu_01", "type": "function", "function": {"name": "look", "arguments": '{"at":"sky"}'}}
NEXT = [
    {"role": "user", "content": "one two three"},
    {"role": "assistant", "content": None, "tool_calls": [CALLED]},
    {"role": "tool", "tool_call_id": "toolu_01", "content": "blue"},
]


def thinks(scene: Scene) -> None:
    """Let the upstream think, sign and call, once."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [THOUGHT, CALL],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    scene.fails(WrongType("application/json", json.dumps(message).encode()), times=1)


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_a_chat_client_need_not_send_proofs_back(form: str) -> None:
    """It has no place for them, and Anthropic wants them in the next turn of a tool loop."""
    path, body = asked(Way(CHAT, form, MESSAGES))
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        thinks(scene)
        first = await scene.post(path, body | {"tools": [TOOL], "reasoning_effort": "high"})
        second = await scene.post(path, body | {"tools": [TOOL], "reasoning_effort": "high", "messages": NEXT})

        assert (first.status, second.status) == (200, 200)
        turn = scene.upstream.calls[1].json()["messages"][1]
        assert turn == {"role": "assistant", "content": [THOUGHT, CALL]}


async def test_another_client_s_proofs_are_not_to_be_had() -> None:
    path, body = asked(Way(CHAT, "whole", MESSAGES))
    async with upstream_and_gateway({"api_keys": ("sk-ann-client", "sk-bob-client")}, keys=(FIRST,)) as scene:
        thinks(scene)
        await scene.post(path, body | {"tools": [TOOL]}, {"authorization": "Bearer sk-ann-client"})
        second = await scene.post(
            path, body | {"tools": [TOOL], "messages": NEXT}, {"authorization": "Bearer sk-bob-client"}
        )

        assert second.status == 200
        assert SIGNATURE not in json.dumps(scene.upstream.calls[1].json())


REFUSED = b"""{"type":"error","error":{"type":"invalid_request_error",
    "message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}"""
HISTORY = [
    {"role": "user", "content": "one two three"},
    {"role": "assistant", "content": [THOUGHT, CALL]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "blue"}]},
]


async def test_a_proof_that_is_refused_costs_one_try_without_it() -> None:
    """It was another account's, or is too old. The session goes on, with the same account."""
    path, body = asked(Way(MESSAGES))
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(400, REFUSED), key=None, times=1)
        reply = await scene.post(path, body | {"messages": HISTORY})

        assert reply.status == 200
        first, second = scene.upstream.calls
        assert first.key == second.key
        assert SIGNATURE in json.dumps(first.json())
        assert SIGNATURE not in json.dumps(second.json())
        assert second.json()["messages"][1]["content"][-1] == CALL
        assert "proofs" in reply.headers["x-cliproxy-losses"]


async def test_one_that_is_refused_for_ever_is_the_client_s_to_know() -> None:
    path, body = asked(Way(MESSAGES))
    async with upstream_and_gateway() as scene:
        scene.fails(Refuse(400, REFUSED), key=None)
        reply = await scene.post(path, body | {"messages": HISTORY})

        assert reply.status == 400
        assert "Invalid `signature`" in reply.json()["error"]["message"]
        assert len(scene.upstream.calls) == 2
