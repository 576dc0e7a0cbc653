"""
Patterns of model names: `*` is any text, every other sign itself. Patterns come in lower case; names are compared
without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterable


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Tell whether one of the patterns covers a name."""
    text = name.lower()
    return any(_matches(pattern, text) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in others[:-1]:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(text) - place >= len(others[-1]) and text.endswith(others[-1])
