"""Proofs in other vendors' fields."""

from __future__ import annotations

from cliproxy.conversation.proof import read, written
from cliproxy.conversation.request import Opaque


def test_a_proof_stands_as_it_is_at_home() -> None:
    assert written(Opaque("a", "EqQB=="), "a") == "EqQB=="
    assert read("EqQB==", "a") == Opaque("a", "EqQB==")


def test_a_proof_finds_home_from_another_dialect() -> None:
    """The client brings it back in a later turn, perhaps after another model."""
    away = written(Opaque("anthropic_messages", "EqQB=="), "openai_chat")

    assert "EqQB==" in away
    assert read(away, "openai_chat") == Opaque("anthropic_messages", "EqQB==")


def test_a_proof_may_hold_the_mark_itself() -> None:
    proof = Opaque("openai_chat", '{"id":"a#b"}')

    assert read(written(proof, "openai_chat"), "openai_chat") == proof
    assert read(written(proof, "anthropic_messages"), "anthropic_messages") == proof
