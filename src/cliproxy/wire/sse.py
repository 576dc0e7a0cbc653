"""
Event streams, whatever the chunk boundaries.

Lines end in LF, CR LF or CR; a blank line ends an event; `data` lines of one event join with LF; comments and
unknown fields are passed over; the space after the colon may be missing, and so may the last blank line.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-08-20).
"""

from __future__ import annotations

from collections.abc import Iterable

from cliproxy.wire.frames import LONGEST_FRAME, Frame, FrameTooLong

CONTENT_TYPE = "text/event-stream"

_ENDS = (b"\n\n", b"\n\r\n", b"\r\r")
_OVERLAP = 2  # an end mark has at most three bytes; two may have come with the chunk before
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventStream:
    """Cuts an event stream into whole events."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, chunk: bytes) -> bytes:
        """Return all bytes up to the end of the last whole event; keep the rest."""
        kept = self._kept
        if not kept:
            if chunk.endswith(b"\n\n"):
                return chunk
            end = _last_end(chunk, 0)
            kept += chunk[end:]
            return chunk[:end]
        searched = max(0, len(kept) - _OVERLAP)
        kept += chunk
        end = _last_end(kept, searched)
        if not end:
            if len(kept) > LONGEST_FRAME:
                raise FrameTooLong(f"an event of over {LONGEST_FRAME} bytes")
            return b""
        whole = bytes(kept[:end])
        del kept[:end]
        return whole

    def close(self) -> bytes:
        """Return what was kept: part of an event, or one without its blank line."""
        rest = bytes(self._kept)
        self._kept.clear()
        return rest

    def frames(self, block: bytes) -> list[Frame]:
        """Return the events in a block; those without data are left out."""
        if b"\r" in block:
            block = _in_lines(block)
        start = block.find(b"\n") + 1 if block.startswith(b"event: ") else 0
        if block.find(b"\n", start) == len(block) - 2 and block.startswith(b"data: ", start) and block.endswith(b"\n"):
            event = block[7 : start - 1].decode("utf-8", "replace") if start else ""
            return [Frame(event, block[start + 6 : -2])]  # one event of a line or two: what most reads hold
        frames = []
        for text in block.split(b"\n\n"):
            if text:
                frame = _parse(text)
                if frame is not None:
                    frames.append(frame)
        return frames


def _in_lines(text: bytes) -> bytes:
    """Return text whose lines all end in LF."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _last_end(data: bytes | bytearray, start: int) -> int:
    """Return where the last whole event ends, or 0."""
    last = 0
    for mark in _ENDS:
        found = data.rfind(mark, start)
        if found >= 0:
            last = max(last, found + len(mark))
    return last


def _parse(text: bytes) -> Frame | None:
    event = ""
    data: bytes | None = None
    for line in text.removeprefix(_BYTE_ORDER_MARK).split(b"\n"):
        field, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if field == b"data":
            data = value if data is None else data + b"\n" + value
        elif field == b"event":
            event = value.decode("utf-8", "replace")
    return None if data is None else Frame(event, data)


def has_comments(block: bytes) -> bool:
    """Tell whether a block of whole events holds comment lines."""
    return block.startswith(b":") or b"\n:" in block or b"\r:" in block


def rewritten(frames: Iterable[Frame]) -> bytes:
    """Return events with nothing but their names and data, whatever stood between them."""
    lines: list[bytes] = []
    for one in frames:
        if one.event:
            lines.append(b"event: %b\n" % one.event.encode())
        data = _in_lines(one.data) if b"\r" in one.data else one.data
        lines.extend(b"data: %b\n" % line for line in data.split(b"\n"))
        lines.append(b"\n")
    return b"".join(lines)


def frame(data: bytes, event: str = "") -> bytes:
    """Return one event, framed. `data` holds no line break."""
    if event:
        return b"event: %b\ndata: %b\n\n" % (event.encode(), data)
    return b"data: %b\n\n" % data
