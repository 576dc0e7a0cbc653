"""Calls of the present turn have a signature, at Gemini 3."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.dialects.gemini.signatures import STAND_IN, fitting, is_checked, sign_calls, tagged

CALL = {"functionCall": {"name": "f", "args": {}}}
ANSWER = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}
ASKED = {"role": "user", "parts": [{"text": "go"}]}


def called(*signatures: str | None) -> dict[str, Any]:
    parts = [dict(CALL) | ({"thoughtSignature": one} if one else {}) for one in signatures]
    return {"role": "model", "parts": [{"text": "well"}, *parts]}


def signed(*contents: dict[str, Any]) -> list[list[str | None]]:
    sign_calls(contents)
    return [
        [part.get("thoughtSignature") for part in content["parts"] if "functionCall" in part]
        for content in contents
        if content["role"] == "model"
    ]


@pytest.mark.parametrize(
    ("model", "checked"),
    [
        ("gemini-3-pro-preview", True),
        ("models/gemini-3.1-flash", True),
        ("gemini-12-pro", True),
        ("gemini-2.5-pro", False),
        ("gemini-1.5-flash", False),
        ("claude-sonnet-4-5", False),
    ],
)
def test_only_newer_models_check(model: str, checked: bool) -> None:
    assert is_checked(model) is checked


def test_the_first_call_of_each_content_is_signed() -> None:
    """Of parallel calls Gemini signs the first alone."""
    assert signed(ASKED, called(None, None), ANSWER, called(None), ANSWER) == [[STAND_IN, None], [STAND_IN]]


def test_a_real_signature_is_never_touched() -> None:
    assert signed(ASKED, called("c2ln", None), ANSWER) == [["c2ln", None]]


def test_turns_that_are_over_need_none() -> None:
    assert signed(ASKED, called(None), ANSWER, ASKED, called(None), ANSWER) == [[None], [STAND_IN]]


CLAUDE, GEMINI = "claude-opus-4-6-thinking", "gemini-3-pro-high"


@pytest.mark.parametrize("model", [CLAUDE, GEMINI])
def test_a_signature_finds_back_to_its_family(model: str) -> None:
    """And nowhere else; whatever has no tag may be anybody's."""
    other = GEMINI if model is CLAUDE else CLAUDE

    assert fitting(tagged("c2ln", model), model) == "c2ln"
    assert fitting("c2ln", other) == "c2ln"
    assert fitting("other#c2ln", model) == "other#c2ln"
    assert fitting("gemini#c2ln" if other is GEMINI else "claude#c2ln", model) == ""


def test_gemini_s_own_stay_as_they_are() -> None:
    """They are good at every door of Google's, by key or by login."""
    assert tagged("c2ln", GEMINI) == "c2ln"
    assert tagged("c2ln", CLAUDE) == "claude#c2ln"


def test_of_joined_signatures_the_first_is_whole() -> None:
    """Clients that join neighbouring thoughts join these too."""
    assert fitting("claude#c2lnclaude#b3Ro", CLAUDE) == "c2ln"
