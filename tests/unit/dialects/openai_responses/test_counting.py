"""The question how many tokens a request has."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.openai_responses.counting import COUNTING


def test_the_question_holds_what_is_counted_and_nothing_else() -> None:
    body = (
        b'{"model":"m","input":"a","instructions":"i","max_output_tokens":50,"temperature":1,"store":false,"tools":[]}'
    )
    encoded = COUNTING.encode_request(COUNTING.decode_request(body), ModelInfo("m"))

    assert sorted(json.loads(encoded.body)) == ["input", "instructions", "model"]


@pytest.mark.parametrize(("body", "tokens"), [(b'{"input_tokens":5}', 5), (b"{}", None), (b"<html>", None)])
def test_the_answer_is_a_number(body: bytes, tokens: int | None) -> None:
    assert COUNTING.decode_reply(body) == tokens


def test_the_answer_is_written_as_the_vendor_does() -> None:
    assert json.loads(COUNTING.encode_reply(5)) == {"object": "response.input_tokens", "input_tokens": 5}
