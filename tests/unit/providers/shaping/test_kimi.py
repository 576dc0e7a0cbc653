"""What Kimi takes of Chat Completions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.conversation.model import ModelInfo
from cliproxy.providers.kimi import PROVIDER
from cliproxy.providers.shaping.kimi import NO_REASONING
from tests.unit.providers.calling import call_to, shaped

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def messages_of(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    body, _ = shaped(PROVIDER, {"model": "kimi-k2", "messages": list(messages)}, model="kimi-k2")
    found: list[dict[str, Any]] = body["messages"]
    return found


def test_a_turn_with_calls_has_a_reasoning() -> None:
    """The upstream answers 400 without one: the latest before, else what was said, else a word that says so."""
    user, plain = {"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "c1", "content": "ok"}

    assert messages_of(user, plain)[1]["reasoning_content"] == NO_REASONING
    assert messages_of(user, {**plain, "content": "I look"})[1]["reasoning_content"] == "I look"
    thought = {**plain, "reasoning_content": "hm"}
    assert [one.get("reasoning_content") for one in messages_of(thought, result, plain)] == ["hm", None, "hm"]


def test_a_result_without_an_id_gets_the_one_that_it_can_only_be() -> None:
    asked, result = {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "content": "ok"}
    two = {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "c2"}]}

    assert messages_of(asked, result)[1]["tool_call_id"] == "c1"
    assert messages_of(asked, {**result, "call_id": "c9"})[1] == {**result, "tool_call_id": "c9"}
    assert "tool_call_id" not in messages_of(two, result)[1]
    assert messages_of(two, {**result, "tool_call_id": "c1"}, result)[2]["tool_call_id"] == "c2"


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["role", "tool_calls", "content", "id", "tool_call_id"]), inner)
        ),
    )
)
def test_messages_of_any_shape_pass(messages: Any) -> None:
    """It is for the upstream to refuse them, in its own words."""
    out = msgspec.json.decode(PROVIDER.shaped(call_to(PROVIDER), msgspec.json.encode({"messages": messages})))[
        "messages"
    ]

    if isinstance(messages, list) and all(isinstance(message, dict) for message in messages):
        assert [message.get("role") for message in out] == [message.get("role") for message in messages]
    else:
        assert out == messages


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"reasoning_effort": "high", "thinking": {"type": "disabled"}}, {"reasoning_effort": "high"}),
        ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
    ],
)
def test_an_effort_and_none_at_all_have_a_field_each(given: dict[str, Any], sent: dict[str, Any]) -> None:
    """Of the two there is ever one."""
    body, lost = shaped(PROVIDER, given, model="kimi-k2-thinking")

    assert body == {"model": "k2-thinking"} | sent
    assert lost == []


def test_a_model_that_is_known_not_to_reason_is_not_told_to() -> None:
    info = ModelInfo("kimi-k2", known=True)

    assert shaped(PROVIDER, {"reasoning_effort": "low"}, model="kimi-k2", info=info) == (
        {"model": "k2"},
        ["reasoning_effort"],
    )
    assert shaped(PROVIDER, {"reasoning_effort": "none"}, model="kimi-k2", info=info) == ({"model": "k2"}, [])
