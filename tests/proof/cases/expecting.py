"""What a case expects of a document, and whether it holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct

from tests.proof.cases.paths import MISSING, at

_REFUSED = "$error"  # stands for: the translation refused the input


class Expectation(Struct, frozen=True):
    """One thing that must be true."""

    path: str
    op: str
    value: Any = None


def unmet(
    expectations: Collection[Expectation], document: Any, refusal: str | None, *, gemini: bool, asks: bool
) -> Iterator[str]:
    """
    Give out the expectations that do not hold.

    Args:
        expectations: What must be true.
        document: What came out.
        refusal: Why nothing came out.
        gemini: The document is in a dialect that spells its fields in two ways.
        asks: The document is a request, in which one text may stand for a list of one part.
    """
    for one in expectations:
        if one.path == _REFUSED:
            if (refusal is not None) != (one.op == "exists"):
                yield "it is not refused" if refusal is None else f"it is refused: {refusal}"
            continue
        if refusal is not None:
            yield f"it is refused: {refusal}"
            return
        found = at(document, one.path, either_spelling=gemini and one.op != "absent", text_is_part=asks)
        if asks and one.path.rpartition(".")[2] in ("content", "system"):
            found = _as_expected(found, one)
        other = at(document, one.value) if one.op == "same_as" else one.value
        if not holds(one.op, found, other):
            shown = repr(found) if found is MISSING else json.dumps(found, ensure_ascii=False)
            yield f"{one.path} {one.op} {json.dumps(one.value, ensure_ascii=False)}: there is {shown[:300]}"


def holds(op: str, found: Any, value: Any) -> bool:
    """Tell whether an expectation holds for what was found."""
    there = found is not MISSING
    match op:
        case "exists":
            return there
        case "absent":
            return not there
        case "equals" | "same_as":
            return there and value is not MISSING and alike(found, value)
        case "length":
            return isinstance(found, (list, dict, str)) and len(found) == value
        case "contains":
            if isinstance(found, list):
                return any(alike(item, value) for item in found)
            return isinstance(found, (str, dict)) and value in found
        case _:
            raise ValueError(f"{op!r} is no operator")


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; strings that both hold JSON are compared as JSON, numbers as numbers."""
    match one, other:
        case (bool(), _) | (_, bool()):
            return one is other
        case (dict(), dict()):
            return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
        case (list(), list()):
            return len(one) == len(other) and all(map(alike, one, other))
        case (str(), str()) if one != other and {one[:1], other[:1]} <= {"{", "["}:
            try:
                return alike(json.loads(one), json.loads(other))
            except ValueError:
                return False
        case _:
            return bool(one == other)


def _as_expected(found: Any, one: Expectation) -> Any:
    """Return a string as a list of one text part, or the other way round, whichever the expectation is about."""
    if isinstance(found, str) and (one.op == "length" or isinstance(one.value, list)):
        return [{"type": "text", "text": found}]
    if isinstance(one.value, str) and isinstance(found, list) and len(found) == 1 and found[0].get("type") == "text":
        return found[0]["text"]
    return found
