"""
Tool names and call ids, made to fit what a target takes.

The same name always becomes the same other name, whatever else is in the request, so that a conversation told again
reads the same to an upstream's cache.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

_HASH_LENGTH = 8


def fitted(name: str, refused: re.Pattern[str], longest: int) -> str:
    """Return the name with refused characters replaced and its length kept; marked by a hash where that changed it."""
    if len(name) <= longest and not refused.search(name) and name:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{refused.sub('_', name)[: longest - _HASH_LENGTH - 1]}_{digest}"


def renamed(names: Iterable[str], refused: re.Pattern[str], longest: int) -> Mapping[str, str]:
    """Return the client's names that had to change: client's -> target's."""
    changed = {name: fitted(name, refused, longest) for name in names}
    return {name: other for name, other in changed.items() if name != other}
