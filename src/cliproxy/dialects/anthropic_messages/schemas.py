"""
Input schemas in the shape that the Messages API takes: an object at the root, without alternatives there.

Source: `reference` sheet `translation` section 7.2 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

_ALTERNATIVES = ("anyOf", "oneOf", "allOf")

_decode_top = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


def input_schema(given: Raw | None) -> Raw:
    """Return the schema with an object at its root; none at all means no arguments."""
    if given is None or bytes(given)[:1] != b"{":
        return Raw(b'{"type":"object","properties":{}}')
    top = _decode_top(given)
    if any(name in top for name in _ALTERNATIVES):
        return Raw(_encode(_merged(msgspec.json.decode(given, type=dict[str, Any]))))
    if bytes(top.get("type", b"")) != b'"object"':
        return Raw(_encode(top | {"type": "object"}))
    return given


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    """Take the alternatives' properties into the root: of `allOf` all that is required, else what all require."""
    properties: dict[str, Any] = {}
    required = list(schema.get("required") or ())
    for name in _ALTERNATIVES:
        branches = [branch for branch in schema.pop(name, None) or () if isinstance(branch, dict)]
        for branch in branches:
            properties = (branch.get("properties") or {}) | properties
        demands = [branch.get("required") or [] for branch in branches]
        if name == "allOf":
            required += [field for demand in demands for field in demand]
        elif demands:
            required += [field for field in demands[0] if all(field in demand for demand in demands)]
    schema["type"] = "object"
    schema["properties"] = properties | (schema.get("properties") or {})
    if required:
        schema["required"] = list(dict.fromkeys(required))
    return schema
