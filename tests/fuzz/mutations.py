"""
Seeds, changed at random, the same way on every machine: what `scripts/check` tries.

The hunt with atheris finds more, because it watches which lines are reached, but no two of its runs try the same
inputs: it would fail a change that has nothing to do with what it found. So it runs by hand, and what it finds is kept
among the seeds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

LONGEST = 16_384  # bytes of an input
_MOST_CHANGES = 4
_BYTES = (
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b'"',
    b"\\",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
)
_VALUES = (
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b'""',
    b"{}",
    b"[]",
    b'"a"',
    b"[[[[",
    b"data: ",
)


def mutations(seeds: Sequence[bytes], words: Sequence[str], *, count: int, seed: int) -> Iterator[bytes]:
    """Yield so many inputs, each a seed with a few changes. Equal arguments give equal inputs."""
    chance = random.Random(seed)
    pieces = (*_BYTES, *_VALUES, *(f'"{word}"'.encode() for word in words))
    for _ in range(count):
        data = chance.choice(seeds)
        for _ in range(chance.randint(1, _MOST_CHANGES)):
            data = _changed(data, seeds, pieces, chance)
        yield data[:LONGEST]


def _changed(data: bytes, seeds: Sequence[bytes], pieces: Sequence[bytes], chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice((1, 1, 4, 16, 64)))
    match chance.randint(0, 5):
        case 0:  # some bytes less
            return data[:start] + data[end:]
        case 1:  # some bytes twice
            return data[:end] + data[start:]
        case 2:  # another byte
            return data[:start] + bytes([chance.randint(0, 255)]) + data[start + 1 :]
        case 3:  # a piece more
            return data[:start] + chance.choice(pieces) + data[start:]
        case 4:  # a piece instead
            return data[:start] + chance.choice(pieces) + data[end:]
        case _:  # the rest of another seed
            other = chance.choice(seeds)
            return data[:start] + other[chance.randint(0, len(other)) :]
