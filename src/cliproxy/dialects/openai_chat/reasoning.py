"""
What a model thought, as this dialect's speakers write it: words in one field, proofs in another.

Source: `reference` sheet `translation` section 11, recordings of openrouter with feature `reasoning-replay` (read
2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.request import Opaque, Reasoning
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.wire.body import UNREADABLE

GOOGLE = "gemini"  # whose proofs hang on calls and on what was said

_decode_detail = msgspec.json.Decoder(schema.ReasoningDetail).decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


def thoughts(words: str, details: list[Raw] | None) -> list[Reasoning]:
    """Return the reasoning of one message: its words, and the proofs that came beside them."""
    proved = list(proofs(details))
    if words and not any(thought.text for thought in proved):
        # A client that collects a stream keeps the words apart from the proof that came after them.
        place = next((place for place, thought in enumerate(proved) if not thought.redacted), None)
        if place is None:
            return [Reasoning(words), *proved]
        proved[place] = msgspec.structs.replace(proved[place], text=words)
    return proved


def proofs(details: list[Raw] | None) -> Iterable[Reasoning]:
    """Return the reasoning that stands in `reasoning_details`, the form OpenRouter gave to signed thoughts."""
    for raw in details or ():
        try:
            detail = _decode_detail(raw)
        except UNREADABLE:
            continue
        text = detail.text or detail.summary or ""
        if detail.data:
            yield Reasoning("", _proof(detail.data, raw), redacted=True)
        elif detail.signature:
            yield Reasoning(text, _proof(detail.signature, raw))
        elif text:
            yield Reasoning(text)


def _proof(value: str, detail: Raw) -> Opaque:
    """
    Return the proof that a detail holds.

    One made in this dialect is the whole detail but for its text: which upstream made it, for which call, stands in
    its other fields, and has to come back with it.
    """
    proof = read_proof(value, NAME)
    if proof.dialect != NAME:
        return proof
    fields = {name: inner for name, inner in _decode_object(detail).items() if name not in ("text", "summary")}
    if fields.keys() <= {"type", "signature", "data", "index"}:
        return proof
    return Opaque(NAME, _encode(fields).decode())


def reasoning_detail(text: str, value: str, *, redacted: bool) -> dict[str, object]:
    """Return a thought's proof in the form that this dialect's speakers send back."""
    detail = _whole_detail(value)
    if detail is not None:
        return detail if redacted or "text" in detail else detail | {"text": text}
    if redacted:
        return {"type": "reasoning.encrypted", "data": value}
    return {"type": "reasoning.text", "text": text, "signature": value}


def _whole_detail(value: str) -> dict[str, object] | None:
    """Return the detail that a proof made in this dialect holds, all but its text; None: it is the vendor's own."""
    if value[:1] != "{":
        return None
    try:
        detail = msgspec.json.decode(value, type=dict[str, object])
    except UNREADABLE:
        return None
    return detail if "type" in detail else None


def extra_content(proof: Opaque) -> dict[str, object]:
    """Return the field that carries a proof on a call, or on what was said."""
    return {"extra_content": {"google": {"thought_signature": proof.value}}}
