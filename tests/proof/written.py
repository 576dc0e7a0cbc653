"""
A request and what its own dialect wrote again, compared as JSON: no field and no word of it may be gone.

It sees what a decoder passes over in silence, which no comparison of decoded requests can. Fields are told by their
name and the field they stand in, so that a string that became a list of one part, or a part that moved, is no loss.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

_NOTHING: tuple[object, ...] = (None, "", False)  # what a field says that might as well not be there
_SPELLING = re.compile(r'[\s"\\]')
_ALPHABETS = str.maketrans("-_", "+/")  # of base64
_NO_WORDS = ("type", "role", "status", "propertyOrdering")  # fields whose texts are the dialect's, not the client's


def gone(before: bytes, after: bytes, losses: Collection[str]) -> Iterator[str]:
    """Give out the fields and the words that are no longer there, and that no loss names."""
    left, right = msgspec.json.decode(before), msgspec.json.decode(after)
    fields = set(_fields(right, ""))
    for field in sorted(set(_fields(left, "")) - fields):
        name = field.rpartition(".")[2]
        if not any(name in loss.replace("_", "").lower() for loss in losses):
            yield f"the field {field} is gone"
    everything = _bare(after.decode() + "".join(_texts(right)))
    for text in sorted(set(_texts(left))):
        if _bare(text) not in everything:
            yield f"the text {text.strip()[:60]!r} is gone"


def _bare(text: str) -> str:
    """Return a text as it is whoever wrote it: in one case and alphabet, without spaces, quotes and escapes."""
    return _SPELLING.sub("", text).casefold().translate(_ALPHABETS)


def _fields(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for spelled, inner in value.items():
            name = spelled.replace("_", "").lower()  # some dialects spell their fields in two ways
            if _says_something(inner):
                yield f"{where}.{name}" if where else name
                yield from _fields(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner, where)


def _says_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_says_something, value.values()))
    if isinstance(value, list):
        return any(map(_says_something, value))
    return not any(value is nothing or (value == nothing and value != 0) for nothing in _NOTHING)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NO_WORDS:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
