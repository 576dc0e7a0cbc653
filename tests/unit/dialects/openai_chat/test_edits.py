"""Relayed requests, with what an upstream needs changed."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.base import Edits
from cliproxy.dialects.openai_chat.edits import edit_request
from tests.unit.dialects.translating import Body


def edited(body: Body, edits: Edits) -> Body:
    result: Body = json.loads(edit_request(json.dumps(body).encode(), edits))
    return result


def test_numbers_and_unknown_fields_stay_as_they_came() -> None:
    body = b'{"model":"a","temperature":1.0,"x":{"big":12345678901234567890}}'

    assert edit_request(body, Edits(model="b")) == body.replace(b'"a"', b'"b"')


def test_what_belongs_to_a_stream_goes_with_it() -> None:
    body = {"stream": True, "stream_options": {"include_usage": True}}

    assert edited(body, Edits(stream=False)) == {"stream": False}
    assert edited(body, Edits(stream=True)) == body


@pytest.mark.parametrize(
    "competing",
    [
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low"}},
        {"thinking": {"type": "enabled"}},
        {"enable_thinking": False, "thinking_budget": 3},
        {"chat_template_kwargs": {"enable_thinking": False}},
        {"extra_body": {"google": {"thinking_config": {}}}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1}}},
    ],
)
def test_an_effort_takes_the_place_of_all_that_competes_with_it(competing: Body) -> None:
    assert edited({"model": "m"} | competing, Edits(effort=Effort(Level.HIGH))) == {
        "model": "m",
        "reasoning_effort": "high",
    }


def test_what_else_stands_beside_a_switch_is_left() -> None:
    body = {"chat_template_kwargs": {"enable_thinking": True, "x": 1}}

    assert edited(body, Edits(effort=Effort(budget=0)))["chat_template_kwargs"] == {"x": 1}


@pytest.mark.parametrize(
    ("effort", "written"),
    [
        (Effort(budget=8000), {"reasoning_effort": "medium"}),
        (Effort(Level.AUTO), {}),
        (Effort(), {"thinking": {"type": "enabled"}}),
    ],
)
def test_an_effort_is_told_as_a_level_or_not_at_all(effort: Effort, written: Body) -> None:
    """`auto` is what a model does that is told nothing; an effort without depth leaves what is there."""
    assert edited({"thinking": {"type": "enabled"}}, Edits(effort=effort)) == written


def test_proofs_are_left_out_and_words_stay() -> None:
    google = {"extra_content": {"google": {"thought_signature": "S"}}}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    thought = {"role": "assistant", "reasoning_content": "hm", "reasoning_details": [{"signature": "S"}]}
    body = {"messages": [{"role": "user", "content": "hi"}, thought | google | {"tool_calls": [call | google]}]}

    assert edited(body, Edits(drop_proofs=True))["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "reasoning_content": "hm", "tool_calls": [call]},
    ]


def test_a_request_without_proofs_stays_byte_for_byte() -> None:
    body = b'{"model":"a","messages":[{"role":"user","content":1.0}]}'

    assert edit_request(body, Edits(drop_proofs=True)) == body
