"""A value that a JSON schema accepts, always the same one: the least that is required."""

from typing import Any

from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.loose import mapping, mappings

DEEPEST = 12  # nested schemas; a recursive one ends here
FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "email": "text@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def example(schema: Any, root: JsonObject | None = None, depth: int = 0) -> Any:
    """Return a value for a schema in JSON Schema or in Gemini's spelling of it (types in capitals)."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return {} if depth == 0 else "text"
    root = schema if root is None else root
    if "$ref" in schema:
        return example(_referred(str(schema["$ref"]), root), root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            return example(_first_simple(mappings(schema[word])), root, depth + 1)
    if schema.get("allOf"):
        return example(_merged(schema, root), root, depth + 1)
    match _type_of(schema):
        case "object":
            return _object(schema, root, depth)
        case "array":
            return [example(schema.get("items"), root, depth + 1) for _ in range(int(schema.get("minItems", 0)))]
        case "integer" | "number" as kind:
            return _number(schema, kind)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema)


def _type_of(schema: JsonObject) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if str(name).lower() != "null"), "null")
    if kind is None:
        return "object" if "properties" in schema else "string"
    return str(kind).lower()


def _referred(reference: str, root: JsonObject) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        found = mapping(found).get(step.replace("~1", "/").replace("~0", "~")) if step else found
    return found


def _first_simple(choices: list[JsonObject]) -> JsonObject:
    """Return the first alternative that is neither null nor a reference, which may lead back here; else the first."""
    real = [choice for choice in choices if choice.get("type") not in ("null", "NULL")]
    return next((choice for choice in real if "$ref" not in choice), (real or choices)[0])


def _merged(schema: JsonObject, root: JsonObject) -> JsonObject:
    merged: JsonObject = {key: value for key, value in schema.items() if key != "allOf"}
    for part in mappings(schema["allOf"]):
        each = mapping(_referred(str(part["$ref"]), root)) if "$ref" in part else part
        properties = {**mapping(merged.get("properties")), **mapping(each.get("properties"))}
        required = [*merged.get("required", []), *each.get("required", [])]
        merged = {**merged, **each, "properties": properties, "required": required}
    return merged


def _object(schema: JsonObject, root: JsonObject, depth: int) -> JsonObject:
    properties = mapping(schema.get("properties"))
    required = schema.get("required") or []
    named = [name for name in properties if name in required] + [name for name in required if name not in properties]
    return {name: example(properties.get(name, {"type": "string"}), root, depth + 1) for name in named}


def _number(schema: JsonObject, kind: str) -> int | float:
    """Return the least number allowed, else 1 or the most allowed; a multiple where that is asked for."""
    step = schema.get("multipleOf") or 1
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        least = schema["exclusiveMinimum"] + step
    if isinstance(schema.get("exclusiveMaximum"), int | float):
        most = schema["exclusiveMaximum"] - step
    value = least if least is not None else step if most is None else min(most, step)
    if schema.get("multipleOf") and value % step:
        value += step - value % step
    return int(value) if kind == "integer" else value


def _string(schema: JsonObject) -> str:
    text = FORMATS.get(str(schema.get("format")), "text")
    text += "x" * (int(schema.get("minLength", 0)) - len(text))
    return text[: int(schema.get("maxLength", len(text)))]
