"""How likely tokens were, in parallel lists."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.openai_completions.logprobs import logprobs_object, logprobs_of


def test_what_is_written_reads_back() -> None:
    said = (Logprob("ab", -0.5, top=(Logprob("ab", -0.5), Logprob("x", -2.0))), Logprob("c", -0.1))

    assert logprobs_of(Raw(msgspec.json.encode(logprobs_object(said, 3)))) == said


def test_a_token_of_the_prompt_has_none() -> None:
    """The first of an echoed prompt comes from nowhere."""
    assert logprobs_of(Raw(b'{"tokens":["a","b"],"token_logprobs":[null,-1],"top_logprobs":null}')) == (
        Logprob("b", -1.0),
    )


@pytest.mark.parametrize(
    "raw", [b"null", b"3", b'{"tokens":3}', b'{"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[3]}']
)
def test_what_is_none_says_nothing(raw: bytes) -> None:
    assert logprobs_of(Raw(raw)) == ()
