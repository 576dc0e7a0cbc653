"""Input schemas as the Messages API takes them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from cliproxy.dialects.anthropic_messages.schemas import input_schema

NAME = {"name": {"type": "string"}}
AGE = {"age": {"type": "integer"}}


def taken(schema: dict[str, Any]) -> Any:
    return msgspec.json.decode(input_schema(Raw(msgspec.json.encode(schema))))


@pytest.mark.parametrize("given", [None, Raw(b"null"), Raw(b"true"), Raw(b"[]")])
def test_no_schema_means_no_arguments(given: Raw | None) -> None:
    """The field is required, and must be an object."""
    assert msgspec.json.decode(input_schema(given)) == {"type": "object", "properties": {}}


def test_a_schema_that_fits_stays_the_bytes_it_was() -> None:
    """Numbers keep their spelling, and an upstream's cache keeps its prefix."""
    given = Raw(b'{ "type": "object", "properties": {"a": {"maximum": 1e3}} }')

    assert bytes(input_schema(given)) == bytes(given)


def test_a_root_without_a_type_is_an_object() -> None:
    """Clients leave it out; the API refuses that."""
    assert taken({"properties": NAME}) == {"type": "object", "properties": NAME}


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_of_alternatives_at_the_root_only_what_all_require_is_required(word: str) -> None:
    """The API refuses alternatives at the root; merged, the model may still fill any of them."""
    branches = [{"properties": NAME | AGE, "required": ["name", "age"]}, {"properties": NAME, "required": ["name"]}]

    assert taken({word: branches}) == {"type": "object", "properties": NAME | AGE, "required": ["name"]}


def test_of_joined_schemas_all_that_is_required_stays_required() -> None:
    """`allOf` means every branch."""
    branches = [{"properties": NAME, "required": ["name"]}, {"properties": AGE, "required": ["age"]}]
    schema = taken({"type": "object", "required": ["name"], "allOf": branches})

    assert schema == {"type": "object", "properties": NAME | AGE, "required": ["name", "age"]}


def test_a_property_named_like_a_keyword_is_data() -> None:
    """Only the root's own keywords count."""
    schema = {"type": "object", "properties": {"anyOf": {"type": "string"}}}

    assert taken(schema) == schema


def test_types_in_capitals_are_lowered_and_data_is_left() -> None:
    """Gemini writes them so; a property called `type` and a value of an enum are data."""
    schema = {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING", "enum": ["STRING"]}, "b": {"type": ["ARRAY", "NULL"], "items": {}}},
    }

    assert taken(schema) == {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": ["STRING"]}, "b": {"type": ["array", "null"], "items": {}}},
    }


@pytest.mark.parametrize(
    "schema", [{"anyOf": 7, "required": 7}, {"oneOf": [{"properties": 7, "required": [1]}, 7]}, {"type": 7}]
)
def test_a_schema_that_is_none_does_no_harm(schema: dict[str, Any]) -> None:
    assert taken(schema)["type"] == "object"
