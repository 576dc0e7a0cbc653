"""
A JSON array that arrives element by element, as Gemini streams without `alt=sse`.

Where an error comes, it may be a bare object instead: it counts as the one element. What stands between objects has
no meaning, so that every block begins alike, wherever the array was cut.
"""

from __future__ import annotations

import re

from cliproxy.wire.frames import LONGEST_FRAME, Frame, FrameTooLong

CONTENT_TYPE = "application/json"

_MARK = re.compile(rb'["\\{}\[\]]')
_STRING_MARK = re.compile(rb'["\\]')


class JsonArray:
    """Cuts a JSON array of objects after each whole object."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._scanned = 0  # how much of `_kept` has been looked at
        self._depth = 0  # of braces and brackets of the element being read; 0: between elements
        self._in_string = False

    def feed(self, chunk: bytes) -> bytes:
        """Return all bytes up to the end of the last whole element; keep the rest."""
        self._kept += chunk
        ends = self._element_ends()
        if not ends:
            if len(self._kept) > LONGEST_FRAME:
                raise FrameTooLong(f"an array element of over {LONGEST_FRAME} bytes")
            return b""
        whole = bytes(self._kept[: ends[-1]])
        del self._kept[: ends[-1]]
        self._scanned -= ends[-1]
        return whole

    def close(self) -> bytes:
        """Return what was kept: the closing bracket, or part of an element."""
        rest = bytes(self._kept)
        self._kept.clear()
        self._scanned = 0
        return rest

    def frames(self, block: bytes) -> list[Frame]:
        """Return the elements in a block."""
        inner = JsonArray()
        inner._kept += block
        frames = []
        start = 0
        for end in inner._element_ends():
            frames.append(Frame("", block[start:end].lstrip(b"[, \t\r\n")))
            start = end
        return frames

    def _element_ends(self) -> list[int]:
        ends: list[int] = []
        place = self._scanned
        data = self._kept
        while True:
            mark = (_STRING_MARK if self._in_string else _MARK).search(data, place)
            if mark is None:
                self._scanned = max(place, len(data))
                return ends
            place = mark.end()
            match mark.group():
                case b'"':
                    self._in_string = not self._in_string
                case b"\\":
                    place += 1  # what follows is escaped, also where it is still to come
                case b"{":
                    self._depth += 1
                case _ if self._depth == 0:
                    pass  # the array's own brackets
                case b"[":
                    self._depth += 1
                case _:
                    self._depth -= 1
                    if self._depth == 0:
                        ends.append(place)
