"""Calls of the present turn have a signature, at Gemini 3."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.dialects.gemini.signatures import STAND_IN, is_checked, sign_calls

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
