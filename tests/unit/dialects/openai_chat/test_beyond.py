"""Fields that a shape does not know are kept, wherever they stand, and put back there."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import Raw

from cliproxy.dialects.openai_chat.beyond import Known, Reader, put_back


class Inner(Known):
    name: str = ""


class Outer(Known):
    inner: Inner | None = None
    size: int = 0


read = Reader(Outer)


def test_an_object_of_its_shape_has_nothing_beside_it() -> None:
    outer, extras = read(b'{"inner":{"name":"a"},"size":2}')

    assert (outer.inner, outer.size, extras) == (Inner("a"), 2, {})


def test_what_stands_beside_it_is_told_by_the_way_to_it() -> None:
    """At every level, and a null says nothing."""
    outer, extras = read(b'{"inner":{"name":"a","x":[1]},"size":2,"y":true,"z":null}')

    assert outer.inner == Inner("a")
    assert {name: bytes(value) for name, value in extras.items()} == {"inner.x": b"[1]", "y": b"true"}


def test_a_wrong_type_is_refused_whatever_stands_beside_it() -> None:
    with pytest.raises(msgspec.ValidationError):
        read(b'{"size":"two","y":true}')


def test_it_is_put_back_where_it_stood() -> None:
    item: dict[str, object] = {"inner": {"name": "a"}}
    put_back(item, {"inner.x": Raw(b"[1]"), "y": Raw(b"true")}, Outer)

    assert json.loads(msgspec.json.encode(item)) == {"inner": {"name": "a", "x": [1]}, "y": True}


def test_a_dot_in_a_name_is_no_way() -> None:
    """Clients may call a field as they like."""
    _, extras = read(b'{"a.b":1}')
    item: dict[str, object] = {}
    put_back(item, extras, Outer)

    assert json.loads(msgspec.json.encode(item)) == {"a.b": 1}
