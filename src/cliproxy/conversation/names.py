"""
Tool names and call ids, made to fit what a target takes.

A name becomes the same other name whatever the order of the request; only names that would fall together are told
apart by a hash of the original.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

_HASH_LENGTH = 8
_MCP = "mcp__"  # `mcp__<server>__<tool>`: the tool is what tells it apart


def fitted(name: str, refused: re.Pattern[str], longest: int) -> str:
    """Return the name with refused characters replaced, and cut; of a long MCP name the server goes first."""
    clean = refused.sub("_", name) or "_"
    if len(clean) > longest and clean.startswith(_MCP):
        clean = _MCP + clean.rpartition("__")[2]
    return clean[:longest]


def renamed(names: Iterable[str], refused: re.Pattern[str], longest: int) -> Mapping[str, str]:
    """Return the names that had to change, no two of them alike: client's -> target's."""
    wanted = {name: fitted(name, refused, longest) for name in names}
    if all(name == other for name, other in wanted.items()):
        return {}
    count = Counter(wanted.values())
    return {
        name: other if count[other] == 1 else _marked(name, other, longest)
        for name, other in wanted.items()
        if name != other
    }


def _marked(name: str, other: str, longest: int) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{other[: longest - _HASH_LENGTH - 1]}_{digest}"
