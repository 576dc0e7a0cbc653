"""
Proofs on their way through dialects that did not make them.

A vendor's proof is only good at that vendor. When one leaves in another dialect it is tagged with the dialect it came
from, so that it is recognised, and sent home, when a client brings it back in a later turn.
"""

from __future__ import annotations

from cliproxy.conversation.request import Opaque

_MARK = "#"  # in no base64 alphabet


def written(proof: Opaque, dialect: str) -> str:
    """Return the proof as it stands in a body of this dialect: as it is at home, tagged elsewhere."""
    return proof.value if proof.dialect == dialect else f"{proof.dialect}{_MARK}{proof.value}"


def read(value: str, dialect: str) -> Opaque:
    """Return what a body of this dialect holds as a proof, with the dialect that made it."""
    maker, mark, bare = value.partition(_MARK)
    return Opaque(maker, bare) if mark and maker.isidentifier() else Opaque(dialect, value)
