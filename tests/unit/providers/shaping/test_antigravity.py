"""Antigravity's envelope, and Claude's demands behind it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from cliproxy.conversation.model import ModelInfo, Thinking
from cliproxy.dialects.gemini.schemas import MARK, REASON
from cliproxy.providers.antigravity import PROVIDER
from tests.unit.providers.calling import prepared, shaped

STREAM, COUNT = range(2)
GEMINI, CLAUDE = "gemini-3-flash", "claude-sonnet-4-5-thinking"
HELLO = {"role": "user", "parts": [{"text": "hello"}]}
CALL: dict[str, Any] = {"functionCall": {"name": "f", "args": {}, "id": "c"}}


def wrapped(request: dict[str, Any], model: str = GEMINI, **settings: Any) -> Any:
    return shaped(PROVIDER, {"contents": [HELLO]} | request, model=model, **settings)[0]


def test_a_request_goes_into_the_envelope() -> None:
    """It says who we are, and names the conversation by its first words."""
    body = {"model": "alias", "systemInstruction": {"parts": [{"text": "s"}]}, "toolConfig": {"a": 1}}
    digest = hashlib.sha256(b'"hello"').digest()

    assert wrapped(body, project="p-1") == {
        "model": GEMINI,
        "project": "p-1",
        "userAgent": "cliproxy",
        "requestType": "agent",
        "requestId": "agent-x",
        "request": {
            "contents": [HELLO],
            "systemInstruction": {"role": "user", "parts": [{"text": "s"}]},
            "toolConfig": {"a": 1},
            "sessionId": f"-{int.from_bytes(digest[:8], 'big') & (2**63 - 1)}",
        },
    }


def test_a_session_lasts_as_long_as_its_conversation() -> None:
    """More turns do not change it; other first words do, and without words there is none."""
    first = wrapped({})["request"]["sessionId"]
    more = [HELLO, {"role": "model", "parts": [{"text": "hi"}]}, {"role": "user", "parts": [{"text": "more"}]}]

    assert wrapped({"contents": more})["request"]["sessionId"] == first
    assert wrapped({"contents": more[1:]})["request"]["sessionId"] != first
    assert "sessionId" not in wrapped({"contents": []})["request"]
    assert "sessionId" not in wrapped({"contents": [{"role": "user", "parts": [CALL]}]})["request"]


def test_pictures_are_asked_for_in_another_way() -> None:
    """By another type of request, outside any session."""
    envelope = wrapped({}, "gemini-3-pro-image")

    assert (envelope["requestType"], envelope["requestId"]) == ("image_gen", "image_gen-x")
    assert "sessionId" not in envelope["request"]


def test_what_is_not_taken_is_lost_and_told() -> None:
    """Limits only count for Claude."""
    body = {"contents": [HELLO], "safety_settings": [{}], "generationConfig": {"maxOutputTokens": 5, "topK": 1}}
    out, lost = shaped(PROVIDER, body, model=GEMINI)
    claude, told = shaped(PROVIDER, body, model=CLAUDE)

    assert "safetySettings" not in out["request"]
    assert out["request"]["generationConfig"] == {"topK": 1}
    assert lost == ["safetySettings", "generationConfig.maxOutputTokens"]
    assert claude["request"]["generationConfig"] == {"maxOutputTokens": 5, "topK": 1}
    assert told == ["safetySettings"]


def test_a_count_is_hardly_wrapped() -> None:
    """No project, no model, and what stands in it is not touched."""
    body = {"contents": [HELLO], "model": "m", "safetySettings": [], "tools": [{"a": {"parametersJsonSchema": {}}}]}

    assert shaped(PROVIDER, body, COUNT) == ({"request": {"contents": [HELLO], "tools": body["tools"]}}, [])


@pytest.mark.parametrize(
    ("model", "is_strict"),
    [
        (GEMINI, False),
        ("gemini-2.5-pro", False),
        ("gpt-oss-120b-medium", False),
        (CLAUDE, True),
        ("gemini-3-pro-high", True),
        ("gemini-3.1-pro-low", True),
    ],
)
@pytest.mark.parametrize("name", ["parameters", "parametersJsonSchema"])
def test_schemas_under_the_name_that_is_known_here(name: str, model: str, *, is_strict: bool) -> None:
    """Cleaned by the strict set where calls are validated."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "boolean"}}}},
    }
    tools = wrapped({"tools": [{"functionDeclarations": [{"name": "f", name: schema}, {"name": "g"}]}]}, model)
    with_arguments, without = tools["request"]["tools"][0]["functionDeclarations"]

    mark = {"properties": {"b": {"type": "boolean"}, "_": MARK}, "required": ["_"]}
    inner = schema["properties"]["a"] | (mark if is_strict else {})
    assert with_arguments == {"name": "f", "parameters": schema | {"properties": {"a": inner}}}
    empty: dict[str, Any] = {"type": "object", "properties": {}}
    filled = {"type": "object", "properties": {"reason": REASON}, "required": ["reason"]}
    assert without["parameters"] == (filled if is_strict else empty)


def test_wanted_output_has_one_name_too() -> None:
    """`additionalProperties` is known there, though not among a tool's arguments."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "title": "A"}}, "additionalProperties": False}
    body = {"generation_config": {"response_json_schema": schema, "responseMimeType": "application/json"}}
    config = wrapped(body)["request"]["generationConfig"]

    assert config["responseMimeType"] == "application/json"
    assert config["responseSchema"] == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "additionalProperties": False,
        "description": "No extra properties allowed",
    }
    assert "responseJsonSchema" not in config


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "VALIDATED"),
        ({"functionCallingConfig": {"mode": "ANY"}}, "VALIDATED"),
        ({"function_calling_config": {"mode": "NONE"}}, "NONE"),
    ],
)
def test_claude_s_calls_are_validated(given: dict[str, Any], mode: str) -> None:
    """Unless none are wanted; Gemini's are as the client says."""
    body = {"tools": [{"functionDeclarations": [{"name": "f"}]}], "toolConfig": given}
    config = wrapped(body, CLAUDE)["request"]["toolConfig"]

    assert (config.get("functionCallingConfig") or config["function_calling_config"])["mode"] == mode
    assert wrapped(body)["request"]["toolConfig"] == given
    assert "toolConfig" not in wrapped({}, CLAUDE)["request"]


INFO = ModelInfo("m", output_limit=64000, thinking=Thinking(min=1024, max=128000))


@pytest.mark.parametrize(
    ("config", "sent", "lost"),
    [
        ({"maxOutputTokens": 9000, "budget": 8000}, {"maxOutputTokens": 9000, "budget": 8000}, False),
        ({"maxOutputTokens": 8000, "budget": 8000}, {"maxOutputTokens": 8000, "budget": 7999}, False),
        ({"maxOutputTokens": 1024, "budget": 8000}, {"maxOutputTokens": 1024}, True),
        ({"budget": 100000}, {"maxOutputTokens": 64000, "budget": 63999}, False),
        ({"maxOutputTokens": 100, "budget": 0}, {"maxOutputTokens": 100, "budget": 0}, False),
        ({"maxOutputTokens": 100, "budget": -1}, {"maxOutputTokens": 100, "budget": -1}, False),
        ({"maxOutputTokens": 100, "budget": "x"}, {"maxOutputTokens": 100, "budget": "x"}, False),
    ],
)
def test_claude_thinks_less_than_it_may_say(config: dict[str, Any], sent: dict[str, Any], *, lost: bool) -> None:
    """Where too little would be left, it does not think at all."""

    def written(values: dict[str, Any], name: str) -> dict[str, Any]:
        budget = {"thinkingConfig": {name: values["budget"]}} if "budget" in values else {}
        return {word: value for word, value in values.items() if word != "budget"} | budget

    given = {"contents": [HELLO], "generationConfig": written(config, "thinking_budget")}
    out, told = shaped(PROVIDER, given, model=CLAUDE, info=INFO)

    assert out["request"]["generationConfig"] == written(sent, "thinkingBudget")
    assert told == (["generationConfig.thinkingConfig"] if lost else [])


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"thinkingLevel": "LOW"}, {"thinkingBudget": 1024}),
        ({"thinking_level": "high", "includeThoughts": True}, {"thinkingBudget": 24576, "includeThoughts": True}),
        ({"thinkingLevel": "low", "thinkingBudget": 2048}, {"thinkingBudget": 2048}),
        ({"thinkingLevel": "odd"}, {"thinkingLevel": "odd"}),
        ({"thinkingLevel": 7}, {"thinkingLevel": 7}),
    ],
)
def test_claude_is_told_in_tokens_how_hard_to_think(given: dict[str, Any], sent: dict[str, Any]) -> None:
    """A Gemini client may know levels only, and here Claude's models know none."""
    info = ModelInfo("m", output_limit=64000, thinking=Thinking(min=1024, max=64000), known=True)
    body = {"contents": [HELLO], "generationConfig": {"thinkingConfig": given, "maxOutputTokens": 30000}}
    out, _ = shaped(PROVIDER, body, model=CLAUDE, info=info)

    assert out["request"]["generationConfig"]["thinkingConfig"] == sent
    assert wrapped({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}})["request"][
        "generationConfig"
    ] == {"thinkingConfig": {"thinkingLevel": "LOW"}}


def test_without_known_limits_a_budget_stays() -> None:
    """Nothing is made up."""
    config = {"thinkingConfig": {"thinkingBudget": 8000}}

    assert wrapped({"generationConfig": config}, CLAUDE)["request"]["generationConfig"] == config


@pytest.mark.parametrize(
    "body",
    [
        {"contents": 5, "tools": 5, "generationConfig": 5, "systemInstruction": 5, "toolConfig": 5},
        {"contents": [5], "tools": [5]},
        {"contents": {"role": 5, "parts": {"text": 5}}, "tools": {"functionDeclarations": [5]}},
        {"contents": [{"parts": 5}], "generationConfig": {"thinkingConfig": 5, "responseSchema": 5}},
        {"contents": [{"parts": [{"functionResponse": 5}, {"inlineData": 5}]}], "toolConfig": []},
    ],
)
@pytest.mark.parametrize("model", [GEMINI, CLAUDE])
def test_what_cannot_be_read_is_for_the_upstream_to_refuse(body: dict[str, Any], model: str) -> None:
    """An odd request is no fault of ours."""
    assert shaped(PROVIDER, body, model=model)[0]["model"] == model


@pytest.mark.timeout(10)
@pytest.mark.parametrize("model", [GEMINI, CLAUDE])
def test_a_long_conversation_is_edited_in_no_time(model: str) -> None:
    """All requests wait while one is edited."""
    shown = [{"functionResponse": {"name": "f", "response": {}}}, *[{"inlineData": {"data": "AA=="}}] * 50_000]
    body = msgspec.json.encode({"contents": [HELLO, {"role": "user", "parts": shown}, *[HELLO] * 10_000]})

    assert len(prepared(PROVIDER, model=model, body=body).body) > len(body) / 2
