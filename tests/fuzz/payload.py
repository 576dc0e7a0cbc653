"""Values put into requests at paths that operators write."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.errors import RequestError
from cliproxy.wire.body import TopLevel, close_body, open_body, readable
from cliproxy.wire.paths import PathError, has, path_of, put_at, remove_at
from tests.fuzz.laws import must, must_be_json

_VALUE = Raw(b'{"kept": 1.0}')


def payload(data: bytes) -> None:
    """A path, a line end, an object: what is set is there, what is removed is not, and nothing else is touched."""
    text, _, body = data[1:].partition(b"\n")
    try:
        path, before = path_of(text.decode("utf-8", "replace")), open_body(readable(body))
    except (PathError, RequestError):
        return
    removed, put = dict(before), dict(before)
    was_there = has(before, path)
    must(remove_at(removed, path) or not was_there, "what is there was not removed")
    appends = any(step.index is not None for step in path)
    if put_at(put, path, _VALUE) and not appends:
        must(has(put, path), "what was set is not there")
        once = close_body(put)
        put_at(put, path, _VALUE)
        must(close_body(put) == once, "set twice is not set once")
        must(remove_at(put, path) and not has(put, path), "what was removed is there")
    for after in (removed, put):
        must_be_json(close_body(after), "a changed body")
        must(_beside(after, path[0].name) == _beside(before, path[0].name), "a sibling was touched")


def _beside(top: TopLevel, name: str) -> dict[str, bytes]:
    return {
        key: bytes(value) for key, value in msgspec.json.decode(close_body(top), type=TopLevel).items() if key != name
    }
