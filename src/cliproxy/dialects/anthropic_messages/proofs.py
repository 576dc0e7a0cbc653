"""
Signatures and redacted thoughts -> proofs, with the vendor who made each.

Source: `reference` sheet `translation` section 11.1 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.conversation.proof import read
from cliproxy.conversation.request import Opaque
from cliproxy.dialects.anthropic_messages.schema import NAME

_MADE_BY_OPENAI = "gAAAA"  # how its encrypted reasoning begins, and no signature of Anthropic's


def read_signature(value: str) -> Opaque:
    """Return what stands as a signature: by its tag, or by its look where other gateways left it untagged."""
    proof = read(value, NAME)
    return (
        Opaque("openai_responses", value) if proof.value.startswith(_MADE_BY_OPENAI) and proof.value == value else proof
    )
