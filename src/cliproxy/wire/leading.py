"""
The first items of a JSON array, without a look at the rest.

A decoder of whole documents passes over all of a long conversation to give its first message. This one reads as far as
it is asked, from a window that grows while an item does not fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

FIRST_WINDOW = 32 * 1024  # bytes
LAST_WINDOW = 256 * 1024
_GROWTH = 4

_read_one = json.JSONDecoder().raw_decode
_BETWEEN = re.compile(r"[\s,]*")


def leading(value: bytes | memoryview) -> Iterator[object]:
    """
    Yield the items of an array, decoded; of any other value itself.

    It ends early at an item that lies beyond the last window or cannot be read.
    """
    whole = memoryview(value)
    is_array = bytes(whole[:1]) == b"["
    window, text, at = FIRST_WINDOW, _text(whole[:FIRST_WINDOW]), int(is_array)
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        try:
            item, at = _read_one(text, at)
        except (ValueError, RecursionError):
            if window >= min(len(whole), LAST_WINDOW):
                return
            window = min(window * _GROWTH, LAST_WINDOW)
            text = _text(whole[:window])
            continue
        yield item
        if not is_array:
            return


def _text(data: memoryview) -> str:
    return str(data, "utf-8", "ignore")  # a window may end within a character
