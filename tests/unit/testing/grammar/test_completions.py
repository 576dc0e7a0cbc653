"""The checker of legacy completions: it must see what is wrong."""

from __future__ import annotations

import pytest

from cliproxy.testing.grammar import reply_violations, violations
from tests.unit.testing.grammar.framing import DONE, Body, encoded, unnamed

HEAD: Body = {"id": "x", "object": "text_completion", "created": 1, "model": "m"}
COUNTS: Body = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def chunk(text: str, finish: str | None = None) -> Body:
    return HEAD | {"choices": [{"index": 0, "text": text, "finish_reason": finish, "logprobs": None}]}


USAGE: Body = HEAD | {"choices": [], "usage": COUNTS}


def test_well_formed_streams_are_passed() -> None:
    assert violations("openai_completions", [*unnamed(chunk("a"), chunk("", "stop"), USAGE), DONE]) == []
    assert violations("openai_completions", unnamed(chunk("a"), {"error": {}})) == []


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk("a"),),
        (chunk("a", "stop"), chunk("b")),
        (chunk("a", "tool_calls"),),
        (chunk("a"), HEAD | {"choices": []}, chunk("", "stop")),
        (chunk("a", "stop"), USAGE, USAGE),
        (chunk("a", "stop") | {"object": "chat.completion.chunk"},),
        (chunk("a"), chunk("", "stop") | {"id": "y"}),
        (HEAD | {"choices": [{"index": 0, "finish_reason": "stop"}]},),
    ],
)
def test_a_broken_stream_is_seen(chunks: tuple[Body, ...]) -> None:
    assert violations("openai_completions", [*unnamed(*chunks), DONE])


def test_a_broken_reply_is_seen() -> None:
    reply = chunk("a", "stop") | {"usage": COUNTS}

    assert reply_violations("openai_completions", encoded(reply)) == []
    assert reply_violations("openai_completions", encoded(reply | {"choices": []}))
    assert reply_violations("openai_completions", encoded(chunk("a") | {"usage": COUNTS}))
    assert reply_violations("openai_completions", encoded(reply | {"model": ""}))
