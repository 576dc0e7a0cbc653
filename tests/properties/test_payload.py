"""Laws of values at paths, for any path of names and items and any object."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from cliproxy.wire.body import TopLevel, close_body, open_body
from cliproxy.wire.paths import Path, has, path_of, put_at, remove_at

NAMES = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["a", "b", "0", "-1", "", "a.b", ":", "\\"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | st.just("a"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


def written(names: list[str]) -> str:
    """Return a path that leads through these names, whatever signs are in them."""
    return ".".join(":" + "".join(f"\\{sign}" for sign in name) for name in names)


PATHS = st.lists(NAMES, min_size=1, max_size=4).map(written).map(path_of)


def opened(value: dict[str, Any]) -> TopLevel:
    return open_body(msgspec.json.encode(value))


def at(value: object, path: Path) -> object:
    """Read the value plainly, as a reader of the whole would."""
    for step in path:
        assert isinstance(value, dict)
        value = value[step.name]
    return value


@given(body=OBJECTS, path=PATHS, value=VALUES)
def test_what_is_set_is_there(body: dict[str, Any], path: Path, value: Any) -> None:
    top = opened(body)

    if put_at(top, path, Raw(msgspec.json.encode(value))):
        assert has(top, path)
        assert at(msgspec.json.decode(close_body(top)), path) == value


@given(body=OBJECTS, path=PATHS, value=VALUES)
def test_set_twice_is_set_once(body: dict[str, Any], path: Path, value: Any) -> None:
    once, twice = opened(body), opened(body)
    raw = Raw(msgspec.json.encode(value))
    put_at(once, path, raw)
    put_at(twice, path, raw)
    put_at(twice, path, raw)

    assert close_body(once) == close_body(twice)


@given(body=OBJECTS, path=PATHS)
def test_what_is_removed_is_absent_and_nothing_else_changes(body: dict[str, Any], path: Path) -> None:
    top = opened(body)
    was_there = has(top, path)

    assert remove_at(top, path) is was_there
    assert not has(top, path)
    if not was_there:
        assert msgspec.json.decode(close_body(top)) == body


@given(body=OBJECTS, path=PATHS, value=VALUES)
def test_what_was_made_and_is_removed_leaves_the_siblings_as_they_were(
    body: dict[str, Any], path: Path, value: Any
) -> None:
    top = opened(body)
    before = {name: bytes(raw) for name, raw in top.items() if name != path[0].name}
    put_at(top, path, Raw(msgspec.json.encode(value)))
    remove_at(top, path)

    assert {name: bytes(raw) for name, raw in top.items() if name != path[0].name} == before


@given(items=st.lists(VALUES, max_size=4), value=VALUES)
def test_an_appended_item_is_the_last_and_removing_the_last_takes_it_back(items: list[Any], value: Any) -> None:
    top = opened({"a": items})
    put_at(top, path_of("a.-1"), Raw(msgspec.json.encode(value)))

    assert msgspec.json.decode(close_body(top)) == {"a": [*items, value]}
    assert remove_at(top, path_of("a.-1"))
    assert msgspec.json.decode(close_body(top)) == {"a": items}
