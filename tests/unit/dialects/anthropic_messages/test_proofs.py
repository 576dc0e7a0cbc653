"""Who made a signature."""

from __future__ import annotations

import pytest

from cliproxy.conversation.request import Opaque
from cliproxy.dialects.anthropic_messages.proofs import read_signature


@pytest.mark.parametrize(
    ("value", "proof"),
    [
        ("EqQBCg==", Opaque("anthropic_messages", "EqQBCg==")),
        ("gAAAAABo", Opaque("openai_responses", "gAAAAABo")),
        ("openai_responses#gAAAAABo", Opaque("openai_responses", "gAAAAABo")),
        ("gemini.call#Eq", Opaque("gemini", "Eq", "call")),
    ],
)
def test_the_maker_is_known_by_the_tag_or_else_by_the_look(value: str, proof: Opaque) -> None:
    """Other gateways hand out untagged ones; Anthropic refuses what it did not sign."""
    assert read_signature(value) == proof
