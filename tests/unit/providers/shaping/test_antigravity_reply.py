"""Antigravity's replies, in Gemini's words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.providers.antigravity import PROVIDER
from cliproxy.wire.frames import Framing
from tests.unit.providers.calling import call_to

CLAUDE, GEMINI = "claude-opus-4-6-thinking", "gemini-3-flash"
ASKS_NOTHING = {"name": "now", "parameters": {"type": "object", "properties": {}}}
ASKS = {
    "name": "find",
    "parametersJsonSchema": {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "where": {"type": "object", "properties": {"a": {}}}},
    },
}
TOOLS = {"tools": [{"functionDeclarations": [ASKS_NOTHING, ASKS]}]}


def enclosed(*parts: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"response": {"candidates": [{"content": {"role": "model", "parts": parts}}], "x": 1}})


def read(data: bytes, model: str = CLAUDE, body: dict[str, Any] = TOOLS) -> bytes:
    call = call_to(PROVIDER, model=model, framing=Framing.EVENT_STREAM)
    return PROVIDER.unwrapping(call, msgspec.json.encode(body))(data)


def parts_read(*parts: dict[str, Any], model: str = CLAUDE, body: dict[str, Any] = TOOLS) -> Any:
    reply = msgspec.json.decode(read(enclosed(*parts), model, body))
    assert reply["x"] == 1
    return reply["candidates"][0]["content"]["parts"]


def test_claude_s_proofs_are_tagged() -> None:
    """So that they find back to Claude, and to nobody else."""
    part = {"text": "hm", "thought": True, "thoughtSignature": "abc"}

    assert parts_read(part) == [part | {"thoughtSignature": "claude#abc"}]
    assert parts_read(part, model=GEMINI) == [part]
    assert parts_read({"text": "hm", "thought_signature": "abc"}) == [{"text": "hm", "thoughtSignature": "claude#abc"}]


@pytest.mark.parametrize(
    ("name", "args", "left"),
    [
        ("now", {"reason": "to know"}, {}),
        ("find", {"reason": "mine", "where": {"_": True, "a": 1}}, {"reason": "mine", "where": {"a": 1}}),
        ("find", {"where": {"a": 1}}, {"where": {"a": 1}}),
        ("other", {"reason": "r", "_": True}, {"reason": "r", "_": True}),
    ],
)
@pytest.mark.parametrize("model", [CLAUDE, "gemini-3-pro-high"])
def test_what_only_we_asked_for_is_taken_out_of_calls(
    name: str, args: dict[str, Any], left: dict[str, Any], model: str
) -> None:
    """A client's program is called with what its author declared."""
    call = {"functionCall": {"id": "c", "name": name, "args": args}}

    assert parts_read(call, model=model) == [{"functionCall": {"id": "c", "name": name, "args": left}}]


def test_nothing_is_taken_out_where_nothing_was_put_in() -> None:
    call = {"functionCall": {"name": "now", "args": {"reason": "r"}}}

    assert parts_read(call, model=GEMINI) == [call]
    assert parts_read(call, body={}) == [call]


@pytest.mark.parametrize(
    "data",
    [
        b'{"response": {"candidates": [ {"content": {"parts": [{"text": "\\"thoughtSignature\\""}]}} ]}}',
        b'{"response": {"candidates": 7, "thoughtSignature": 7}}',
        b'{"response": {"candidates": [{"content": {"parts": [{"functionCall": 7}, {"thoughtSignature": 7}]}}]}}',
        b'{"response": {"candidates": [{"content": {"parts": [{"functionCall": {"name": 7, "args": [1]}}]}}]}}',
    ],
)
def test_what_needs_no_reading_stays_the_bytes_it_was(data: bytes) -> None:
    assert read(data) == data[len(b'{"response": ') : -1]
    assert read(b'{"error": {"message": "functionCall"}}') == b'{"error": {"message": "functionCall"}}'


@pytest.mark.parametrize("body", [{"tools": 7}, {"tools": [{"functionDeclarations": [{"name": 7}]}]}, {}])
def test_tools_of_any_shape_are_read(body: dict[str, Any]) -> None:
    call = {"functionCall": {"name": "now", "args": {}}}

    assert parts_read(call, body=body) == [call]


words = st.sampled_from(
    [
        "response",
        "candidates",
        "content",
        "parts",
        "thoughtSignature",
        "functionCall",
        "function_call",
        "name",
        "args",
        "now",
        "find",
        "tools",
        "functionDeclarations",
        "parameters",
        "properties",
        "type",
        "object",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
)


@given(reply=st.dictionaries(words, anything) | anything, tools=anything)
def test_no_reply_is_too_odd(reply: Any, tools: Any) -> None:
    """Decoders of replies raise nothing; what is to be said of an odd one is the dialect's to say."""
    data = msgspec.json.encode({"response": {"candidates": reply}})

    msgspec.json.decode(read(data, body={"tools": tools}))
    assert read(b"\xff" + data) == b"\xff" + data


@pytest.mark.timeout(10)
def test_a_reply_with_many_calls_is_read_in_no_time() -> None:
    call = {"functionCall": {"name": "now", "args": {"reason": "r"}}}

    assert all(part["functionCall"]["args"] == {} for part in parts_read(*[call] * 5000))
