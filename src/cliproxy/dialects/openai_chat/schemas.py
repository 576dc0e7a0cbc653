"""
Parameter schemas in the shape that OpenAI takes: an object always says which properties it has.

Source: `reference` sheet `translation` section 7.2 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_SINGLES = ("items", "additionalProperties", "not")

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def parameters(given: Raw | None) -> Raw:
    """Return the schema with `properties` on every object in it; none at all means no arguments."""
    if given is None or bytes(given)[:1] != b"{":
        return Raw(b'{"type":"object","properties":{}}')
    schema = _decode(given)
    return Raw(_encode(schema)) if _completed(schema) else given


def _completed(schema: Any) -> bool:
    """Add what is missing, in place; tell whether anything was."""
    if not isinstance(schema, dict):
        return False
    changed = False
    if schema.get("type") == "object" and "properties" not in schema:
        schema["properties"] = {}
        changed = True
    for name in _MAPS:
        inner = schema.get(name)
        if isinstance(inner, dict):
            for value in inner.values():
                changed |= _completed(value)
    for name in _LISTS:
        inner = schema.get(name)
        if isinstance(inner, list):
            for value in inner:
                changed |= _completed(value)
    for name in _SINGLES:
        changed |= _completed(schema.get(name))
    return changed
