"""
Which schemas of tools Cloud Code takes: fewer than the public API.

Source: sheets `dialects/gemini-cli` (traps), `dialects/antigravity` (traps), `translation` section 7.
"""

from typing import Any

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.hosts.envelope import check_fields, unknown_field
from cliproxy.simulator.loose import mapping, mappings
from cliproxy.simulator.vendor import Refused

NAMES = (
    "type description enum items properties required nullable title format default example examples anyOf minimum"
    " maximum minLength maxLength pattern minItems maxItems minProperties maxProperties propertyOrdering"
)
KEYWORDS = frozenset(NAMES.split())
TOOL_NAMES = "name description behavior parameters parametersJsonSchema response responseJsonSchema"
TOOL_FIELDS = frozenset(TOOL_NAMES.split())


def check_tools(inner: JsonObject, *, fields: tuple[str, ...], is_strict: bool = False) -> None:
    """
    Raise Refused where a tool would not be taken.

    Args:
        inner: The request within the request.
        fields: Where a tool's schema may stand.
        is_strict: Whether every object must ask for something, as the mode VALIDATED wants it.
    """
    for index, tool in enumerate(mappings(inner.get("tools"))):
        for place, declared in enumerate(mappings(tool.get("functionDeclarations"))):
            where = f"request.tools[{index}].function_declarations[{place}]"
            check_fields(declared, TOOL_FIELDS - {"parameters", "parametersJsonSchema"} | set(fields), where)
            for field in fields:
                if field in declared:
                    _check(f"{where}.{field}", declared[field])
                    if is_strict:
                        _check_asks(f"tools.{place}.custom.input_schema", mapping(declared[field]), is_root=True)


def _check(where: str, schema: Any) -> None:
    if not isinstance(schema, dict):
        raise Refused(f"Invalid value at '{where}'.")
    for keyword in schema:
        if keyword not in KEYWORDS:
            raise unknown_field(keyword, where)
    if isinstance(schema.get("type"), list):
        raise Refused(
            f"Invalid JSON payload received. Unknown name \"type\" at '{where}': Proto field is not repeating, cannot"
            " start list."
        )
    if "enum" in schema:
        _check_enum(where, schema)
    for name, inner in _inside(schema):
        _check(f"{where}.{name}", inner)


def _check_enum(where: str, schema: JsonObject) -> None:
    values = schema["enum"]
    for place, value in enumerate(values if isinstance(values, list) else [values]):
        if not isinstance(value, str):
            raise Refused(f"Invalid value at '{where}.enum[{place}]' (TYPE_STRING), {value}")
    if str(schema.get("type", "string")).lower() != "string":
        raise Refused(f"* GenerateContentRequest.{where}.enum: only allowed for STRING type\n")


def _check_asks(where: str, schema: JsonObject, *, is_root: bool = False) -> None:
    if str(schema.get("type", "")).lower() == "object":
        if not schema.get("properties"):
            raise Refused(f"{where}: object schema must have properties")
        if not is_root and not schema.get("required"):
            raise Refused(f"{where}.required: at least one property must be required")
    for name, inner in _inside(schema):
        _check_asks(f"{where}.{name}", mapping(inner))


def _inside(schema: JsonObject) -> list[tuple[str, Any]]:
    inside = [(f"properties[{name}]", inner) for name, inner in mapping(schema.get("properties")).items()]
    if "items" in schema:
        inside.append(("items", schema["items"]))
    return inside + [(f"any_of[{place}]", inner) for place, inner in enumerate(mappings(schema.get("anyOf")))]
