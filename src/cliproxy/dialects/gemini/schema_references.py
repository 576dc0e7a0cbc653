"""
`$ref` in a JSON Schema -> what it stands for, where the schema defines that itself.

Definitions may name each other, themselves, or one another so often that written out they would never end: what goes
in circles, or beyond a budget, is not resolved.

Source: `reference` sheet `translation` section 7.1, step 1 (read 2026-11-21).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec

MOST_INLINED = 256 * 1024  # bytes of definitions, all references of one schema together

_encode = msgspec.json.Encoder().encode


class References:
    """The definitions of one schema, and which of them are being written out."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._trail: list[dict[str, Any]] = []
        self._left = MOST_INLINED

    def enter(self, reference: object) -> dict[str, Any] | None:
        """Return what a reference stands for, to be left when it is written out; None: it cannot be."""
        target = self._target(reference) if isinstance(reference, str) and self._left > 0 else None
        if target is None or any(target is entered for entered in self._trail):
            return None
        self._left -= len(_encode(target))
        if self._left < 0:
            return None
        self._trail.append(target)
        return target

    def leave(self) -> None:
        """The reference entered last is written out."""
        self._trail.pop()

    def _target(self, reference: str) -> dict[str, Any] | None:
        if not reference.startswith("#/"):
            return None
        place = self._root
        for step in unquote(reference[2:]).split("/"):
            if isinstance(place, list) and step.isdecimal() and len(step) < 9 and int(step) < len(place):
                place = place[int(step)]
                continue
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(place, dict) or name not in place:
                return None
            place = place[name]
        return place if isinstance(place, dict) else None


def last_step(reference: object) -> str:
    """Return the name by which people know what a reference stands for."""
    return reference.rsplit("/", 1)[-1] if isinstance(reference, str) else ""
