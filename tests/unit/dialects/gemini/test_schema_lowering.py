"""Gemini's own schemas for everybody else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cliproxy.dialects.gemini.schemas import lowered


def low(schema: object) -> Any:
    return msgspec.json.decode(lowered(Raw(msgspec.json.encode(schema))))


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "TYPE_UNSPECIFIED", "title": "t"}, {"title": "t"}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "STRING", "nullable": False}, {"type": "string"}),
        ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"any_of": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            {"type": "ARRAY", "items": {"type": "NUMBER"}, "minItems": "1", "max_items": "5"},
            {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 5},
        ),
        ({"type": "STRING", "maxLength": "many"}, {"type": "string", "maxLength": "many"}),
        (
            {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}, "propertyOrdering": ["a"]},
            {"type": "object", "properties": {"a": {"type": "integer"}}},
        ),
        (
            {"type": "OBJECT", "properties": {"nullable": {"type": "BOOLEAN"}, "type": {"type": "STRING"}}},
            {"type": "object", "properties": {"nullable": {"type": "boolean"}, "type": {"type": "string"}}},
        ),
        (
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "NULL"}}, "additional_properties": {"type": "STRING"}},
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}, "additionalProperties": {"type": "string"}},
        ),
        ({"type": "STRING", "default": {"type": "STRING"}}, {"type": "string", "default": {"type": "STRING"}}),
        ({"type": 5, "items": True, "nullable": 1}, {"type": 5, "items": True}),
    ],
)
def test_types_and_nulls_as_json_schema_has_them(written: object, taken: object) -> None:
    """Other vendors answer 400 to a type in upper case. A property of that name is data."""
    assert low(written) == taken


@pytest.mark.parametrize(
    "given_",
    [
        b'{ "type": "object", "properties": {"type": {"type": ["string", "null"]}} }',
        b"{}",
        b"true",
        b'["type", "STRING"]',
        b'[{"type":"STRING"}]',
        b'{"nullable":' + b"[" * 5000,
    ],
)
def test_json_schema_stays_the_bytes_it_was(given_: bytes) -> None:
    """And so does what is no schema at all."""
    schema = Raw(given_)

    assert lowered(schema) is schema


names = st.sampled_from(["type", "nullable", "items", "any_of", "properties", "propertyOrdering"])
nodes = st.recursive(
    st.sampled_from([{"type": "STRING"}, {"type": "INTEGER", "nullable": True}]),
    lambda inner: st.fixed_dictionaries({"type": st.just("OBJECT"), "properties": st.dictionaries(names, inner)}),
    max_leaves=12,
)


@given(schema=nodes)
def test_lowering_twice_is_lowering_once(schema: dict[str, Any]) -> None:
    """And keeps the names of all properties."""
    once = low(schema)

    assert low(once) == once
    assert once.get("properties", {}).keys() == schema.get("properties", {}).keys()
