"""The checker of Messages streams and replies: it must see what is wrong."""

from __future__ import annotations

import pytest

from cliproxy.testing.grammar import reply_violations, violations
from tests.unit.testing.grammar.framing import Body, encoded, named, unnamed

START: Body = {"type": "message_start", "message": {"usage": {}}}
OPEN: Body = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
CALL: Body = OPEN | {"content_block": {"type": "tool_use", "id": "a", "name": "f", "input": {}}}
THOUGHT: Body = OPEN | {"content_block": {"type": "thinking"}}
WORDS: Body = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}
SIGNED: Body = WORDS | {"delta": {"type": "signature_delta", "signature": "s"}}
STOP: Body = {"type": "content_block_stop", "index": 0}
TOLD: Body = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}
CALLED: Body = TOLD | {"delta": {"stop_reason": "tool_use"}}
END: Body = {"type": "message_stop"}
ERROR: Body = {"type": "error", "error": {}}


def messages(*events: Body) -> list[str]:
    return violations("anthropic_messages", named(*events))


def test_well_formed_streams_are_passed() -> None:
    assert messages(START, OPEN, WORDS, STOP, {"type": "ping"}, TOLD, END) == []
    assert messages(START, THOUGHT, SIGNED, STOP, TOLD, END) == []
    assert messages(START, CALL, STOP, CALLED, END) == []
    assert messages(START, OPEN, ERROR) == []


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
        (START, THOUGHT, SIGNED, SIGNED, STOP, TOLD, END),
        (START, {"type": "odd"}, TOLD, END),
        (START, TOLD | {"usage": {}}, END),
        (START, TOLD | {"delta": {"stop_reason": "odd"}}, END),
        (START, CALL, STOP, TOLD, END),
        (START, CALLED, END),
        (START, CALL | {"content_block": {"type": "tool_use", "id": "a"}}, STOP, CALLED, END),
    ],
)
def test_a_broken_stream_is_seen(events: tuple[Body, ...]) -> None:
    assert messages(*events)


def test_the_name_of_an_event_must_be_its_type() -> None:
    """The SDKs go by the name."""
    assert violations("anthropic_messages", unnamed(ERROR))


REPLY: Body = {
    "id": "x",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "a"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


@pytest.mark.parametrize(
    "reply",
    [
        REPLY | {"id": None},
        REPLY | {"role": "user"},
        {name: value for name, value in REPLY.items() if name != "stop_sequence"},
        REPLY | {"content": [{"type": "text"}]},
        REPLY | {"content": [{"type": "tool_use", "id": "a", "name": "f", "input": "{}"}], "stop_reason": "tool_use"},
        REPLY | {"stop_reason": "tool_use"},
        REPLY | {"usage": {"output_tokens": 2}},
    ],
)
def test_a_broken_reply_is_seen(reply: Body) -> None:
    assert reply_violations("anthropic_messages", encoded(REPLY)) == []
    assert reply_violations("anthropic_messages", encoded(reply))
