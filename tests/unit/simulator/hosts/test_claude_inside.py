"""Claude in Gemini's words, as Antigravity has it."""

import pytest

from cliproxy.simulator.proof import prove
from tests.unit.simulator.asking import CITY, Json, events_of, json_of
from tests.unit.simulator.hosts.visiting import refusal_of, visit

URL = "https://daily-cloudcode-pa.googleapis.com/v1internal:generateContent"
STREAM = "https://daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse"
THINKING: Json = {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 2000}}}
TOOLS: Json = {
    "tools": [{"functionDeclarations": [{"name": "weather", "parameters": CITY}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}},
}
PROOF = prove("claude", "hm")


def user(text: str) -> Json:
    return {"role": "user", "parts": [{"text": text}]}


def asked(*contents: Json, model: str = "claude-opus-4-5", **inner: object) -> Json:
    outer = {"project": "project-1", "userAgent": "a", "requestType": "agent", "requestId": "agent-1"}
    return {**outer, "model": model, "request": {"contents": list(contents), **inner}}


def thought(**part: object) -> Json:
    return {"role": "model", "parts": [{"thought": True, "text": "hm", "thoughtSignature": PROOF, **part}]}


@pytest.mark.parametrize("words", ["hello", 'call weather {"city": "Paris"}'])
def test_the_proof_stands_where_thinking_ends(words: str) -> None:
    """Before all else; in a stream on a thought of its own without words."""
    body = asked(user(words), **THINKING, **TOOLS)
    whole = json_of(visit(URL, body))["response"]["candidates"][0]["content"]["parts"]
    events = [data["response"]["candidates"][0]["content"]["parts"] for _, data in events_of(visit(STREAM, body))]
    streamed = [part for parts in events for part in parts]

    thoughts: list[int] = []
    for parts in (whole, streamed):
        thoughts = [place for place, part in enumerate(parts) if part.get("thought")]
        assert [place for place, part in enumerate(parts) if "thoughtSignature" in part] == [thoughts[-1]]
        assert thoughts == list(range(len(thoughts)))
    assert streamed[thoughts[-1]]["text"] == ""
    assert whole[0]["text"]


def test_what_was_said_can_be_said_back() -> None:
    """A call with its id, the result with the same, and the proof."""
    first = json_of(visit(URL, asked(user("call weather"), **THINKING, **TOOLS)))["response"]["candidates"][0][
        "content"
    ]
    call = first["parts"][-1]["functionCall"]
    result = {"functionResponse": {"id": call["id"], "name": "weather", "response": {"result": "sunny"}}}
    body = asked(user("call weather"), first, {"role": "user", "parts": [result]}, **TOOLS)

    assert "sunny" in json_of(visit(URL, body))["response"]["candidates"][0]["content"]["parts"][0]["text"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (asked(user("a"), {"role": "model", "parts": [{"thought": True}]}, user("b")), 500, "Internal error"),
        (asked(user("a"), thought(thoughtSignature=""), user("b")), 400, "signature: Field required"),
        (asked(user("a"), thought(thoughtSignature=prove("gemini", "hm")), user("b")), 400, "Invalid `signature`"),
        (asked(user("a"), thought(thoughtSignature="somebody's"), user("b")), 400, "Invalid `signature`"),
        (asked(user("a"), {"role": "model", "parts": [{"functionCall": {"name": "weather"}}]}), 400, "tool_use.id"),
        (asked({"role": "user", "parts": [{"functionResponse": {"name": "w"}}]}), 400, "tool_result.tool_use_id"),
        (asked({"role": "user", "parts": []}), 400, "must not be empty"),
        (asked(user("a"), tools=TOOLS["tools"]), 400, "VALIDATED"),
        (
            asked(user("a"), generationConfig={"maxOutputTokens": 9, "thinkingConfig": {"thinkingBudget": 9}}),
            400,
            "max_tokens",
        ),
        (asked(user("a"), thought(), user("b"), model="gemini-2.5-pro"), 400, "Corrupted thought signature."),
    ],
)
def test_what_is_wrong_is_refused(body: Json, status: int, words: str) -> None:
    """Unsigned thoughts, foreign proofs, calls without ids."""
    found, said = refusal_of(visit(URL, body))

    assert (found, words in said) == (status, True), said


def test_more_may_be_said_than_is_thought() -> None:
    """Claude keeps the limit that Gemini must not be given."""
    settings = {"maxOutputTokens": 4000, "thinkingConfig": {"thinkingBudget": 2000}}

    assert visit(URL, asked(user("a"), thought(), user("b"), generationConfig=settings)).status == 200
