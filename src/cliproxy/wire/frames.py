"""A frame, and what cuts a byte stream into frames."""

from __future__ import annotations

import enum
from typing import Protocol

from msgspec import Struct

LONGEST_FRAME = 64 * 1024 * 1024  # bytes; signatures of 32 MB have been seen (translation notes, section 11.3)


class Framing(enum.Enum):
    """How a reply lies on the wire."""

    WHOLE = "whole"  # one JSON body
    EVENT_STREAM = "event stream"
    JSON_ARRAY = "JSON array"


class Frame(Struct, frozen=True, gc=False):
    """One message on the wire."""

    event: str  # "" where the stream does not name its events
    data: bytes


class FrameTooLong(ValueError):  # noqa: N818 (says what is wrong)
    """An upstream sent more than `LONGEST_FRAME` bytes without ending a frame."""


class Cutter(Protocol):
    """Cuts chunks at frame boundaries. What it returns, joined, is what it was fed, byte for byte."""

    def feed(self, chunk: bytes) -> bytes:
        """Return all bytes up to the end of the last whole frame; keep the rest."""
        ...

    def close(self) -> bytes:
        """Return what was kept: part of a frame, or one whose end mark is missing."""
        ...

    def frames(self, block: bytes) -> list[Frame]:
        """Return the frames in a block that `feed` or `close` gave."""
        ...
