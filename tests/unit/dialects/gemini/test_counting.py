"""Counting tokens."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.request import Text
from cliproxy.dialects.gemini import DIALECT
from cliproxy.dialects.gemini.counting import (
    decode_count,
    decode_count_request,
    encode_count,
    encode_count_request,
)

HI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


@pytest.mark.parametrize(
    "body", [HI, {"generateContentRequest": HI | {"model": "models/m"}}, {"generate_content_request": HI}]
)
def test_a_question_has_a_short_and_a_long_form(body: dict[str, object]) -> None:
    (message,) = decode_count_request(json.dumps(body).encode()).messages

    assert message.parts == (Text("hi"),)


def test_ours_counts_tools_and_instructions_and_no_sampling() -> None:
    request = HI | {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "f"}]}],
        "generationConfig": {"maxOutputTokens": 5, "temperature": 1, "thinkingConfig": {"thinkingBudget": 5}},
    }
    conversation = decode_count_request(json.dumps({"generateContentRequest": request}).encode())
    body = json.loads(encode_count_request(conversation, ModelInfo("m")).body)

    assert body["generateContentRequest"].pop("model") == "models/m"
    assert body == {"generateContentRequest": {name: request[name] for name in request if name != "generationConfig"}}


def test_the_answer_is_a_number() -> None:
    assert decode_count(encode_count(31)) == 31
    assert decode_count(b'{"totalTokens":31,"totalBillableCharacters":96}') == 31
    assert decode_count(b"[]") is None
    assert DIALECT.counting is not None
