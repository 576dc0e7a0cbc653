"""The checker itself: it must see what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.testing.grammar import violations
from cliproxy.wire.frames import Frame

Body = dict[str, Any]

START: Body = {"type": "message_start", "message": {"usage": {}}}
OPEN: Body = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
WORDS: Body = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}
STOP: Body = {"type": "content_block_stop", "index": 0}
TOLD: Body = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
END: Body = {"type": "message_stop"}
ERROR: Body = {"type": "error", "error": {}}

HEAD: Body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def messages(*events: Body) -> list[str]:
    return violations("anthropic_messages", [Frame(str(e["type"]), json.dumps(e).encode()) for e in events])


def chunk(delta: Body, finish: str | None = None) -> Body:
    return HEAD | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def chat(*chunks: Body, done: bool = True) -> list[str]:
    frames = [Frame("", json.dumps(chunk).encode()) for chunk in chunks]
    return violations("openai_chat", [*frames, Frame("", b"[DONE]")] if done else frames)


def call(index: int, **fields: object) -> Body:
    return chunk({"tool_calls": [{"index": index} | fields]})


FIRST: Body = chunk({"role": "assistant", "content": ""})
LAST: Body = chunk({}, "stop")
USAGE: Body = HEAD | {"choices": [], "usage": {"total_tokens": 1}}
OPENED: Body = {"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}


def test_well_formed_streams_are_passed() -> None:
    assert messages(START, OPEN, WORDS, STOP, {"type": "ping"}, TOLD, END) == []
    assert messages(START, OPEN, ERROR) == []
    assert chat(FIRST, call(0, **OPENED), call(0, function={"arguments": "{}"}), LAST, USAGE) == []
    assert chat(FIRST, {"error": {}}, done=False) == []


@pytest.mark.parametrize(
    "events",
    [
        (OPEN, STOP, TOLD, END),
        (START, START, TOLD, END),
        (START, OPEN, OPEN, STOP, TOLD, END),
        (START, WORDS, TOLD, END),
        (START, OPEN, TOLD, STOP, END),
        (START, OPEN, STOP, TOLD, TOLD, END),
        (START, END),
        (START, TOLD),
        (START, TOLD, END, {"type": "ping"}),
        (START, ERROR, END),
        (START, OPEN | {"index": 1}, STOP, TOLD, END),
        (START, OPEN, WORDS | {"delta": {"type": "thinking_delta"}}, STOP, TOLD, END),
        (START, {"type": "odd"}, TOLD, END),
        (START, TOLD | {"usage": {}}, END),
    ],
)
def test_a_broken_messages_stream_is_seen(events: tuple[Body, ...]) -> None:
    assert messages(*events)


@pytest.mark.parametrize(
    "chunks",
    [
        (chunk({"content": ""}), LAST),
        (FIRST, LAST, LAST),
        (FIRST, LAST, chunk({"content": "late"})),
        (FIRST, USAGE, LAST),
        (FIRST, LAST, USAGE, USAGE),
        (FIRST,),
        (FIRST, LAST | {"id": "y"}),
        (FIRST, call(1, **OPENED), LAST),
        (FIRST, call(0, function={"name": "f"}), LAST),
        (FIRST, call(0, **OPENED), call(0, **OPENED), LAST),
        (FIRST, LAST, {"error": {}}),
        (FIRST, HEAD | {"choices": None}, LAST),
    ],
)
def test_a_broken_chat_stream_is_seen(chunks: tuple[Body, ...]) -> None:
    assert chat(*chunks)


def test_the_name_of_an_event_must_be_its_type() -> None:
    """The SDKs go by the name."""
    assert violations("anthropic_messages", [Frame("", json.dumps(ERROR).encode())])
