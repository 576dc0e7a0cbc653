"""What the other generators are made of: words, names, JSON objects, and ways to cut bytes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from hypothesis import strategies as st  # deptry: ignore[DEP004] (asked for in the package's `__init__`)
from hypothesis.strategies import SearchStrategy  # deptry: ignore[DEP004] (the same)

Chunking = Callable[[bytes], list[bytes]]

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,20}", fullmatch=True)
objects = st.dictionaries(names, st.one_of(words, st.integers(-1000, 1000), st.booleans()), max_size=3).map(
    lambda fields: msgspec.json.encode(fields).decode()
)


def chunkings() -> SearchStrategy[Chunking]:
    """Ways to cut bytes into chunks: the sizes go round until nothing is left."""
    return st.lists(st.integers(1, 200), min_size=1, max_size=8).map(_cutting)


def _cutting(sizes: list[int]) -> Chunking:
    def cut(data: bytes) -> list[bytes]:
        chunks = []
        place = turn = 0
        while place < len(data):
            size = sizes[turn % len(sizes)]
            chunks.append(data[place : place + size])
            place += size
            turn += 1
        return chunks

    return cut
