"""Turns as Antigravity takes them, Claude's in their order."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.providers.antigravity import PROVIDER
from tests.unit.providers.calling import shaped

STREAM, COUNT = range(2)
GEMINI, CLAUDE = "gemini-3-flash", "claude-sonnet-4-5-thinking"
HELLO = {"role": "user", "parts": [{"text": "hello"}]}
PROOF = "p" * 50
CALL: dict[str, Any] = {"functionCall": {"name": "f", "args": {}, "id": "c"}}


def wrapped(request: dict[str, Any], model: str = GEMINI, **settings: Any) -> Any:
    return shaped(PROVIDER, {"contents": [HELLO]} | request, model=model, **settings)[0]


def parts(given: list[dict[str, Any]], model: str = GEMINI, role: str = "model") -> Any:
    """Return what becomes of one turn's parts."""
    turns = wrapped({"contents": [HELLO, {"role": role, "parts": given}]}, model)["request"]["contents"]
    return turns[1]["parts"] if len(turns) > 1 else []


def test_claude_s_turns_have_an_order() -> None:
    """Thoughts, texts, calls, each in the order they came; unsigned thoughts are refused, so they go."""
    thought: dict[str, Any] = {"thought": True, "text": "t", "thoughtSignature": PROOF}
    given: list[dict[str, Any]] = [
        {"text": "a"},
        CALL | {"thoughtSignature": "gemini"},
        {"thought": True, "text": "unsigned"},
        {"thought": True, "text": "badly signed", "thoughtSignature": "short"},
        thought,
        {"text": "b", "thought_signature": "gemini"},
        {"text": "", "thoughtSignature": "gemini"},
    ]

    assert parts(given, CLAUDE) == [thought, {"text": "a"}, {"text": "b"}, CALL]
    assert parts(given[2:4], CLAUDE) == []
    user: list[dict[str, Any]] = [{"text": "a"}, {"functionResponse": {"name": "f", "response": {}}}, {"text": "b"}]
    assert parts(user, CLAUDE, "user") == user


def test_gemini_s_turns_stay_as_they_are() -> None:
    """But for thoughts without a text, which are an internal error there."""
    given: list[dict[str, Any]] = [
        CALL | {"thoughtSignature": "s"},
        {"thought": True, "thoughtSignature": "s"},
        {"text": "a"},
    ]

    assert parts(given) == [given[0], given[1] | {"text": ""}, given[2]]


@pytest.mark.parametrize("model", [GEMINI, CLAUDE])
def test_pictures_of_a_result_stand_in_it(model: str) -> None:
    """Behind it they would be the user's own."""
    one, two = {"inlineData": {"mimeType": "image/png", "data": "1"}}, {"inline_data": {"data": "2"}}
    first: dict[str, Any] = {"functionResponse": {"name": "f", "id": "c", "response": {"result": "r"}}}
    second: dict[str, Any] = {"functionResponse": {"name": "g", "response": {}, "parts": [one]}}
    given = [first, one, two, second, two, {"text": "see"}, one]
    camel = {"inlineData": {"data": "2"}}

    assert parts(given, model, "user") == [
        {"functionResponse": first["functionResponse"] | {"parts": [one, camel]}},
        {"functionResponse": second["functionResponse"] | {"parts": [one, camel]}},
        {"text": "see"},
        one,
    ]
