"""Streams whose frames come in an envelope."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cliproxy.wire.envelope import Unwrapped
from cliproxy.wire.frames import Cutter, Frame
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream

EVENTS = b': hello\r\n\r\ndata: {"in":1}\r\n\r\nevent: error\r\ndata: {"in":2}\r\n\r\ndata: {"in":3}'
ARRAY = b'[{"in":1},\n{"in":2}\n,{"in":3}]'


def unwrap(data: bytes) -> bytes:
    return data.replace(b'{"in":', b"").replace(b"}", b"")


def opened(make: type[Cutter], chunks: Iterable[bytes]) -> list[Frame]:
    cutter = Unwrapped(make(), unwrap)
    blocks = [*(cutter.feed(chunk) for chunk in chunks), cutter.close()]
    return [frame for block in blocks if block for frame in cutter.frames(block)]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(("make", "stream"), [(EventStream, EVENTS), (JsonArray, ARRAY)])
def test_what_was_in_the_envelopes_comes_as_events(make: type[Cutter], stream: bytes, size: int) -> None:
    """However the stream was framed and cut; a last frame without its end mark included."""
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    frames = opened(make, chunks)

    assert [frame.data for frame in frames] == [b"1", b"2", b"3"]
    assert [frame.event for frame in frames] == (["", "error", ""] if make is EventStream else ["", "", ""])


def test_lines_inside_an_element_may_end_in_any_way() -> None:
    """A bare CR would end the line of an event, and what stands behind it would be lost."""
    assert [frame.data for frame in opened(JsonArray, [b'[{"in":1\r,\r\n2\n}]'])] == [b"1\n,\n2\n"]
