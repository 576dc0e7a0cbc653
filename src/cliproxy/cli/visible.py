"""Somebody else's words on a terminal: as they are, but for what would move its cursor or change what it shows."""

from __future__ import annotations

HIDDEN = "\N{REPLACEMENT CHARACTER}"


def visible(words: str) -> str:
    """Return words with a sign in place of each character that cannot be seen; line breaks stay."""
    return "\n".join(map(in_line, words.split("\n")))


def in_line(words: str) -> str:
    """Return words that stay in one line, for a table."""
    return words if words.isprintable() else "".join(one if one.isprintable() else HIDDEN for one in words)
