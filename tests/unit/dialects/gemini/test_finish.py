"""Why candidates end."""

from __future__ import annotations

import pytest

from cliproxy.conversation.reply import Finish, FinishReason
from cliproxy.dialects.gemini.finish import finish_of, finish_word


@pytest.mark.parametrize(
    ("said", "called", "reason"),
    [
        ("STOP", False, FinishReason.STOP),
        ("STOP", True, FinishReason.TOOL_CALL),
        (None, True, FinishReason.TOOL_CALL),
        (None, False, FinishReason.STOP),
        ("MAX_TOKENS", True, FinishReason.LENGTH),
        ("PROHIBITED_CONTENT", False, FinishReason.FILTERED),
        ("UNEXPECTED_TOOL_CALL", False, FinishReason.OTHER),
        ("SOMETHING_NEW", False, FinishReason.OTHER),
        (1, False, FinishReason.STOP),
        (2, False, FinishReason.LENGTH),
        (3, False, FinishReason.FILTERED),
        (99, False, FinishReason.OTHER),
        (-1, False, FinishReason.OTHER),
    ],
)
def test_words_numbers_and_calls_say_why(said: str | int | None, called: bool, reason: FinishReason) -> None:
    """There is no reason of its own for calls, and some hosts write enums as integers."""
    assert finish_of(said, called=called).reason is reason


@pytest.mark.parametrize(
    ("finish", "word"),
    [
        (Finish(FinishReason.STOP, "end_turn"), "STOP"),
        (Finish(FinishReason.TOOL_CALL, "tool_calls"), "STOP"),
        (Finish(FinishReason.STOP_SEQUENCE), "STOP"),
        (Finish(FinishReason.PAUSED, "pause_turn"), "STOP"),
        (Finish(FinishReason.CONTEXT_FULL), "MAX_TOKENS"),
        (Finish(FinishReason.FILTERED, "content_filter"), "SAFETY"),
        (Finish(FinishReason.FILTERED, "SPII"), "SPII"),
        (Finish(FinishReason.OTHER, "weird"), "OTHER"),
        (Finish(FinishReason.OTHER, "SOMETHING_NEW"), "SOMETHING_NEW"),
    ],
)
def test_a_reason_is_written_in_its_own_word_where_it_has_one(finish: Finish, word: str) -> None:
    assert finish_word(finish) == word
