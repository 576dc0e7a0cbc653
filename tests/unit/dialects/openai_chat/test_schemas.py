"""Parameter schemas as OpenAI takes them."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from cliproxy.dialects.openai_chat.schemas import parameters


@pytest.mark.parametrize(
    "schema",
    [
        '{"type":"object","properties":{"a":{"type":"string"}}}',
        '{"properties":{"a":{"type":"string"}},"type":"object"}',
        '{"type" : "object" , "properties" : {"a":{"type":"object","properties":{}}}}',
        '{"$ref":"#/$defs/a"}',
    ],
)
def test_a_complete_schema_stays_byte_for_byte(schema: str) -> None:
    assert bytes(parameters(Raw(schema.encode()))) == schema.encode()


@pytest.mark.parametrize(
    ("schema", "completed"),
    [
        ('{"type":"object"}', {"type": "object", "properties": {}}),
        (
            '{"type":"object","properties":{"a":{"type":"object"}}}',
            {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}},
        ),
        ('{"type":"\\u006fbject"}', {"type": "object", "properties": {}}),
        (
            '{"type":"array","items":{"anyOf":[{"type":"object","required":[]}]}}',
            {"type": "array", "items": {"anyOf": [{"type": "object", "required": [], "properties": {}}]}},
        ),
    ],
)
def test_an_object_that_says_nothing_of_its_properties_has_none(schema: str, completed: object) -> None:
    assert json.loads(bytes(parameters(Raw(schema.encode())))) == completed


@pytest.mark.parametrize("schema", [None, Raw(b"null"), Raw(b"true")])
def test_no_schema_means_no_arguments(schema: Raw | None) -> None:
    assert json.loads(bytes(parameters(schema))) == {"type": "object", "properties": {}}
