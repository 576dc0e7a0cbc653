"""JSON arrays that arrive in parts."""

from __future__ import annotations

import pytest

from cliproxy.wire.frames import Frame
from cliproxy.wire.json_array import JsonArray

ARRAY = b'[{"a":"]}\\"{"}\n,\r\n{"b":[{"c":1}]}\n]\n'
ELEMENTS = [Frame("", b'{"a":"]}\\"{"}'), Frame("", b'{"b":[{"c":1}]}')]


def test_elements_are_found_wherever_the_array_is_cut() -> None:
    """Brackets in strings and nested ones are no ends."""
    for cut in range(len(ARRAY)):
        array = JsonArray()
        frames = array.frames(array.feed(ARRAY[:cut])) + array.frames(array.feed(ARRAY[cut:]))
        assert frames == ELEMENTS


def test_what_comes_out_is_what_went_in() -> None:
    array = JsonArray()

    assert array.feed(ARRAY[:20]) + array.feed(ARRAY[20:]) + array.close() == ARRAY


STRANGE = (
    b"x}[{}]",
    b'x}[{"a":1},{"b":[{}]}]',
    b'{"a":1}}{"b":{"c":[}',
    b'[[{"a":1},{"b":1}],{"c":1}]',
    b'x"}{"[{"a":1}]',
)


@pytest.mark.parametrize("stream", STRANGE)
def test_what_is_no_array_of_objects_is_read_alike_however_it_is_cut(stream: bytes) -> None:
    whole = JsonArray()
    frames = [frame for block in (whole.feed(stream), whole.close()) for frame in whole.frames(block)]

    for size in range(1, len(stream)):
        array = JsonArray()
        blocks = [*(array.feed(stream[at : at + size]) for at in range(0, len(stream), size)), array.close()]
        assert [frame for block in blocks for frame in array.frames(block)] == frames
