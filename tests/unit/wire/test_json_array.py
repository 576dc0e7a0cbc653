"""JSON arrays that arrive in parts."""

from __future__ import annotations

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
