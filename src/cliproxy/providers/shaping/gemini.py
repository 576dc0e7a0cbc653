"""
What all who speak Gemini need: streams as event streams, and no proof from another family of models.

Antigravity's Claude models prove their thoughts as Gemini does, and a client brings every proof back to whoever serves
its next turn. They are tagged, and Google refuses what it did not make.

Source: `reference` sheets `dialects/gemini`, `dialects/antigravity`, `translation` section 11 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.dialects.gemini import native
from cliproxy.providers.base import Call
from cliproxy.wire.body import TopLevel
from cliproxy.wire.frames import Framing


def stream_query(call: Call) -> str:
    """Without `alt=sse` a stream comes as one JSON array."""
    return "alt=sse" if call.framing is Framing.EVENT_STREAM else ""


def fit_proofs(request: TopLevel, call: Call) -> None:
    """Leave proofs that the model did not make out of a request, and the tag off those that it did make."""
    if native.drop_foreign_proofs(request, call.model):
        call.losses.add("contents: proofs of another family of models")
