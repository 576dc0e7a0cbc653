"""
JSON Schema -> the words of it that Gemini takes.

What Gemini has no word for becomes a hint in the description, and alternatives become the best of them. Only schema
positions are touched: a property that is called like a keyword is data.

The strict set is for Claude and Gemini 3 Pro behind Google's other door, whose validation wants a required property in
every object: placeholders are put in, and taken out of the model's arguments again.

Source: `reference` sheets `translation` section 7.1, `dialects/gemini` sections 3 and 8 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from cliproxy.dialects.gemini.schema_lowering import lowered
from cliproxy.dialects.gemini.schema_references import References, last_step
from cliproxy.dialects.gemini.schema_words import (
    CONSTRAINTS,
    Node,
    best_of,
    constraints,
    finish_words,
    hinted,
    merge_all,
    merge_one,
    names_in,
    state_kind,
)
from cliproxy.wire.body import UNREADABLE

__all__ = ["cleaned", "lowered", "without_placeholders"]

REASON: Node = {"type": "string", "description": "Brief explanation of why you are calling this tool"}
MARK: Node = {"type": "boolean"}
DEEPEST = 40  # levels; below, anything goes

_NO_ARGUMENTS = Raw(b'{"type":"object","properties":{}}')
_KEPT = ("propertyOrdering", "minProperties", "maxProperties", "example")
_KEPT_STRICT = (*_KEPT, "title", "nullable")
_CONDITIONS = ("if", "then", "else")
_BRANCHES = ("allOf", "anyOf", "oneOf")
_SIMPLE = frozenset(("type", "description"))
_SCALARS = ("string", "number", "integer", "boolean")
_SCHEMA_WORDS = frozenset(("type", "properties", "items", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"))

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def cleaned(schema: Raw | None, *, strict: bool = False) -> Raw:
    """
    Return a schema in Gemini's words: the same bytes where it already is; none at all means no arguments.

    Args:
        schema: As a client wrote it.
        strict: Give every object a required property.
    """
    try:
        given = _decode(schema) if schema else None
    except UNREADABLE:
        given = None
    if not isinstance(given, dict):
        given = _decode(_NO_ARGUMENTS)
        schema = None if strict else _NO_ARGUMENTS
    result = _Cleaner(given, strict=strict).root()
    return schema if schema and result == given else Raw(_encode(result))


def without_placeholders(arguments: str, schema: Raw | None) -> str:
    """
    Return a call's arguments without what only the strict set asked for.

    Args:
        arguments: The JSON text, which may be broken: then it stays.
        schema: The tool's, as it was given to `cleaned`.
    """
    try:
        values = msgspec.json.decode(arguments)
        given = _decode(schema) if schema else {}
    except (*UNREADABLE, UnicodeEncodeError):
        return arguments
    filled = _Cleaner(given if isinstance(given, dict) else {}, strict=True).root()
    return _encode(values).decode() if _emptied(values, filled) else arguments


def _emptied(values: Any, filled: Node) -> bool:
    """Take placeholders out, in place; tell whether there were any."""
    if isinstance(values, list):
        items = filled.get("items", {})
        return sum(_emptied(value, items) for value in values) > 0
    properties = filled.get("properties")
    if not isinstance(values, dict) or not properties:
        return False
    found = False
    for name in list(values):
        inner = properties.get(name)
        if inner is REASON or inner is MARK:
            del values[name]
            found = True
        elif inner is not None and _emptied(values[name], inner):
            found = True
    return found


class _Cleaner:
    """One schema on its way."""

    def __init__(self, root: Node, *, strict: bool) -> None:
        self._root = _wrapped(root)
        self._references = References(root)
        self._strict = strict

    def root(self) -> Node:
        """Return the whole schema; its root says that it is an object where it says nothing else."""
        root, _ = self._clean(self._root, 0)
        if root.get("type", "object") == "object" and "properties" not in root:
            root = root | {"type": "object", "properties": {}}
        return self._completed(root, is_root=True)

    def _inner(self, given: Any, depth: int) -> tuple[Node, bool]:
        """Return a node that stands on its own, as a property or an item does."""
        node, nullable = self._clean(given, depth)
        return self._completed(node, is_root=False), nullable

    def _clean(self, given: Any, depth: int) -> tuple[Node, bool]:
        """Return a node in Gemini's words, and whether it may be null as well."""
        if not isinstance(given, dict):
            return {}, False  # `true`: anything
        if given.keys() <= _SIMPLE and given.get("type") in _SCALARS and isinstance(given.get("description", ""), str):
            return given, False
        if depth > DEEPEST:
            return {"type": "object"}, False
        if "$ref" in given:
            return self._followed(given, depth)
        return self._worded(given, depth)

    def _followed(self, given: Node, depth: int) -> tuple[Node, bool]:
        """Write out what a reference stands for; what stands beside it counts more."""
        reference = given["$ref"]
        target = self._references.enter(reference)
        if target is None:
            node: Node = {"type": "object"}
            hinted(node, given.get("description"), (f"See: {last_step(reference)}",))
            return node, False
        beside = {name: value for name, value in given.items() if name != "$ref"}
        try:
            return self._clean(target | beside, depth + 1)
        finally:
            self._references.leave()

    def _worded(self, given: Node, depth: int) -> tuple[Node, bool]:
        """Return a node in Gemini's words, written anew."""
        node = {word: given[word] for word in (_KEPT_STRICT if self._strict else _KEPT) if word in given}
        if isinstance(given.get("description"), str):
            node["description"] = given["description"]
        self._write_properties(node, given, depth)
        self._write_items(node, given, depth)
        hints, nullable = state_kind(node, given)
        if not given.keys().isdisjoint(CONSTRAINTS):
            hints += constraints(node, given, strict=self._strict)
        if not given.keys().isdisjoint(_BRANCHES):
            nullable = self._merge_branches(node, given, depth, hints) or nullable
        finish_words(node, hints)
        return node, nullable

    def _merge_branches(self, node: Node, given: Node, depth: int, hints: list[str]) -> bool:
        """Take what a node must satisfy besides, or instead, into the node itself; tell whether null would do."""
        nullable = False
        for branch in _listed(given.get("allOf")):
            part, null = self._clean(branch, depth + 1)
            merge_all(node, part)
            nullable = nullable or null
        for word in ("anyOf", "oneOf"):
            branches = [self._clean(branch, depth + 1) for branch in _listed(given.get(word))]
            hints += merge_one(node, [branch for branch, _ in branches])
            nullable = nullable or any(null or branch.get("type") == "null" for branch, null in branches)
        return nullable

    def _write_properties(self, node: Node, given: Node, depth: int) -> None:
        stated = given.get("properties")
        found: dict[str, Any] = stated if isinstance(stated, dict) else {}
        if not given.keys().isdisjoint(_CONDITIONS):
            for branch in (given.get(word) for word in _CONDITIONS):
                if isinstance(branch, dict) and isinstance(branch.get("properties"), dict):
                    found = found | {name: inner for name, inner in branch["properties"].items() if name not in found}
        required = names_in(given.get("required"))
        properties: dict[str, Any] = {}
        for name, inner in found.items():
            properties[name], nullable = self._inner(inner, depth + 1)
            if isinstance(inner, dict) and inner.get("required") is True:
                required.setdefault(name)
            if nullable:
                required.pop(name, None)
        if properties or found is stated:
            node["properties"] = properties
        if required:
            node["required"] = required

    def _write_items(self, node: Node, given: Node, depth: int) -> None:
        items = given.get("items")
        tuple_ = _listed(given.get("prefixItems")) or _listed(items)
        if tuple_:
            node["items"] = best_of([self._inner(branch, depth + 1)[0] for branch in tuple_])
        elif items is not None and not isinstance(items, list):
            node["items"], _ = self._inner(items, depth + 1)

    def _completed(self, node: Node, *, is_root: bool) -> Node:
        """Put placeholders in or take them out; leave nothing required that is not there."""
        properties = node.get("properties")
        if self._strict:
            if node.get("type") == "object" and not properties:
                return node | {"properties": {"reason": REASON}, "required": ["reason"]}
        elif properties and (properties.get("reason") == REASON or properties.get("_") == MARK):
            properties = {
                name: inner
                for name, inner in properties.items()
                if (name, inner) not in (("reason", REASON), ("_", MARK))
            }
            node = node | {"properties": properties}
        required = node.get("required")
        if required is not None:
            present = [name for name in required if properties and name in properties]
            node = {name: value for name, value in node.items() if name != "required"}
            if present:
                node["required"] = present
        if self._strict and properties and not is_root and "required" not in node:
            return node | {"properties": properties | {"_": MARK}, "required": ["_"]}
        return node


def _wrapped(root: Node) -> Node:
    """Take a bare map of properties for the object that was meant."""
    if not root or "properties" in root or any(name.startswith("$") for name in root):
        return root
    if all(isinstance(inner, dict) and not inner.keys().isdisjoint(_SCHEMA_WORDS) for inner in root.values()):
        return root if root.keys() <= {"items", "not"} else {"type": "object", "properties": root}
    return root


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
