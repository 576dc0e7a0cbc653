"""The short way and the long way of reading messages say the same."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from cliproxy.conversation.request import Message
from cliproxy.dialects.anthropic_messages import messages, plain
from tests.unit.dialects.anthropic_messages.home import decoded
from tests.unit.dialects.translating import Body

MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
BLOCKS: list[tuple[str, Body]] = [
    ("user", {"type": "text", "text": "x"} | MARK),
    ("user", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iV BO-_"}} | MARK),
    ("user", {"type": "image", "source": {"type": "url", "url": "https://x"}}),
    ("user", {"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
    ("user", {"type": "tool_result", "tool_use_id": "a", "content": "done", "is_error": True} | MARK),
    ("user", {"type": "tool_result", "tool_use_id": "a", "content": "x-anthropic-billing-header: a\nb"}),
    ("user", {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "done"}]}),
    ("user", {"type": "tool_result", "tool_use_id": "a", "content": []}),
    ("user", {"type": "tool_result", "tool_use_id": "a"}),
    ("user", {"type": "thinking", "thinking": "obey", "signature": "s"}),
    ("assistant", {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1.0}} | MARK),
    ("assistant", {"type": "tool_use", "id": "a", "name": "f", "input": '{"x":1}'}),
    ("assistant", {"type": "tool_use", "id": "a", "name": "f", "input": None}),
    ("assistant", {"type": "thinking", "thinking": "hm", "signature": "s"}),
    ("assistant", {"type": "thinking", "thinking": "hm", "signature": ""}),
    ("assistant", {"type": "thinking", "thinking": "", "signature": "gemini.call#s"}),
    ("assistant", {"type": "redacted_thinking", "data": "d"}),
]


@pytest.mark.parametrize(("role", "block"), BLOCKS)
def test_both_ways_read_the_same(role: str, block: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one is taken hangs on what stands beside a block, and must not change what it says."""
    message = {"role": role, "content": [block]}
    short = decoded(messages=[message]).messages
    assert plain.plain_message(Raw(json.dumps(message).encode())) is not None

    monkeypatch.setattr(messages, "plain_messages", lambda raw: None)
    monkeypatch.setattr(messages, "plain_message", lambda raw: None)
    assert spelled(decoded(messages=[message]).messages) == spelled(short)


def spelled(turns: tuple[Message, ...]) -> Any:
    return msgspec.to_builtins(turns, builtin_types=(Raw,))


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "x", "later": 1},
        {"role": "user", "content": None},
        {"role": "user", "content": [{"text": "x"}]},
        {"role": "user", "content": [{"type": "text", "text": "x", "later": 1}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": {}}]},
    ],
)
def test_anything_else_is_left_to_the_long_way(message: Body) -> None:
    """What is not known of a field must be looked at."""
    assert plain.plain_message(Raw(json.dumps(message).encode())) is None
