"""Proofs in other vendors' fields."""

from __future__ import annotations

import pytest

from cliproxy.conversation.proof import read, without_proofs, written
from cliproxy.conversation.request import Conversation, Message, Opaque, Part, Reasoning, Role, Text, ToolCall


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


@pytest.mark.parametrize("on", ["text", "call"])
def test_a_proof_keeps_what_it_hangs_on(on: str) -> None:
    """Google signs what was said and called; the proof must come back to the same place."""
    away = written(Opaque("gemini", "Ab=", on), "anthropic_messages")

    assert read(away, "anthropic_messages") == Opaque("gemini", "Ab=", on)


def test_of_proofs_that_a_client_joined_the_first_counts() -> None:
    """Qwen's client makes one thought of neighbours, and one string of their proofs."""
    away = written(Opaque("gemini", "Ab=", "call"), "anthropic_messages")

    assert read(away + away, "anthropic_messages") == Opaque("gemini", "Ab=", "call")


def test_without_proofs_words_and_calls_stay() -> None:
    proof = Opaque("gemini", "Ab=")
    parts: tuple[Part, ...] = (
        Reasoning("Let me see.", proof),
        Reasoning("", proof, redacted=True),
        Text("Paris", proof=proof),
        ToolCall("c1", "look", "{}", proof),
    )
    conversation = Conversation("gemini", "m", messages=(Message(Role.ASSISTANT, parts),))

    (message,) = without_proofs(conversation).messages

    assert message.parts == (Reasoning("Let me see."), Text("Paris"), ToolCall("c1", "look", "{}"))
