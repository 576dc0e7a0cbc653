"""
Input schemas in the shape that the Messages API takes: an object at the root, without alternatives there, types in
small letters.

Source: `reference` sheet `translation` section 7.2 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from cliproxy.dialects.base import ABSENT
from cliproxy.wire.body import UNREADABLE

_NO_ARGUMENTS = Raw(b'{"type":"object","properties":{}}')
_ALTERNATIVES = ("anyOf", "oneOf", "allOf")
_CAPITALS = re.compile(rb'"type"\s*:\s*\[?\s*"[A-Z]')  # how Gemini writes types
_TYPES = frozenset({"OBJECT", "STRING", "INTEGER", "NUMBER", "BOOLEAN", "ARRAY", "NULL"})
_MAPS = ("properties", "$defs", "definitions", "patternProperties")  # names -> schemas
_DATA = ("enum", "const", "default", "example", "examples")  # values, not schemas


class _Root(Struct, rename="camel"):
    type: Raw = ABSENT
    any_of: Raw = ABSENT
    one_of: Raw = ABSENT
    all_of: Raw = ABSENT


_decode_root = msgspec.json.Decoder(_Root).decode
_decode_top = msgspec.json.Decoder(dict[str, Raw]).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def input_schema(given: Raw | None) -> Raw:
    """Return the schema with an object at its root; none at all means no arguments."""
    if given is None or bytes(given).lstrip()[:1] != b"{":
        return _NO_ARGUMENTS
    try:
        given = lowered(given)
        root = _decode_root(given)
        if root.any_of or root.one_of or root.all_of:
            return Raw(_encode(_merged(_decode(given))))
        if bytes(root.type) != b'"object"':
            return Raw(_encode(_decode_top(given) | {"type": "object"}))
    except UNREADABLE:
        return _NO_ARGUMENTS
    return given


def lowered(given: Raw) -> Raw:
    """Return the schema with its types in small letters."""
    if not _CAPITALS.search(given):
        return given
    return Raw(_encode(_lowered(msgspec.json.decode(given))))


def _lowered(node: Any) -> Any:
    if isinstance(node, list):
        return [_lowered(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {name: _lowered_value(name, value) for name, value in node.items()}


def _lowered_value(name: str, value: Any) -> Any:
    if name in _MAPS and isinstance(value, dict):
        return {key: _lowered(one) for key, one in value.items()}
    if name in _DATA:
        return value
    if name == "type":
        return [_small(one) for one in value] if isinstance(value, list) else _small(value)
    return _lowered(value)


def _small(word: Any) -> Any:
    return word.lower() if isinstance(word, str) and word in _TYPES else word


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    """Take the alternatives' properties into the root: of `allOf` all that is required, else what all require."""
    properties: dict[str, Any] = {}
    required = _names(schema.get("required"))
    for name in _ALTERNATIVES:
        branches = [branch for branch in _list(schema.pop(name, None)) if isinstance(branch, dict)]
        for branch in branches:
            properties = _map(branch.get("properties")) | properties
        demands = [_names(branch.get("required")) for branch in branches]
        if name == "allOf":
            required += [field for demand in demands for field in demand]
        elif demands:
            required += [field for field in demands[0] if all(field in demand for demand in demands)]
    schema["type"] = "object"
    schema["properties"] = properties | _map(schema.get("properties"))
    if required:
        schema["required"] = list(dict.fromkeys(required))
    return schema


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: object) -> list[str]:
    return [name for name in _list(value) if isinstance(name, str)]
