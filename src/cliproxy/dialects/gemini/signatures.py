"""
Where signatures go on their way back to Google.

A signature stays on the part it came on. Gemini 3 refuses a call of the present turn that has none, if it is the first
of its content; calls that Gemini did not make take a value that Google documents for them.

Source: `reference` sheets `dialects/gemini` section 2, `translation` section 11 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

STAND_IN = "skip_thought_signature_validator"
STAND_INS = (STAND_IN, "context_engineering_is_the_way_to_go")

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
