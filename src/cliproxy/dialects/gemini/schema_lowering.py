"""
Gemini's own schemas -> JSON Schema, for vendors who take nothing else.

Gemini writes types in upper case, `nullable` beside them, counts as strings, and every word in either of two
spellings.

Source: `reference` sheets `translation` section 7.2, `dialects/gemini` section 3 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw

from cliproxy.wire.body import UNREADABLE

_OWN_WORDS = re.compile(
    rb'"(?:nullable|property_?[oO]rdering|any_of|(?:min|max)_(?:items|length|properties)|additional_properties)"\s*:'
    rb'|"type"\s*:\s*"[A-Z]'
    rb'|"(?:min|max)(?:Items|Length|Properties)"\s*:\s*"'
)
_SPELLINGS = {
    "any_of": "anyOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "additional_properties": "additionalProperties",
}
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_MAPS = ("properties", "$defs", "definitions", "defs", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLES = ("items", "additionalProperties", "not")
_DROPPED = ("nullable", "propertyOrdering", "property_ordering")

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def lowered(schema: Raw) -> Raw:
    """Return a schema as JSON Schema: the same bytes where it already is."""
    if not _OWN_WORDS.search(schema):
        return schema
    try:
        return Raw(_encode(_lowered(_decode(schema))))
    except UNREADABLE:
        return schema


def _lowered(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    words: dict[str, Any] = given
    node = {_SPELLINGS.get(word, word): value for word, value in words.items() if word not in _DROPPED}
    kind = node.get("type")
    if isinstance(kind, str):
        node["type"] = kind.lower()
        if kind == "TYPE_UNSPECIFIED":
            del node["type"]
    for word in _COUNTS:
        count = node.get(word)
        if isinstance(count, str) and count.isdecimal() and len(count) < 19:
            node[word] = int(count)
    for word in _MAPS:
        inner = node.get(word)
        if isinstance(inner, dict):
            node[word] = {name: _lowered(value) for name, value in inner.items()}
    for word in _LISTS:
        inner = node.get(word)
        if isinstance(inner, list):
            node[word] = [_lowered(value) for value in inner]
    for word in _SINGLES:
        if word in node:
            node[word] = _lowered(node[word])
    if given.get("nullable") is True:
        _allow_null(node)
    return node


def _allow_null(node: dict[str, Any]) -> None:
    kind, values, branches = node.get("type"), node.get("enum"), node.get("anyOf")
    if isinstance(kind, str) and kind != "null":
        node["type"] = [kind, "null"]
    if isinstance(values, list) and None not in values:
        node["enum"] = [*values, None]
    if isinstance(branches, list) and {"type": "null"} not in branches:
        node["anyOf"] = [*branches, {"type": "null"}]
