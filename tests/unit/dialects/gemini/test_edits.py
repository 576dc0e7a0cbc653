"""Edits of relayed requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.base import Edits
from cliproxy.dialects.gemini import DIALECT
from cliproxy.errors import RequestError

BODY = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def edited(body: dict[str, Any], **edits: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(DIALECT.edit_request(json.dumps(body).encode(), Edits(**edits)))
    return written


def test_an_edit_leaves_the_body_alone() -> None:
    """The model stands in the path, and so does whether to stream."""
    body = b'{"contents" : []}'

    assert DIALECT.edit_request(body, Edits(model="other", stream=True, drop_proofs=True)) is body


def test_a_model_in_the_body_says_the_same_as_the_path() -> None:
    """A count of tokens repeats it, and Google compares."""
    body = {"generateContentRequest": BODY | {"model": "models/alias"}}

    assert edited(body, model="real") == {"generateContentRequest": BODY | {"model": "models/real"}}
    assert edited(BODY | {"model": "alias"}, model="real")["model"] == "models/real"


@pytest.mark.parametrize(
    ("config", "written"),
    [
        (None, {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}),
        (
            {"temperature": 1.5, "thinkingConfig": {"thinkingBudget": 9, "includeThoughts": False}},
            {"temperature": 1.5, "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": False}},
        ),
    ],
)
def test_an_effort_takes_the_place_of_the_bodys(config: dict[str, Any] | None, written: dict[str, Any]) -> None:
    """A level and a budget together are refused; whether thoughts are shown stays as it was."""
    body = BODY | ({"generationConfig": config} if config else {})

    assert edited(body, effort=Effort(Level.LOW))["generationConfig"] == written


def test_an_effort_goes_where_snake_case_stands() -> None:
    """The field must not be there twice."""
    body = BODY | {"generation_config": {"thinking_config": {"thinking_budget": 5, "include_thoughts": True}}}

    assert edited(body, effort=Effort(Level.NONE)) == BODY | {
        "generation_config": {"thinking_config": {"thinkingBudget": 0, "includeThoughts": False}}
    }


def test_an_effort_that_says_nothing_changes_nothing() -> None:
    assert edited(BODY, effort=Effort()) == BODY


def test_proofs_are_dropped() -> None:
    """Calls keep what Google takes in place of a signature, for they may not go without."""
    contents = [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [
            {"text": "hm", "thought": True, "thoughtSignature": "c2ln"},
            {"text": "", "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "f"}, "thought_signature": "c2ln"},
            {"functionCall": {"name": "g"}},
        ]},
        {"role": "model", "parts": {"text": "", "thoughtSignature": "c2ln"}},
    ]  # fmt: skip

    assert edited({"contents": contents}, drop_proofs=True)["contents"] == [
        contents[0],
        {"role": "model", "parts": [
            {"text": "hm", "thought": True},
            {"functionCall": {"name": "f"}, "thoughtSignature": "skip_thought_signature_validator"},
            {"functionCall": {"name": "g"}},
        ]},
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"[]", b'{"contents":["thoughtSignature"', b"\xff"])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError):
        DIALECT.edit_request(body + b"", Edits(effort=Effort(Level.LOW), drop_proofs=True))


@pytest.mark.parametrize("contents", [5, "thoughtSignature", [5, {"parts": 5, "role": "model"}], {"role": 5}])
def test_odd_shapes_are_left_to_the_upstream(contents: Any) -> None:
    body = {"contents": contents, "note": "thoughtSignature"}

    assert edited(body, drop_proofs=True) == body
