"""Usage and reasons for an end, read and written."""

from __future__ import annotations

import msgspec
import pytest

from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.dialects.openai_chat import reply_schema
from cliproxy.dialects.openai_chat.reply import finish_word, usage_object, usage_of
from tests.unit.dialects.translating import Body


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({}, Usage()),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 1},
            },
            Usage(9, 5, 1, 4),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 4, "cached_tokens": 5}, Usage(9, 5, 0, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 5}, Usage(9, 5, 0, 4)),
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 3}},
            Usage(9, 0, 0, 4, 3),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 16,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(9, 0, 0, 7, 3),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 13,
                "completion_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(9, 0, 0, 6, 6),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 20}},
            Usage(29, 20, 0, 4),
        ),
        ({"prompt_tokens": -1, "completion_tokens": None}, Usage()),
    ],
    ids=[
        "none",
        "by the book",
        "Moonshot",
        "DeepSeek",
        "thoughts within",
        "xAI: thoughts beside",
        "more was thought than was said",
        "Azure: cached beside",
        "less than nothing",
    ],
)
def test_totals_include_their_parts(usage: Body, counted: Usage) -> None:
    assert usage_of(msgspec.convert(usage, reply_schema.Usage)) == counted


def test_usage_that_is_written_reads_back() -> None:
    usage = Usage(9, 5, 1, 4, 2)

    assert usage_of(msgspec.convert(usage_object(usage), reply_schema.Usage)) == usage


@pytest.mark.parametrize(
    ("reason", "called", "word"),
    [
        (FinishReason.STOP, False, "stop"),
        (FinishReason.STOP, True, "tool_calls"),
        (FinishReason.TOOL_CALL, True, "tool_calls"),
        (FinishReason.TOOL_CALL, False, "stop"),
        (FinishReason.LENGTH, True, "length"),
        (FinishReason.CONTEXT_FULL, False, "length"),
        (FinishReason.FILTERED, False, "content_filter"),
        (FinishReason.PAUSED, False, "stop"),
    ],
)
def test_a_call_outweighs_a_stop_and_cannot_be_claimed(reason: FinishReason, called: bool, word: str) -> None:
    """A client that reads `tool_calls` and finds none waits for ever."""
    assert finish_word(Finish(reason), called=called) == word
