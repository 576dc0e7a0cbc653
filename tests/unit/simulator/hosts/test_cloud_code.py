"""Gemini Code Assist, as the simulator plays it."""

import pytest

from tests.unit.simulator.asking import CITY, Json, body_of, events_of, json_of
from tests.unit.simulator.hosts.visiting import refusal_of, visit, without

HOST = "https://cloudcode-pa.googleapis.com"
WHOLE = f"{HOST}/v1internal:generateContent"
STREAM = f"{HOST}/v1internal:streamGenerateContent?alt=sse"
COUNT = f"{HOST}/v1internal:countTokens"
HELLO: Json = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
CALLING: Json = {
    "contents": [{"role": "user", "parts": [{"text": 'call weather {"city": "Paris"}'}]}],
    "tools": [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": CITY}]}],
}


def enclosed(inner: Json = HELLO, model: str = "gemini-2.5-pro", **more: object) -> Json:
    return {"model": model, "project": "project-1", "user_prompt_id": "p", "request": inner, **more}


def declared(**schema: object) -> Json:
    tool = {"name": "weather", "parametersJsonSchema": {**CITY, **schema}}
    return enclosed({**HELLO, "tools": [{"functionDeclarations": [tool]}]})


def test_answers_are_wrapped() -> None:
    """Whole, in each event of a stream and in each element of an array."""
    whole = json_of(visit(WHOLE, enclosed({**HELLO, "session_id": "s"})))
    events = [data for _, data in events_of(visit(STREAM, enclosed()))]
    array = json_of(visit(STREAM.replace("?alt=sse", ""), enclosed()))

    assert sorted(whole) == ["response", "traceId"]
    assert whole["response"]["candidates"][0]["content"]["parts"] == [{"text": 'You said: "hello".'}]
    assert events == array
    assert events[-1]["response"]["usageMetadata"]["totalTokenCount"] > 0
    assert b"[DONE]" not in body_of(visit(STREAM, enclosed()))


def test_calls_have_no_ids() -> None:
    """Whoever needs one makes it."""
    [part] = json_of(visit(WHOLE, enclosed(CALLING)))["response"]["candidates"][0]["content"]["parts"]

    assert part["functionCall"] == {"name": "weather", "args": {"city": "Paris"}}


def test_tokens_are_counted_without_an_envelope() -> None:
    """The model may stand inside there; nothing stands outside."""
    assert json_of(visit(COUNT, {"request": {**HELLO, "model": "models/gemini-2.5-pro"}}))["totalTokens"] == 1
    assert refusal_of(visit(COUNT, {"request": HELLO, "project": "project-1"}))[0] == 400
    assert refusal_of(visit(COUNT, {"request": {**HELLO, "safetySettings": []}}))[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (enclosed(project="project-2"), 403, "resource project project-2"),
        (without(enclosed(), "project"), 403, "resource project"),
        (enclosed({**HELLO, "model": "gemini-2.5-pro"}), 400, "Unknown name \"model\" at 'request'"),
        (enclosed(sessionId="s"), 400, 'Unknown name "sessionId"'),
        (enclosed({**HELLO, "stream": True}), 400, 'Unknown name "stream"'),
        (enclosed(model="missing"), 404, "not found"),
        (without(enclosed(), "request"), 400, "invalid argument"),
        (enclosed({"contents": [{"role": "user", "parts": [{"text": ""}]}]}), 400, "oneof field 'data'"),
        (enclosed({"contents": [{"role": "user", "parts": [{"thoughtSignature": "x"}]}]}), 400, "oneof field"),
        (declared(additionalProperties=False), 400, "additionalProperties"),
        (
            enclosed({**HELLO, "generationConfig": {"imageConfig": {}}}, "gemini-2.5-flash-image-preview"),
            400,
            "imageConfig",
        ),
        (b"[]", 400, "JSON"),
    ],
)
def test_what_is_wrong_is_refused(body: Json | bytes, status: int, words: str) -> None:
    """The project, the envelope, empty parts and schemas that the public API takes."""
    found, said = refusal_of(visit(WHOLE, body))

    assert (found, words in said) == (status, True), said


def test_nobody_and_nothing_else_is_answered() -> None:
    """A token that has ended, a key, and the account calls."""
    assert refusal_of(visit(WHOLE, enclosed(), {"authorization": "Bearer ended"}))[0] == 401
    assert refusal_of(visit(WHOLE, enclosed(), {"authorization": "", "x-goog-api-key": "sk-1"}))[0] == 403
    assert refusal_of(visit(f"{HOST}/v1internal:loadCodeAssist", {}))[0] == 404


def test_antigravity_is_answered_here_too() -> None:
    """It is told by its envelope, and held to its rules."""
    outer = {"userAgent": "a", "requestType": "agent", "requestId": "agent-1"}
    body = without({**enclosed(), **outer}, "user_prompt_id")

    assert json_of(visit(WHOLE, body))["response"]["candidates"]
    assert refusal_of(visit(WHOLE, without(body, "requestId")))[0] == 400
