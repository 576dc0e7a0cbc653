"""Relayed requests, edited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.anthropic_messages import DIALECT
from cliproxy.dialects.base import Edits
from cliproxy.errors import RequestError
from tests.unit.dialects.translating import Body

THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
CALL = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "x"}


def edited(body: Body, **edits: Any) -> Body:
    result: Body = json.loads(DIALECT.edit_request(json.dumps(body).encode(), Edits(**edits)))
    return result


def test_model_and_stream_are_edited_and_the_rest_stays_the_bytes_it_was() -> None:
    body = b'{"model":"a","messages":[ {"role":"user","content":"\\u00e9 1e3"} ],"stream":true}'

    assert DIALECT.edit_request(body, Edits(model="b", stream=False)) == (
        b'{"model":"b","messages":[ {"role":"user","content":"\\u00e9 1e3"} ],"stream":false}'
    )


def test_a_budget_that_leaves_no_room_is_lowered() -> None:
    """Qwen Code asks for 32000 whatever its limit; the rest stays as it came."""
    assert DIALECT.repair is not None
    body = b'{"max_tokens":8000, "thinking":{"type":"enabled","budget_tokens":32000,"new":1e3},"messages":[ 1.0 ]}'

    assert DIALECT.repair(body) == (
        b'{"max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":7999,"new":1e3},"messages":[ 1.0 ]}'
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{ "max_tokens":8000,"thinking":{"type":"enabled","budget_tokens":7999} }',
        b'{ "max_tokens":1024,"thinking":{"type":"enabled","budget_tokens":1024} }',
        b'{ "max_tokens":10,"messages":[{"content":"\\"budget_tokens\\": 50"}] }',
        b'{ "max_tokens":10,"metadata":{"budget_tokens":50} }',
        b'{ "thinking":{"type":"enabled","budget_tokens":50} }',
        b'{ "max_tokens":null,"thinking":{"type":"enabled","budget_tokens":50} }',
        b'{ "max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":"many"} }',
        b'{ "max_tokens":5000,"thinking":{"type":"disabled","budget_tokens":5000} }',
        b'[ "budget_tokens" ]',
        b'{ "budget_tokens',
    ],
)
def test_a_request_in_which_there_is_nothing_to_repair_stays_the_bytes_it_was(body: bytes) -> None:
    """Also where it is wrong in ways that the upstream will tell."""
    assert DIALECT.repair is not None
    assert DIALECT.repair(body) is body


@pytest.mark.parametrize(
    ("effort", "fields"),
    [
        (
            Effort(Level.HIGH),
            {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"task": 1, "effort": "high"}},
        ),
        (
            Effort(budget=2000),
            {
                "thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
                "output_config": {"task": 1},
            },
        ),
        (
            Effort(budget=9999),
            {
                "thinking": {"type": "enabled", "budget_tokens": 4999, "display": "omitted"},
                "output_config": {"task": 1},
            },
        ),
        (Effort(Level.NONE), {"thinking": {"type": "disabled"}, "output_config": {"task": 1}}),
        (Effort(Level.AUTO), {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"task": 1}}),
    ],
)
def test_an_effort_replaces_what_the_body_says(effort: Effort, fields: Body) -> None:
    said = {
        "max_tokens": 5000,
        "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "omitted"},
        "output_config": {"effort": "low", "task": 1},
    }

    assert edited(said, effort=effort) == {"max_tokens": 5000} | fields


def test_what_is_refused_beside_thinking_goes() -> None:
    body = {"max_tokens": 5000, "temperature": 0.5, "top_p": 0.99, "top_k": 3}

    assert edited(body, effort=Effort(Level.LOW)).keys() == {"max_tokens", "top_p", "thinking", "output_config"}
    assert edited(body, effort=Effort(Level.NONE)) == body | {"thinking": {"type": "disabled"}}


@pytest.mark.parametrize("choice", ["any", {"type": "tool", "name": "f"}])
def test_beside_a_forced_tool_nothing_is_asked(choice: object) -> None:
    body = {"tool_choice": choice, "output_config": {"effort": "low"}, "thinking": {"type": "adaptive"}}

    assert edited(body, effort=Effort(Level.HIGH)) == {"tool_choice": choice}


def test_without_room_for_a_budget_there_is_no_thinking() -> None:
    assert edited({"max_tokens": 500}, effort=Effort(budget=2000))["thinking"] == {"type": "disabled"}


def test_proofs_are_dropped_with_their_thoughts() -> None:
    """Neither is taken without the other; a turn that was nothing else goes."""
    turns = [
        {"role": "user", "content": "thinking"},
        {"role": "assistant", "content": [THOUGHT]},
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}, CALL]},
        {"role": "user", "content": [RESULT]},
    ]
    body = edited({"messages": turns, "thinking": {"type": "adaptive"}}, drop_proofs=True)

    assert body["messages"] == [turns[0], {"role": "assistant", "content": [CALL]}, turns[3]]
    assert body["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize(("last", "thinks"), [(RESULT, "disabled"), ({"type": "text", "text": "x"}, "enabled")])
def test_a_tool_loop_without_its_thoughts_goes_on_without_thinking(last: Body, thinks: str) -> None:
    """Beside a budget the API demands them."""
    turns = [{"role": "assistant", "content": [THOUGHT, CALL]}, {"role": "user", "content": [last]}]
    thinking = {"type": "enabled", "budget_tokens": 1024}

    assert edited({"messages": turns, "thinking": thinking}, drop_proofs=True)["thinking"]["type"] == thinks


@pytest.mark.parametrize("body", [{"messages": 7}, {"messages": [{"role": "user", "content": 7}, "thinking"]}])
def test_what_cannot_be_read_is_the_client_s_fault(body: Body) -> None:
    with pytest.raises(RequestError):
        edited(body, drop_proofs=True)
