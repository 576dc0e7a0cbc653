"""Tools come back under the names that the client declared, whatever the upstream makes of them."""

from __future__ import annotations

import json

import pytest

from cliproxy.simulator import WrongType
from tests.gateway.asking import CHAT, FIRST, MESSAGES, Way, asked, upstream_and_gateway

CALL = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": '{"command":"ls"}'}}
TOOL = {"name": "Bash", "description": "Run a command", "input_schema": {"type": "object", "properties": {}}}


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_a_model_that_changes_the_case_calls_the_declared_tool(form: str) -> None:
    """Some models write `bash` for Claude Code's `Bash`; the client would not know that tool."""
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = json.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()
    way = Way(MESSAGES, form, CHAT)
    path, request = asked(way)
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(WrongType("application/json", body))
        reply = await scene.post(path, request | {"tools": [TOOL]})

    assert reply.status == 200
    assert b'"name":"Bash"' in reply.body
    assert b'"name":"bash"' not in reply.body


@pytest.mark.parametrize("form", ["whole", "stream"])
async def test_a_tool_that_the_upstream_cannot_name_is_renamed_and_restored(form: str) -> None:
    """Messages takes no dots in a name; the client hears its own name again."""
    path, request = asked(Way(CHAT, form, MESSAGES), "call get_weather")
    tool = {"type": "function", "function": {"name": "get.weather", "parameters": {"type": "object", "properties": {}}}}
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        reply = await scene.post(path, request | {"tools": [tool]})

        assert scene.upstream.calls[0].json()["tools"][0]["name"] == "get_weather"
        assert b'"name":"get.weather"' in reply.body
        assert b"get_weather" not in reply.body
