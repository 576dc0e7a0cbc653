"""Searches for deferred tools that the client runs, at home and elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.base import Dialect
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.dialects.openai_responses import DIALECT as RESPONSES
from cliproxy.dialects.openai_responses.request import decode_request
from tests.unit.dialects.translating import Body, requested

WANTED = {"type": "object", "properties": {"queries": {"type": "array", "items": {"type": "string"}}}}
SEARCH = {"type": "tool_search", "execution": "client", "description": "Finds.", "parameters": WANTED}
CLOCK: Body = {"type": "function", "name": "clock", "parameters": {"type": "object"}, "defer_loading": True}
WEATHER = CLOCK | {"name": "weather"}
CALL: Body = {
    "type": "tool_search_call",
    "id": "tsc_1",
    "call_id": "c1",
    "arguments": {"queries": ["time"]},
    "execution": "client",
    "status": "completed",
}
FOUND: Body = {"type": "tool_search_output", "call_id": "c1", "execution": "client", "tools": [CLOCK]}
ASKED: Body = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
TALK: Body = {"input": [ASKED, CALL, FOUND], "tools": [SEARCH, CLOCK, WEATHER]}


def test_at_home_it_is_what_it_was() -> None:
    body, losses = requested(RESPONSES, RESPONSES, TALK)

    assert (body["input"], body["tools"][0]) == (TALK["input"], SEARCH)
    assert [tool.get("defer_loading") for tool in body["tools"]] == [None, True, True]
    assert losses == []


def test_elsewhere_it_is_a_function_that_was_called_and_answered() -> None:
    """The answer is in words, and from then on there is the tool that was found."""
    body, losses = requested(RESPONSES, CHAT, TALK)
    _, called, answered = body["messages"]
    [call] = called["tool_calls"]

    assert [tool["function"]["name"] for tool in body["tools"]] == ["tool_search", "clock"]
    assert body["tools"][0]["function"] == {"name": "tool_search", "description": "Finds.", "parameters": WANTED}
    assert (call["id"], call["function"]["name"]) == ("c1", "tool_search")
    assert json.loads(call["function"]["arguments"]) == CALL["arguments"]
    assert answered == {"role": "tool", "tool_call_id": "c1", "content": "These tools can be used now: clock."}
    assert losses == ["tools[2]: weather, which no search has found yet"]


@pytest.mark.parametrize("there", [MESSAGES, GEMINI], ids=lambda dialect: str(dialect.name))
def test_every_dialect_has_it(there: Dialect) -> None:
    body, losses = requested(RESPONSES, there, TALK)

    assert [name in json.dumps(body["tools"]) for name in ("tool_search", "clock", "weather")] == [True, True, False]
    assert losses == ["tools[2]: weather, which no search has found yet"]


@pytest.mark.parametrize("odd", [{"arguments": '{"queries":[]}'}, {"arguments": None}, {"id": None}, {"call_id": None}])
def test_odd_calls_are_read(odd: dict[str, Any]) -> None:
    assert decode_request(json.dumps({"model": "m", "input": [CALL | odd, FOUND]}).encode()).messages


def test_nothing_found_is_told() -> None:
    body, _ = requested(RESPONSES, CHAT, TALK | {"input": [ASKED, CALL, FOUND | {"tools": []}]})

    assert body["messages"][-1]["content"] == "No tool was found."


def test_a_search_that_the_upstream_runs_stays_its_own() -> None:
    """No other can do it, so all tools are there at once."""
    items = [ASKED, CALL | {"execution": "server"}, FOUND | {"execution": "server"}]
    talk = {"input": items, "tools": [{"type": "tool_search"}, CLOCK, WEATHER]}
    body, losses = requested(RESPONSES, CHAT, talk)

    assert [tool["function"]["name"] for tool in body["tools"]] == ["clock", "weather"]
    assert "tools[0]: tool_search" in losses
