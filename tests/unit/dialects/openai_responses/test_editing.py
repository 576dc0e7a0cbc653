"""Edits of a request that is relayed."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.request import Effort, Level
from cliproxy.dialects.base import Edits
from cliproxy.dialects.openai_responses import DIALECT

edit = DIALECT.edit_request


def test_an_edit_touches_the_top_level_only() -> None:
    """Numbers keep their spelling and unknown fields stay."""
    body = b'{"model":"alias","input":[{"n":1.0,"big":12345678901234567890}],"new_field":{"a":1e3}}'

    assert edit(body, Edits(model="real")) == body.replace(b'"alias"', b'"real"')


@pytest.mark.parametrize(
    ("body", "effort", "edited"),
    [
        (b'{"input":"a"}', Effort(Level.HIGH), b'{"input":"a","reasoning":{"effort":"high"}}'),
        (
            b'{"reasoning":{"effort":"low","summary":"auto"},"n":1.0}',
            Effort(budget=8192),
            b'{"reasoning":{"effort":"medium","summary":"auto"},"n":1.0}',
        ),
        (b'{"reasoning":null}', Effort(Level.NONE), b'{"reasoning":{"effort":"none"}}'),
        (b'{"reasoning":{"effort":"low"}}', Effort(), b'{"reasoning":{"effort":"low"}}'),
    ],
)
def test_an_effort_replaces_the_client_s(body: bytes, effort: Effort, edited: bytes) -> None:
    """Whether thoughts are shown stays the client's to say."""
    assert edit(body, Edits(effort=effort)) == edited


def test_proofs_go_and_with_them_the_ids_by_which_they_are_missed() -> None:
    """The vendor knows what a thought led to, and refuses that without it."""
    items = [
        {"role": "user", "content": "a"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": None},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "web_search_call", "id": "ws_1"},
    ]
    edited = json.loads(edit(json.dumps({"model": "m", "input": items}).encode(), Edits(drop_proofs=True)))

    assert edited["input"] == [
        items[0],
        items[2],
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        items[4],
    ]


@pytest.mark.parametrize("body", [b'{"input":"a"}', b'{"input":[{"encrypted_content":[]},5,"x"]}', b'{"model":"m"}'])
def test_where_there_are_no_proofs_nothing_changes(body: bytes) -> None:
    assert edit(body, Edits(drop_proofs=True)) == body
