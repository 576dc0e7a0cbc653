"""The schemas of tools that Cloud Code takes."""

import pytest

from cliproxy.simulator.hosts.schemas import check_tools
from cliproxy.simulator.vendor import Refused
from tests.unit.simulator.asking import Json

TEXT = {"type": "string"}


def check(schema: Json, *, is_strict: bool = False) -> None:
    tools = [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]
    check_tools({"tools": tools}, fields=("parameters",), is_strict=is_strict)


def holding(**properties: object) -> Json:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    "schema",
    [
        holding(title=TEXT, format=TEXT, deprecated=TEXT, **{"x-key": TEXT}),
        holding(unit={"type": "STRING", "enum": ["c", "f"], "description": "unit"}),
        holding(many={"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}),
        holding(some={"anyOf": [TEXT, {"type": "integer", "minimum": 1}]}),
    ],
)
def test_clean_schemas_are_taken(schema: Json) -> None:
    """A property may be named like a keyword."""
    check(schema)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        *((holding(a={**TEXT, name: True}), name) for name in ("deprecated", "uniqueItems", "prefill", "x-hint")),
        *(({**holding(), name: {}}, name) for name in ("$schema", "$defs", "propertyNames", "enumTitles", "oneOf")),
        (holding(a={"type": "array", "items": {"const": 1}}), "const"),
        (holding(a={"type": ["string", "null"]}), "cannot start list"),
        (holding(a={"enum": [1, 2]}), "TYPE_STRING"),
        (holding(a={"enum": None}), "TYPE_STRING"),
        (holding(a={"type": "integer", "enum": ["1"]}), "only allowed for STRING"),
        (holding(a=True), "Invalid value"),
    ],
)
def test_others_are_refused(schema: Json, words: str) -> None:
    """With the place where it stands."""
    with pytest.raises(Refused, match=r"function_declarations\[0\]") as refused:
        check(schema)
    assert words in str(refused.value)


def test_a_strict_schema_asks_for_something() -> None:
    """Everywhere but at its root, where properties are enough."""
    check(holding(a=TEXT), is_strict=True)
    check(holding(a={**holding(b=TEXT), "required": ["b"]}), is_strict=True)
    for schema in (holding(), holding(a=holding()), holding(a=holding(b=TEXT))):
        check(schema)
        with pytest.raises(Refused):
            check(schema, is_strict=True)


def test_a_tool_has_its_own_fields() -> None:
    """Those of other vendors are not known."""
    for field in ("strict", "input_schema", "parametersJsonSchema"):
        with pytest.raises(Refused, match=field):
            check_tools(
                {"tools": [{"functionDeclarations": [{"name": "f", field: holding(a=TEXT)}]}]}, fields=("parameters",)
            )
