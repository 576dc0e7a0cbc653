"""
JSON objects of a known shape, and what clients put beside it.

A field that a struct does not know is given out under the way to it (`function.deprecated`), and put back there. An
object without such a field, which most are, costs one decoding.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.request import Extras

_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


class Known(Struct, forbid_unknown_fields=True):
    """The base of all shapes: what else an object holds is not passed over."""


Shape = TypeVar("Shape", bound=Known)


class Reader(Generic[Shape]):
    """Decodes objects of one shape."""

    def __init__(self, shape: type[Shape]) -> None:
        self._shape = shape
        self._decode = msgspec.json.Decoder(shape).decode

    def __call__(self, raw: Raw | bytes) -> tuple[Shape, Extras]:
        """
        Return the object, and the fields beside its shape, but for those that are null. Each is its own copy.

        Raises:
            msgspec.DecodeError: It is no such object, or a field that is known has another type.
        """
        try:
            return self._decode(raw), {}
        except msgspec.ValidationError:
            known, beyond = _parted(raw, self._shape)
        return self._decode(known), beyond


def put_back(item: dict[str, object], extras: Mapping[str, object], shape: type[Known]) -> None:
    """Write fields that stood beside a shape where they stood."""
    inner = _inner(shape)
    for name, value in extras.items():
        first, dot, rest = name.partition(".")
        if not dot or first not in inner:
            item[name] = value
            continue
        holder = item.setdefault(first, {})
        if isinstance(holder, dict):
            put_back(holder, {rest: value}, inner[first])


def _parted(raw: Raw | bytes, shape: type[Known]) -> tuple[bytes, Extras]:
    known: dict[str, Raw] = {}
    beyond: Extras = {}
    names, inner = shape.__struct_encode_fields__, _inner(shape)
    for name, value in _decode_object(raw).items():
        if name not in names:
            if bytes(value) != b"null":
                beyond[name] = value.copy()
        elif name in inner and bytes(value)[:1] == b"{":
            kept, rest = _parted(value, inner[name])
            known[name] = Raw(kept)
            beyond |= {f"{name}.{field}": extra for field, extra in rest.items()}
        else:
            known[name] = value
    return _encode(known), beyond


@functools.cache
def _inner(shape: type[Known]) -> dict[str, type[Known]]:
    """Return the fields that hold an object of a known shape."""
    inner: dict[str, type[Known]] = {}
    for name, hint in typing.get_type_hints(shape).items():
        inner.update((name, kind) for kind in _kinds(hint) if isinstance(kind, type) and issubclass(kind, Known))
    return inner


def _kinds(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) or (hint,)
