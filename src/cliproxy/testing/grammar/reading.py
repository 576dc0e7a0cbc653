"""What the checkers share: how a payload is read, and the shape of a checker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from cliproxy.wire.frames import Frame

Json = dict[str, Any]
Problems = Iterator[str]
DONE = b"[DONE]"


class Grammar(Protocol):
    """Checks one stream. It is fed every frame, and told when there are no more."""

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with the next frame."""
        ...

    def close(self) -> Problems:
        """Give out what is missing at the end."""
        ...


def payload(frame: Frame) -> Json | None:
    """Return the JSON object that a frame carries, or None."""
    try:
        value = msgspec.json.decode(frame.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) else None


def is_count(value: object) -> bool:
    """Tell whether a value is a number of tokens, or another whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_text(value: object) -> bool:
    """Tell whether a value is a string that says something."""
    return isinstance(value, str) and value != ""


def lacking(value: Json, names: tuple[str, ...]) -> list[str]:
    """Return which of the fields are not there; null counts as there."""
    return [name for name in names if name not in value]


def objects(value: object) -> list[Json]:
    """Return the objects in a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
