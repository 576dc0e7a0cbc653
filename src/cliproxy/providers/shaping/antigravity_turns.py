"""
The turns of a Gemini request as Antigravity takes them.

Google fails on a thought without a text, and wants the pictures of a result inside it. Claude wants its thoughts
first, each with a proof of its own making, and its calls last.

Source: `reference` sheet `dialects/antigravity` (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Raw

from cliproxy.dialects.gemini import native
from cliproxy.wire.body import TopLevel

SHORTEST_PROOF = 50  # characters


def parts(role: str, given: list[TopLevel]) -> list[TopLevel]:
    """Give every thought a text, and every result the pictures that follow it."""
    left: list[TopLevel] = []
    pictures: list[TopLevel] = []
    for part in given:
        if "inlineData" in part and left and "functionResponse" in left[-1]:
            pictures.append({"inlineData": part["inlineData"]})
            continue
        _show(left, pictures)
        pictures = []
        if native.is_thought(part):
            part.setdefault("text", Raw(b'""'))
        left.append(part)
    _show(left, pictures)
    return left


def claude_s_parts(role: str, given: list[TopLevel]) -> list[TopLevel]:
    """Order a turn of the model as Claude does: thoughts, then texts, then calls. Unsigned thoughts are refused."""
    ordered = parts(role, given)
    if role != "model":
        return ordered
    left = [part for part in ordered if not native.is_thought(part) or _is_signed(part)]
    for part in left:
        if not native.is_thought(part):
            part.pop("thoughtSignature", None)  # Claude signs nothing else; this is Gemini's
    return sorted(left, key=_place)


def _show(left: list[TopLevel], pictures: list[TopLevel]) -> None:
    """Put pictures into the result that stands last."""
    if pictures:
        result = native.opened(left[-1]["functionResponse"])
        shown = [*native.listed(result.get("parts")), *pictures]
        left[-1] = left[-1] | {"functionResponse": native.closed(result | {"parts": native.closed(shown)})}


def _place(part: TopLevel) -> int:
    if native.is_thought(part):
        return 0
    return 2 if "functionCall" in part else 1


def _is_signed(part: TopLevel) -> bool:
    return len(bytes(part.get("thoughtSignature", b""))) - len('""') >= SHORTEST_PROOF
