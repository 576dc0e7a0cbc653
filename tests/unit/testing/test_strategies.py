"""Generators: what they promise."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cliproxy.conversation.turns import settled
from cliproxy.testing.strategies import Chunking, chunkings, conversations


@given(cut=chunkings(), data=st.binary(max_size=300))
def test_chunks_are_not_empty_and_add_up(cut: Chunking, data: bytes) -> None:
    assert b"".join(cut(data)) == data
    assert all(cut(data))


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_conversations_are_settled(data: st.DataObject) -> None:
    """Every call has its result in the next turn, so that encoders have nothing to repair."""
    conversation = data.draw(conversations("openai_chat"))

    assert settled(conversation.messages) == (list(conversation.messages), [])
