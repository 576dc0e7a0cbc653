"""
`gpt-5(high)` -> the model `gpt-5`, and how hard it is to reason.

A suffix stands in round brackets at the end of a name. One that means nothing is cut off all the same, and then no
effort is configured at all: neither by the name nor by the body.

Source: `reference` sheets `registry-and-thinking` B1, `translation` section 6.1 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Struct

from cliproxy.conversation.request import Effort, Level

LONGEST_NUMBER = 18  # digits that count; what is longer is no number that an upstream could read

_LEVELS = {level.value: level for level in Level} | {"-1": Level.AUTO}


class Suffix(Struct, frozen=True, gc=False):
    """What a name says about effort. None: there is a suffix, and it says nothing."""

    effort: Effort | None


class ModelName(Struct, frozen=True, gc=False):
    """A name, taken apart."""

    base: str
    suffix: Suffix | None = None


def read(name: str) -> ModelName:
    """Return a client's name for a model without its suffix, if it has one, and what that says."""
    start = name.rfind("(")
    if start < 0 or not name.endswith(")"):
        return ModelName(name)
    return ModelName(name[:start], Suffix(_effort(name[start + 1 : -1])))


def configured(name: str) -> ModelName:
    """Return an upstream's name as the operator wrote it: brackets that say nothing about effort belong to it."""
    taken_apart = read(name)
    if taken_apart.suffix is None or taken_apart.suffix.effort is None or not taken_apart.base:
        return ModelName(name)
    return taken_apart


def _effort(value: str) -> Effort | None:
    if not value.isascii():
        return None
    level = _LEVELS.get(value.lower())
    if level is not None:
        return Effort(level)
    digits = value.lstrip("0")
    if not value.isdigit() or len(digits) > LONGEST_NUMBER:
        return None
    return Effort(budget=int(digits)) if digits else Effort(Level.NONE)
