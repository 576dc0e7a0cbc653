"""
Both spellings of every field, and the fields that nobody knows.

Google reads `camelCase` and `snake_case` and writes the first. A body that the strict structs refuse is written anew:
known names in camelCase, everything else in each object under `extras`. What belongs to the caller (schemas,
arguments, results) stays the bytes it was.

Source: `reference` sheets `dialects/gemini` section 1, `real-clients` (read 2026-11-21).
"""

from __future__ import annotations

import functools
import operator
import re
import typing
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from cliproxy.dialects.gemini.schema import EXTRAS

DEEPEST = 16  # levels; the vendor's own fields go no deeper

_SNAKE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode

Shape = dict[str, type[Struct] | None]
T = TypeVar("T", bound=Struct)


def in_camel_case(name: str) -> str:
    """Return a field's name as this dialect writes it."""
    return _SNAKE.sub(lambda found: found[1].upper(), name) if "_" in name else name


class Reader(Generic[T]):
    """Reads one kind of object, in either spelling."""

    def __init__(self, struct: type[T]) -> None:
        self._struct = struct
        self._decode = msgspec.json.Decoder(struct).decode

    def read(self, data: bytes | Raw) -> T:
        """
        Return the object.

        Raises:
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: It is none.
        """
        try:
            return self._decode(data)
        except msgspec.ValidationError:
            return self.respelled(data)

    def respelled(self, data: bytes | Raw) -> T:
        """Return the object, whatever its spelling. Raises as `read` does."""
        return self._decode(tidied(data, self._struct))


def tidied(data: bytes | Raw, struct: type[Struct], depth: int = 0) -> bytes | Raw:
    """Return an object, or a list of such, in the one spelling and with unknown fields under `extras`."""
    first = bytes(memoryview(data)[:1])
    if first == b"[":
        items = _decode_list(data)
        tidy = [tidied(item, struct, depth) for item in items]
        return data if all(map(operator.is_, items, tidy)) else _encode([Raw(item) for item in tidy])
    if depth > DEEPEST or first in b'"0123456789-tfn':
        return data
    shape = _shape(struct)
    fields: dict[str, object] = {}
    extras: dict[str, object] = {}
    is_tidy = True
    for name, value in _decode_object(data).items():
        known = in_camel_case(name)
        if known not in shape:
            is_tidy = False
            if bytes(value) != b"null":
                extras[known] = value
        elif known == name or known not in fields:
            inner = shape[known]
            said = value if inner is None else tidied(value, inner, depth + 1)
            is_tidy = is_tidy and said is value and known == name
            fields[known] = Raw(said)
        else:
            is_tidy = False  # there in both spellings
    if is_tidy:
        return data
    if extras and EXTRAS in shape:
        fields[EXTRAS] = extras
    return _encode(fields)


@functools.cache
def _shape(struct: type[Struct]) -> Shape:
    """Return a struct's fields by their names in JSON, each with the struct that its value is, or is a list of."""
    hints = typing.get_type_hints(struct)
    names = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return {encoded: _struct_in(hints[name]) for name, encoded in names}


def _struct_in(hint: object) -> type[Struct] | None:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    return next((found for inner in typing.get_args(hint) if (found := _struct_in(inner)) is not None), None)
