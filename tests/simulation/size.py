"""How much an object holds, all in all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any


def entries_in(*roots: Any) -> int:
    """Return how many entries the containers within some objects have."""
    seen: set[int] = set()
    count = 0
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for part in _parts(one):
            count += 1
            waiting.append(part)
    return count


def _parts(one: Any) -> Iterator[Any]:
    if isinstance(one, dict):
        yield from one
        yield from one.values()
    elif isinstance(one, (list, tuple, set, frozenset, deque)):
        yield from one
    elif type(one).__module__.startswith("cliproxy"):
        yield from getattr(one, "__dict__", {}).values()
        for kind in type(one).__mro__:
            for name in getattr(kind, "__slots__", ()):
                yield getattr(one, name, None)
        for name in getattr(one, "__struct_fields__", ()):
            yield getattr(one, name)
