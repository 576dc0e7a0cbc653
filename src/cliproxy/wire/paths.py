r"""
Look up, set and remove a value at a path in a JSON object, of which only what lies on the path is opened.

    messages.0.content      a field, an item, a field
    tools.-1                one more item at the end; where something is removed, the last there is
    logit_bias.:50256       the field `50256`, not an item
    metadata.app\.name       a dot (or any sign) that belongs to a name

What is missing on the way is made: a list where a number or `-1` follows, filled up with nulls, else an object. So is
what stands in the way and is neither. A name leads nowhere in a list; then nothing is changed. Searches (`#`, `*`, `?`,
`|`, `@`) are not known here.

Source: https://github.com/tidwall/sjson (path syntax, read 2026-11-21); `reference` sheet `config` section 8.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from cliproxy.wire.body import UNREADABLE, TopLevel

DEEPEST = 32  # steps
LAST_INDEX = 999  # further ones would fill a request with nulls
LONGEST = 1000  # characters of a path
APPEND = -1

_STEP = re.compile(r"(?:[^\\.]|\\.)*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SEARCHING = re.compile(r"(?<!\\)(?:\\\\)*[#*?|@]")

_decode_object = msgspec.json.Decoder(TopLevel).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode
_NULL = Raw(b"null")


class PathError(ValueError):
    """A text is no path, or one that leads too far."""


class Step(Struct, frozen=True, gc=False):
    """One step of a path: into a field, or where `index` says so into an item of a list."""

    name: str
    index: int | None = None  # -1: after the last


Path = tuple[Step, ...]
Held: TypeAlias = TopLevel | list[Raw]  # an opened object or list; what is changed is changed in place


def path_of(text: str) -> Path:
    """Return a path as it is written in dots. Raises PathError."""
    if not text or len(text) > LONGEST:
        raise PathError(f"{text[:40]!r} is no path: it has 1 to {LONGEST} characters")
    if _SEARCHING.search(text):
        raise PathError(f"{text[:40]!r} is no path: one of # * ? | @ stands in it; put \\ before it if it is meant")
    steps = []
    at = 0
    while at <= len(text):
        found = _STEP.match(text, at)
        assert found is not None  # it matches nothing, too
        steps.append(_step(found[0]))
        if found.end() < len(text) and text[found.end()] != ".":
            raise PathError(f"{text[:40]!r} is no path: it ends in \\")
        at = found.end() + 1
    if len(steps) > DEEPEST:
        raise PathError(f"{text[:40]!r} is no path: it has more than {DEEPEST} steps")
    return tuple(steps)


def has(held: Held, path: Path) -> bool:
    """Tell whether there is anything at a path, null included."""
    for step in path[:-1]:
        inside = _opened(_inner(held, step))
        if inside is None:
            return False
        held = inside
    return _inner(held, path[-1]) is not None


def put_at(held: Held, path: Sequence[Step], value: Raw) -> bool:
    """Set the value at a path; tell whether that is possible."""
    step, rest = path[0], path[1:]
    if isinstance(held, list) and step.index is None:
        return False
    if rest:
        inside = _opened(_inner(held, step))
        if inside is None:
            inside = {} if rest[0].index is None else []
        if not put_at(inside, rest, value):
            return False
        value = Raw(_encode(inside))
    _place(held, step, value)
    return True


def remove_at(held: Held, path: Sequence[Step]) -> bool:
    """Remove what is at a path; tell whether anything was."""
    step, rest = path[0], path[1:]
    if isinstance(held, list) and step.index == APPEND:
        step = Step("", len(held) - 1)
    inner = _inner(held, step)
    if inner is None:
        return False
    if rest:
        inside = _opened(inner)
        if inside is None or not remove_at(inside, rest):
            return False
        _place(held, step, Raw(_encode(inside)))
    elif isinstance(held, dict):
        del held[step.name]
    else:
        del held[step.index or 0]
    return True


def _step(text: str) -> Step:
    if text.startswith(":"):
        return Step(_ESCAPED.sub(r"\1", text[1:]))
    if text == "-1":
        return Step(text, APPEND)
    if not (text.isascii() and text.isdigit()):
        return Step(_ESCAPED.sub(r"\1", text))
    if len(text) > len(str(LAST_INDEX)) or int(text) > LAST_INDEX:
        raise PathError(f"an item {text[:20]} is too far; to name a field by a number, write :{text[:20]}")
    return Step(text, int(text))


def _place(held: Held, step: Step, value: Raw) -> None:
    if isinstance(held, dict):
        held[step.name] = value
    elif step.index is None or not 0 <= step.index < len(held):
        held += [_NULL] * ((step.index or 0) - len(held))
        held.append(value)
    else:
        held[step.index] = value


def _inner(held: Held, step: Step) -> Raw | None:
    if isinstance(held, dict):
        return held.get(step.name)
    if step.index is None or not 0 <= step.index < len(held):
        return None
    return held[step.index]


def _opened(value: Raw | None) -> Held | None:
    """Return what is in an object or a list; of anything else nothing."""
    if value is None:
        return None
    try:
        match bytes(value).lstrip()[:1]:
            case b"{":
                return _decode_object(value)
            case b"[":
                return _decode_list(value)
            case _:
                return None
    except UNREADABLE:
        return None
