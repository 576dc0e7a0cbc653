"""Generators: what they promise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.turns import settled
from cliproxy.testing.grammar.events import event_violations, usage_violations
from cliproxy.testing.strategies import Chunking, chunkings, conversations, event_sequences, untidy_conversations
from cliproxy.testing.strategies.abilities import ABILITIES


@given(cut=chunkings(), data=st.binary(max_size=300))
def test_chunks_are_not_empty_and_add_up(cut: Chunking, data: bytes) -> None:
    assert b"".join(cut(data)) == data
    assert all(cut(data))


@pytest.mark.parametrize("dialect", sorted(ABILITIES))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_conversations_are_settled(dialect: str, data: st.DataObject) -> None:
    """Every call has its result in the next turn, so that encoders have nothing to repair."""
    conversation = data.draw(conversations(dialect))

    assert settled(conversation.messages) == (list(conversation.messages), [])


def test_some_untidy_conversations_are_not() -> None:
    """Else the law of pairing would be about nothing."""

    @given(conversation=untidy_conversations("openai_chat"))
    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    def look(conversation: object) -> None:
        found.append(settled(conversation.messages) != (list(conversation.messages), []))  # type: ignore[attr-defined]

    found: list[bool] = []
    look()

    assert any(found)


@given(events=event_sequences())
@settings(max_examples=50, deadline=None)
def test_event_sequences_are_well_formed(events: list[StreamEvent]) -> None:
    assert event_violations(events) == []
    assert usage_violations(events) == []
