"""What all targets share: what they are, how one says that something does not hold, and how a stream is cut."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from cliproxy.dialects.base import Codec
from tests.properties.replaying import CODECS

Target = Callable[[bytes], None]

_CHUNKS = (1, 2, 3, 7, 64, 1_000_000)  # bytes
_MOST_CHUNKS = 200


class Broken(AssertionError):  # noqa: N818 (says what happened)
    """What must hold does not."""


def must(holds: bool, what: str) -> None:
    """Raise Broken unless it holds."""
    if not holds:
        raise Broken(what)


def must_be_json(data: bytes, what: str) -> None:
    """Raise Broken unless it is JSON that every reader takes."""
    try:
        data.decode()
        msgspec.json.decode(data, type=Raw)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise Broken(f"{what} is not JSON: {error}: {data[:200]!r}") from None


def chunks(data: bytes, choice: int) -> list[bytes]:
    """Return a stream in pieces."""
    size = max(_CHUNKS[choice % len(_CHUNKS)], len(data) // _MOST_CHUNKS)
    return [data[start : start + size] for start in range(0, len(data), size)]


def chosen(choice: int) -> Codec:
    """Return a dialect's codec."""
    names = sorted(CODECS)
    return CODECS[names[choice % len(names)]]
