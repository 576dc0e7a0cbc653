"""
Why a candidate ended: the vendor's words and numbers <-> ours.

Source: `reference` sheets `dialects/gemini` section 4, `translation` section 9, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import re

from cliproxy.conversation.reply import Finish, FinishReason

_FILTERS = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
)
_FINISHES = {"STOP": FinishReason.STOP, "MAX_TOKENS": FinishReason.LENGTH} | dict.fromkeys(
    _FILTERS, FinishReason.FILTERED
)
_NUMBERED = (  # the API's own numbers; Vertex has others from 6 on, most of which filter as well
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
)
_WORDS = {
    FinishReason.LENGTH: "MAX_TOKENS",
    FinishReason.CONTEXT_FULL: "MAX_TOKENS",
    FinishReason.FILTERED: "SAFETY",
    FinishReason.OTHER: "OTHER",
}
_OWN_WORD = re.compile(r"[A-Z][A-Z_]+")  # no other dialect writes its reasons so


def finish_of(said: str | int | None, *, called: bool) -> Finish:
    """Return why a candidate ended. There is no reason for calls: they are seen. Nothing said is an ordinary end."""
    if isinstance(said, int):
        said = _NUMBERED[said] if 0 <= said < len(_NUMBERED) else str(said)
    reason = _FINISHES.get(said, FinishReason.OTHER) if said else FinishReason.STOP
    if called and reason in (FinishReason.STOP, FinishReason.OTHER):
        reason = FinishReason.TOOL_CALL
    return Finish(reason, said or "")


def finish_word(finish: Finish) -> str:
    """Return why a candidate ended, as this dialect says it: in the word it came with, where that is one of ours."""
    return finish.raw if _OWN_WORD.fullmatch(finish.raw) else _WORDS.get(finish.reason, "STOP")
