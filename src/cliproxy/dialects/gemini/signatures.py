"""
Where signatures go on their way back to Google.

A signature stays on the part it came on. Gemini 3 refuses a call of the present turn that has none, if it is the first
of its content; calls that Gemini did not make take a value that Google documents for them.

Claude's models, behind the same interface, sign as well, and neither family takes the other's. So theirs are tagged:
`claude#<signature>`.

Source: `reference` sheets `dialects/gemini` section 2, `dialects/antigravity`, `translation` section 11 (read
2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

STAND_IN = "skip_thought_signature_validator"
STAND_INS = (STAND_IN, "context_engineering_is_the_way_to_go")

_MARK = "#"  # in no base64 alphabet
_CLAUDE, _GEMINI = "claude", "gemini"
_FAMILIES = (_CLAUDE, _GEMINI)
TAGS = tuple(f'"{family}{_MARK}'.encode() for family in _FAMILIES)  # how a tagged one begins in a body
_CHECKED = re.compile(r"gemini-(?:[3-9]|[1-9]\d)")

Content = dict[str, object]
PartObject = dict[str, object]


def is_checked(model: str) -> bool:
    """Tell whether a model refuses calls without a signature."""
    return _CHECKED.search(model) is not None


def sign_calls(contents: Sequence[Content]) -> None:
    """Put the stand-in, in place, on the first call of each content of the present turn that has no signature."""
    for content in reversed(contents):
        parts = content["parts"]
        assert isinstance(parts, list)
        if content["role"] != "model":
            if any("functionResponse" in part for part in parts):
                continue
            return
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None:
            first.setdefault("thoughtSignature", STAND_IN)


def tagged(value: str, model: str) -> str:
    """Return a signature with the family that made it, where that is not Gemini itself."""
    family = _family_of(model)
    return value if family == _GEMINI else f"{family}{_MARK}{value}"


def fitting(value: str, model: str) -> str:
    """Return a signature as a model's own family has it; "": another family made it, and this one would refuse it."""
    family, mark, bare = value.partition(_MARK)
    if not mark or family not in _FAMILIES:
        return value
    # A client that joins neighbouring thoughts joins their signatures: the first is whole.
    return bare.partition(family + mark)[0] if family == _family_of(model) else ""


def _family_of(model: str) -> str:
    """Return whose model it is: Claude's stand behind Google's door too, and sign in its words."""
    return _CLAUDE if _CLAUDE in model else _GEMINI
