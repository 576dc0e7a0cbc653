"""Places in a JSON document: `a.b[0].c`, `[-1]` from the end, `["odd.key"]`; the empty path is all of it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_STEP = re.compile(r'\[(?P<place>-?\d+)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\.?(?P<key>[^.\[\]]+)')
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SCHEMAS = {"parameters": "parametersJsonSchema", "parametersJsonSchema": "parameters"}


class _Missing:
    """Nothing is there; null would be something."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


def steps(path: str) -> list[str | int]:
    """Return the keys and places that a path goes through."""
    found: list[str | int] = []
    place = 0
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            raise ValueError(f"{path!r} is no path from sign {place} on")
        place = step.end()
        if step["place"] is not None:
            found.append(int(step["place"]))
        else:
            found.append(step["key"] if step["quoted"] is None else json.loads(f'"{step["quoted"]}"'))
    return found


def at(document: Any, path: str, *, either_spelling: bool = False, text_is_part: bool = False) -> Any:
    """
    Return what stands at a path, or `MISSING`.

    Args:
        document: Any JSON value.
        path: Where to look.
        either_spelling: `inlineData` may stand as `inline_data`, and a tool's schema under either of its names.
        text_is_part: `content` and `system` that are a string count as a list of one text.
    """
    last: str | int = ""
    for step in steps(path):
        if isinstance(step, int):
            if text_is_part and last in ("content", "system") and isinstance(document, str):
                document = [{"type": "text", "text": document}]
            if not isinstance(document, list) or not -len(document) <= step < len(document):
                return MISSING
            document = document[step]
        else:
            if not isinstance(document, dict):
                return MISSING
            key = step if step in document or not either_spelling else _otherwise(step)
            if key not in document:
                return MISSING
            document = document[key]
        last = step
    return document


def _otherwise(key: str) -> str:
    if key in _SCHEMAS:
        return _SCHEMAS[key]
    if "_" in key:
        first, *rest = key.split("_")
        return first + "".join(word.title() for word in rest)
    return _HUMP.sub(lambda hump: f"_{hump[1].lower()}", key)
