"""JSON and header values of which nothing is certain: read if they are what they should be, else absent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

LONGEST_ID = 100  # characters
MOST_ITEMS = 64  # of a list

_LONGEST_NUMBER = 40  # characters
_MOST, _LEAST = 1e15, 1e-12  # so that no arithmetic leaves the numbers
_OTHER_THAN_ID = re.compile(r"[^a-z0-9._/]+")
_NOTHING: Mapping[str, Any] = {}


def opened(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Return the objects in a list, or in an object's values."""
    listed = value if isinstance(value, list) else list(opened(value).values())
    return (item for item in listed[:MOST_ITEMS] if isinstance(item, dict))


def first(value: Mapping[str, Any], *names: str) -> Any:
    """Return what stands under the first of these names that has something."""
    return next((value[name] for name in names if value.get(name) is not None), None)


def number(value: Any) -> float | None:
    """Return a number that is one, or is written as text, also with a currency sign. Beyond all measure is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        value = value[:_LONGEST_NUMBER].strip().removeprefix("$")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not abs(found) <= _MOST:
        return None
    return found if abs(found) >= _LEAST else 0.0


def count(value: Any) -> float | None:
    """Return a number that counts something. Below zero it says that nobody has set it."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def share(value: Any) -> float | None:
    """Return a share from 0, written as a number or as `82%`."""
    if isinstance(value, str) and value.endswith("%"):
        percent = count(value[:-1])
        return None if percent is None else percent / 100
    return count(value)


def percent(value: Any) -> float | None:
    """Return a percentage as a share from 0."""
    found = count(value)
    return None if found is None else found / 100


def text(value: Any) -> str:
    """Return a string, cut to the length of an id; of anything else nothing."""
    return value[:LONGEST_ID] if isinstance(value, str) else ""


def words(value: Any) -> str:
    """Return a string whole, or anything else as it stands in JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def as_id(value: str, sign: str = "-") -> str:
    """Return a name as an id: lower case, every run of other signs as one `sign`."""
    return _OTHER_THAN_ID.sub(sign, value[:LONGEST_ID].lower()).strip(sign)
