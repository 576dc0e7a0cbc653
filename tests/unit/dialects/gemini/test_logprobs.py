"""How likely tokens were, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.gemini.logprobs import logprobs_object, logprobs_of

LOGPROBS = (Logprob("a", -0.5, top=(Logprob("a", -0.5), Logprob("b", -1.0))), Logprob("c", -2.0))


def test_what_was_written_reads_back() -> None:
    assert logprobs_of(Raw(json.dumps(logprobs_object(LOGPROBS)).encode())) == LOGPROBS


def test_tokens_may_come_without_their_rivals() -> None:
    assert logprobs_of(Raw(b'{"chosenCandidates":[{"token":"a","logProbability":-0.5}]}')) == (Logprob("a", -0.5),)


@pytest.mark.parametrize("body", [5, [], {"chosenCandidates": 5}, {}])
def test_odd_shapes_say_nothing(body: Any) -> None:
    assert logprobs_of(Raw(json.dumps(body).encode())) == ()
