"""The checker of Chat streams and replies: it must see what is wrong."""

from __future__ import annotations

import pytest

from cliproxy.testing.grammar import reply_violations, violations
from tests.unit.testing.grammar.framing import DONE, Body, encoded, unnamed

HEAD: Body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
COUNTS: Body = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def chunk(delta: Body, finish: str | None = None, index: int = 0) -> Body:
    return HEAD | {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def chat(*chunks: Body, done: bool = True) -> list[str]:
    return violations("openai_chat", [*unnamed(*chunks), DONE] if done else unnamed(*chunks))


def call(index: int, **fields: object) -> Body:
    return chunk({"tool_calls": [{"index": index} | fields]})


FIRST: Body = chunk({"role": "assistant", "content": ""})
LAST: Body = chunk({}, "stop")
CALLED: Body = chunk({}, "tool_calls")
USAGE: Body = HEAD | {"choices": [], "usage": COUNTS}
OPENED: Body = {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
OTHER: Body = chunk({"role": "assistant", "content": "b"}, index=1)
OTHER_LAST: Body = chunk({}, "stop", index=1)


def test_well_formed_streams_are_passed() -> None:
    assert chat(FIRST, call(0, **OPENED), call(0, function={"arguments": "{}"}), CALLED, USAGE) == []
    assert chat(FIRST, {"error": {}}, done=False) == []
    assert chat(FIRST, OTHER, LAST, OTHER_LAST, USAGE) == []


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk({"content": ""}), LAST),
        (FIRST, LAST, LAST),
        (FIRST, LAST, chunk({"content": "late"})),
        (FIRST, USAGE, LAST),
        (FIRST, LAST, USAGE, USAGE),
        (FIRST, LAST, USAGE | {"usage": {"total_tokens": 1}}),
        (FIRST, LAST, USAGE | {"usage": COUNTS | {"total_tokens": 2}}),
        (FIRST,),
        (FIRST, LAST | {"id": "y"}),
        (FIRST, call(1, **OPENED), CALLED),
        (FIRST, call(0, function={"name": "f"}), CALLED),
        (FIRST, call(0, **OPENED), call(0, **OPENED), CALLED),
        (FIRST, call(0, **OPENED), LAST),
        (FIRST, CALLED),
        (FIRST, chunk({}, "eos")),
        (FIRST, LAST, {"error": {}}),
        (FIRST, HEAD | {"choices": None}, LAST),
        (FIRST, OTHER, LAST),
        (OTHER, OTHER_LAST),
    ],
)
def test_a_broken_stream_is_seen(chunks: tuple[Body, ...]) -> None:
    assert chat(*chunks)


def test_the_end_is_missed() -> None:
    assert chat(FIRST, LAST, done=False)


CALL: Body = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CHOICE: Body = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
REPLY: Body = HEAD | {"object": "chat.completion", "choices": [CHOICE], "usage": COUNTS}


def with_message(finish: str, **fields: object) -> Body:
    message = {"role": "assistant", "content": None} | fields
    return REPLY | {"choices": [CHOICE | {"message": message, "finish_reason": finish}]}


def test_well_formed_replies_are_passed() -> None:
    assert reply_violations("openai_chat", encoded(REPLY)) == []
    assert reply_violations("openai_chat", encoded(with_message("tool_calls", tool_calls=[CALL]))) == []


@pytest.mark.parametrize(
    "reply",
    [
        REPLY | {"id": ""},
        REPLY | {"object": "chat.completion.chunk"},
        REPLY | {"choices": []},
        REPLY | {"usage": None},
        REPLY | {"choices": [CHOICE | {"index": 1}]},
        REPLY | {"choices": [CHOICE | {"message": {"role": "assistant"}}]},
        REPLY | {"choices": [CHOICE | {"message": {"role": "assistant", "content": ["a"]}}]},
        REPLY | {"choices": [CHOICE | {"finish_reason": None}]},
        with_message("stop", tool_calls=[CALL]),
        with_message("tool_calls", tool_calls=[]),
        with_message("tool_calls", tool_calls=[CALL | {"id": ""}]),
        with_message("tool_calls", tool_calls=[CALL | {"function": {"name": "f", "arguments": {}}}]),
    ],
)
def test_a_broken_reply_is_seen(reply: Body) -> None:
    assert reply_violations("openai_chat", encoded(reply))
