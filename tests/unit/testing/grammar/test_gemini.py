"""The checker of generateContent streams and replies: it must see what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.testing.grammar import reply_violations, violations
from cliproxy.wire.frames import Frame
from tests.unit.testing.grammar.framing import DONE, Body, encoded, unnamed

HEAD: Body = {"responseId": "x", "modelVersion": "m"}
COUNTS: Body = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}


def chunk(*parts: Any, **fields: object) -> Body:
    return HEAD | {"candidates": [{"index": 0, "content": {"role": "model", "parts": list(parts)}} | fields]}


WORDS: Body = chunk({"text": "a"})
LAST: Body = chunk({"text": ""}, finishReason="STOP") | {"usageMetadata": COUNTS}
CALL: Body = chunk({"functionCall": {"name": "f", "args": {}}})


def gemini(*chunks: Body) -> list[str]:
    return violations("gemini", unnamed(*chunks))


def test_well_formed_streams_are_passed() -> None:
    assert gemini(WORDS, {}, chunk({"text": "t", "thought": True}), CALL, LAST) == []
    assert gemini(WORDS, chunk({"text": "", "thoughtSignature": "s"}), LAST) == []
    assert gemini(HEAD | {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": COUNTS}) == []
    assert gemini(WORDS, {"error": {}}) == []


@pytest.mark.parametrize(
    "chunks",
    [
        (WORDS,),
        (WORDS, chunk({"text": ""}, finishReason="STOP")),
        (LAST, WORDS),
        (LAST, LAST),
        (WORDS, LAST | {"responseId": "y"}),
        (WORDS | {"modelVersion": ""}, LAST),
        (chunk({"text": ""}), LAST),
        (chunk(), LAST),
        (chunk({"thought": True}), LAST),
        (chunk({"text": "a", "functionCall": {"name": "f", "args": {}}}), LAST),
        (chunk({"functionCall": {"name": "f", "args": "{}"}}), LAST),
        (chunk({"functionCall": {"name": "f"}}), LAST),
        (chunk({"functionCall": {"name": "f", "args": {}, "willContinue": True}}), LAST),
        (HEAD | {"candidates": [{"content": {"parts": [{"text": "a"}]}}]}, LAST),
        (WORDS, LAST | {"usageMetadata": {"promptTokenCount": 1}}),
        (WORDS, {"error": {}}, LAST),
    ],
)
def test_a_broken_stream_is_seen(chunks: tuple[Body, ...]) -> None:
    assert gemini(*chunks)


def test_neither_a_name_nor_a_last_word_belongs_there() -> None:
    """Clients parse every `data` line as JSON."""
    assert violations("gemini", [*unnamed(WORDS, LAST), DONE])
    assert violations("gemini", [Frame("message", encoded(LAST))])


@pytest.mark.parametrize(
    "reply",
    [
        LAST | {"responseId": ""},
        HEAD | {"candidates": [], "usageMetadata": COUNTS},
        WORDS | {"usageMetadata": COUNTS},
        chunk({"text": "a"}, finishReason="STOP"),
        chunk({"text": "a"}, finishReason="STOP", index=1) | {"usageMetadata": COUNTS},
    ],
)
def test_a_broken_reply_is_seen(reply: Body) -> None:
    assert reply_violations("gemini", encoded(LAST)) == []
    assert reply_violations("gemini", encoded(reply))
