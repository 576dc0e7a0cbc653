"""
Parameter schemas in the shape that OpenAI takes: an object always says which properties it has.

Source: `reference` sheet `translation` section 7.2 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw

_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_SINGLES = ("items", "additionalProperties", "not")

_OBJECT = b'"object"'
_PROPERTIES = re.compile(rb'"object"\s*,\s*"properties"\s*:')

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def parameters(given: Raw | None) -> Raw:
    """Return the schema with `properties` on every object in it; none at all means no arguments."""
    if given is None:
        return Raw(b'{"type":"object","properties":{}}')
    spelled = bytes(given)
    if spelled[:1] != b"{":
        return Raw(b'{"type":"object","properties":{}}')
    if _is_complete(spelled):
        return given
    schema = _decode(given)
    return Raw(_encode(schema)) if _completed(schema) else given


def _is_complete(schema: bytes) -> bool:
    """Tell whether properties follow at once wherever a schema speaks of an object, so that nothing can be missing."""
    place = schema.find(_OBJECT)
    while place >= 0:
        if _PROPERTIES.match(schema, place) is None:
            return False
        place = schema.find(_OBJECT, place + len(_OBJECT))
    return b"\\u" not in schema  # with which any word can be spelled


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
