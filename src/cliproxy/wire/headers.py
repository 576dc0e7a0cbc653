"""
Headers of somebody else -> those that can go on to a client.

One must not become two, nor end the head. JSON, in which a page or a websocket tells of them, lets a name or a value be
anything; and upstreams may send control characters that we could not send on.

Source: RFC 9110 sections 5.1 and 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

MOST = 128
MOST_READ = 1000  # of which the others are none
LONGEST = 8 * 1024  # characters of a value

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udc7f\udd00-\udfff]*")  # bytes that are no UTF-8 may stay


def can_go_on(name: str, value: str) -> bool:
    """Tell whether this is one header."""
    return _NAME.fullmatch(name) is not None and _VALUE.fullmatch(value) is not None


def carried(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return those headers told in JSON that are some, up to `MOST`; one that is told twice counts as told last."""
    headers: dict[str, str] = {}
    for name, value in islice(told, MOST_READ):
        if len(value) <= LONGEST and can_go_on(name, value):
            headers[name] = value
        if len(headers) == MOST:
            break
    return headers
