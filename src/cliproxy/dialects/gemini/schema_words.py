"""
The words of a single schema node: its types, choices, constraints, and how alternatives become one.

Source: `reference` sheet `translation` section 7.1, steps 2 to 11 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

Node = dict[str, Any]

MOST_SPELT_OUT = 10  # values of an enumeration

TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))

_HINTED = (
    "minLength",
    "maxLength",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "pattern",
    "minItems",
    "maxItems",
    "format",
    "default",
    "examples",
    "uniqueItems",
    "multipleOf",
)
_BOUNDS = ("minimum", "maximum")
CONSTRAINTS = frozenset((*_HINTED, *_BOUNDS, "additionalProperties"))
_WEIGHTS = {"object": 3, "array": 2, "null": 0}

_encode = msgspec.json.Encoder().encode


def state_kind(node: Node, given: Node) -> tuple[list[str], bool]:
    """Write a node's type and the values it allows; return hints, and whether null is among what it takes."""
    types, nullable = _types_of(given.get("type"))
    values, null_among = _choices(given)
    if values:
        node["enum"] = values
    if types:
        node["type"] = types[0]
    hints = [f"Accepts: {' | '.join(types)}"] if len(types) > 1 else []
    nullable = nullable or null_among
    return [*hints, "nullable"] if nullable else hints, nullable


def _types_of(stated: object) -> tuple[list[str], bool]:
    """Return the types, in lower case, and whether null is among others."""
    if isinstance(stated, str):
        return [stated.lower()] if stated.lower() in TYPES else [], False
    if not isinstance(stated, list):
        return [], False
    types = dict.fromkeys(name.lower() for name in stated if isinstance(name, str) and name.lower() in TYPES)
    return [name for name in types if name != "null"] or ["string"], "null" in types


def _choices(given: Node) -> tuple[list[str], bool]:
    """Return the values a node allows, as texts, and whether null is among them."""
    values = given.get("enum")
    if not isinstance(values, list):
        if "const" not in given:
            return [], False
        values = [given["const"]]
    texts = dict.fromkeys(_text(value) for value in values if value not in (None, ""))  # an empty one is refused
    return list(texts), None in values


def constraints(node: Node, given: Node, *, strict: bool) -> list[str]:
    """Return as hints what a node demands beyond its type; bounds stay where they can."""
    hints = ["No extra properties allowed"] if given.get("additionalProperties") is False else []
    words = (*_HINTED, *_BOUNDS) if strict else _HINTED
    if not strict:
        node |= {word: given[word] for word in _BOUNDS if _is_number(given.get(word))}
    stated = ((word, given[word]) for word in words if word in given)
    return hints + [
        f"{word}: {_text(value)}" for word, value in stated if isinstance(value, str | int | float) and value != ""
    ]


def hinted(node: Node, description: object, hints: Iterable[str]) -> None:
    """Write a node's description: what it was, and every hint that it does not have yet."""
    text = description if isinstance(description, str) else ""
    for hint in hints:
        if not text:
            text = hint
        elif not _has(text, hint):
            text = f"{text} ({hint})"
    if text:
        node["description"] = text


def finish_words(node: Node, hints: Sequence[str]) -> None:
    """Write the hints, and the type where a node only implies it."""
    values = node.get("enum", ())
    allowed = (f"Allowed: {', '.join(values)}",) if 2 <= len(values) <= MOST_SPELT_OUT else ()
    hinted(node, node.get("description"), (*allowed, *hints))
    if values:
        node["type"] = "string"  # an enumeration of anything else is refused
    elif "type" not in node and ("properties" in node or "items" in node):
        node["type"] = "object" if "properties" in node else "array"


def merge_all(node: Node, part: Node) -> None:
    """Take into a node what it must satisfy besides; what it says itself counts more."""
    for word, value in part.items():
        if word in {"properties", "required"}:
            own = node.setdefault(word, {})
            for name, inner in value.items():
                own.setdefault(name, inner)
        else:
            node.setdefault(word, value)


def merge_one(node: Node, branches: Sequence[Node]) -> list[str]:
    """Take the best of a node's alternatives into it, and return as a hint the types of all."""
    if not branches:
        return []
    best = _all_choices(branches) or best_of(branches)
    own, descriptions = node.get("properties"), (node.get("description"), best.get("description"))
    if own:  # alternatives of an object that has properties of its own only add to it
        shared = [
            name for name in best.get("required", ()) if all(name in other.get("required", ()) for other in branches)
        ]
        best = best | {
            "properties": best.get("properties", {}) | own,
            "required": node.get("required", {}) | dict.fromkeys(shared),
        }
    node |= best
    if all(descriptions) and descriptions[0] != descriptions[1]:
        node["description"] = f"{descriptions[0]} ({descriptions[1]})"
    elif any(descriptions):
        node["description"] = descriptions[0] or descriptions[1]
    types = dict.fromkeys(branch["type"] for branch in branches if "type" in branch)
    return [f"Accepts: {' | '.join(types)}"] if len(types) > 1 else []


def _all_choices(branches: Sequence[Node]) -> Node | None:
    """Return alternatives that are all lists of values as one list, or None."""
    others = [branch for branch in branches if branch.get("type") != "null"]
    if len(others) < 2 or not all("enum" in branch for branch in others):
        return None
    return {"type": "string", "enum": list(dict.fromkeys(value for branch in others for value in branch["enum"]))}


def best_of(branches: Sequence[Node]) -> Node:
    """Return the alternative that says most: an object, else an array, else any type; the first of equals."""
    return max(branches, key=lambda branch: _WEIGHTS.get(branch["type"], 1) if "type" in branch else 0)


def names_in(required: object) -> dict[str, None]:
    """Return the names in a list of required properties, each once."""
    return dict.fromkeys(name for name in required if isinstance(name, str)) if isinstance(required, list) else {}


def _has(text: str, hint: str) -> bool:
    return text == hint or text.startswith(f"{hint} (") or f"({hint})" in text or f"({hint} (" in text


def _text(value: object) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
