"""Values made up from schemas."""

from typing import Any

import pytest

from cliproxy.simulator.example import example


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, {"a": "text"}),
        ({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}, {"a": "text"}),
        ({"properties": {"a": {"const": 7}}, "required": ["a"]}, {"a": 7}),
        ({"enum": ["red", "green"]}, "red"),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "exclusiveMinimum": 10}, 11),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "number", "minimum": 0.5, "maximum": 1}, 0.5),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "items": {"type": "boolean"}}, []),
        ({"type": ["null", "string"]}, "text"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}, 1),
        ({"allOf": [{"properties": {"a": {"type": "null"}}, "required": ["a"]}], "type": "object"}, {"a": None}),
        ({}, "text"),
    ],
)
def test_an_example_is_the_least_a_schema_accepts(schema: dict[str, Any], value: Any) -> None:
    """Required properties, least numbers, first choices."""
    assert example(schema) == value


def test_a_recursive_schema_comes_to_an_end() -> None:
    """An alternative that is no reference is taken where there is one."""
    tree: dict[str, Any] = {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
                "required": ["next"],
            }
        },
        "$ref": "#/$defs/node",
    }
    depth, value = 0, example(tree)
    while isinstance(value, dict):
        depth, value = depth + 1, value["next"]

    assert depth < 20
