"""Input schemas as the API takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.dialects.openai_responses.schemas import parameters

NOTHING = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (None, NOTHING),
        ("null", NOTHING),
        ("{}", NOTHING),
        ('{"type":"object"}', NOTHING),
        ('{"type":"object","properties":null}', NOTHING),
        ('{"properties":{"a":{}}}', {"type": "object", "properties": {"a": {}}}),
        (
            '{"type":"object","properties":{"a":{"type":"object"},"b":{"items":{"type":"object"}}}}',
            {"type": "object", "properties": {"a": NOTHING, "b": {"items": NOTHING}}},
        ),
        (
            '{"type":"object","properties":{},"$defs":{"d":{"anyOf":[{"type":"object"}]}}}',
            {"type": "object", "properties": {}, "$defs": {"d": {"anyOf": [NOTHING]}}},
        ),
    ],
)
def test_an_object_says_which_properties_it_has(given: str | None, written: dict[str, Any]) -> None:
    """OpenAI refuses one that does not, at any depth."""
    assert json.loads(bytes(parameters(None if given is None else Raw(given.encode())))) == written


def test_a_whole_schema_stays_as_it_came() -> None:
    """Numbers keep their spelling, and it is not written anew for nothing."""
    given = Raw(b'{"type":"object", "properties":{"n":{"maximum":1e3}}}')

    assert parameters(given) is given
