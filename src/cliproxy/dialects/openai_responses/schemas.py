"""
Input schemas in the shape that the Responses API takes: an object that names its properties, be they none.

Source: `reference` sheet `translation` section 7.2 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

EMPTY = Raw(b'{"type":"object","properties":{}}')

_NAMED = ("properties", "$defs", "definitions", "patternProperties")  # name -> schema
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_ALONE = ("items", "additionalProperties", "not")

_decode_top = msgspec.json.Decoder(dict[str, Raw]).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def parameters(given: Raw | None) -> Raw:
    """Return the schema with an object at its root, and `properties` on every object; none means no arguments."""
    if given is None or bytes(given)[:1] != b"{":
        return EMPTY
    top = _decode_top(given)
    if (
        bytes(top.get("type", b"")) == b'"object"'
        and bytes(top.get("properties", b""))[:1] == b"{"
        and not _may_lack(bytes(given))
    ):
        return given
    schema = _decode(given)
    if schema.get("type") is None and not any(name in schema for name in (*_LISTED, "$ref")):
        schema["type"] = "object"
        _name_properties(schema)
        return Raw(_encode(schema))
    return Raw(_encode(schema)) if _name_properties(schema) else given


def _may_lack(schema: bytes) -> bool:
    """Tell whether there can be an object without properties; most schemas are whole, and told so at once."""
    return schema.count(b'"object"') > schema.count(b'"properties"')


def _name_properties(schema: object) -> bool:
    """Add what is missing, in place; tell whether anything was."""
    if not isinstance(schema, dict):
        return False
    lacks = schema.get("type") == "object" and not isinstance(schema.get("properties"), dict)
    if lacks:
        schema["properties"] = {}
    inner = [schema.get(name) for name in _ALONE]
    for name in _NAMED:
        inner += schema[name].values() if isinstance(schema.get(name), dict) else ()
    for name in _LISTED:
        inner += schema[name] if isinstance(schema.get(name), list) else ()
    return any([lacks, *map(_name_properties, inner)])
