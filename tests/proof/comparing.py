"""What the comparisons share: values as JSON, values shown, and whether a loss tells of something."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

import msgspec


def is_told(pattern: str, losses: Collection[str]) -> bool:
    """Tell whether a loss tells of what the pattern names."""
    return any(re.search(pattern, loss, re.IGNORECASE) for loss in losses)


def plain(value: object) -> Any:
    """Return a value as JSON would have it, so that spacing and spelling do not count."""
    return json.loads(msgspec.json.encode(value))


def short(value: object) -> str:
    """Return a value for a message."""
    shown = repr(value)
    return shown if len(shown) < 160 else f"{shown[:80]} ... {shown[-70:]}"


def first_difference(before: Any, after: Any, where: str = "") -> str:
    """Return where two values differ first, and what stands there."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                return first_difference(before.get(key), after.get(key), f"{where}.{key}")
    if isinstance(before, list) and isinstance(after, list):
        for place, (left, right) in enumerate(zip(before, after, strict=False)):
            if left != right:
                return first_difference(left, right, f"{where}[{place}]")
        return f"{where} has {len(before)}, then {len(after)}"
    return f"{where} {short(before)} became {short(after)}"
