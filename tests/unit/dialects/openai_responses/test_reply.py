"""What replies and streams share."""

from __future__ import annotations

import pytest

from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.dialects.base import ReplyContext, RequestHead
from cliproxy.dialects.openai_responses import reply_schema as schema
from cliproxy.dialects.openai_responses.reply import finish_of, frame_of, reason_of, usage_object, usage_of

CONTEXT = ReplyContext(RequestHead("asked"), None, "x1", 1_700_000_000.0)


def test_usage_is_read_and_written_with_its_details() -> None:
    told = schema.Usage(10, 5, schema.InputDetails(4, 2), schema.OutputDetails(3))

    assert usage_of(told) == Usage(10, 4, 2, 5, 3)
    assert usage_object(Usage(10, 4, 2, 5, 3)) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 15,
    }


def test_missing_numbers_are_nothing() -> None:
    assert usage_of(schema.Usage()) == Usage()
    assert usage_of(schema.Usage(-1, -2)) == Usage()
    assert usage_object(Usage())["output_tokens_details"] == {"reasoning_tokens": 0}


@pytest.mark.parametrize(
    ("status", "reason", "called", "finish"),
    [
        ("completed", None, False, FinishReason.STOP),
        ("completed", None, True, FinishReason.TOOL_CALL),
        (None, None, False, FinishReason.STOP),
        ("incomplete", "max_output_tokens", True, FinishReason.LENGTH),
        ("incomplete", "content_filter", False, FinishReason.FILTERED),
        ("incomplete", "max_messages", False, FinishReason.OTHER),
        ("incomplete", None, False, FinishReason.OTHER),
    ],
)
def test_why_it_ended(status: str | None, reason: str | None, called: bool, finish: FinishReason) -> None:
    """A call that was cut stays cut."""
    details = schema.IncompleteDetails(reason) if reason else None

    assert finish_of(schema.Response(status=status, incomplete_details=details), called=called).reason is finish


@pytest.mark.parametrize("reason", list(FinishReason))
def test_only_what_was_cut_or_withheld_has_a_reason(reason: FinishReason) -> None:
    told = reason_of(Finish(reason))

    assert (told is not None) is (reason in (FinishReason.LENGTH, FinishReason.CONTEXT_FULL, FinishReason.FILTERED))


def test_what_sdks_read_is_there_though_nobody_asked() -> None:
    frame = frame_of("", "", CONTEXT)

    assert frame["id"] == "resp_x1"
    assert (frame["model"], frame["tools"], frame["tool_choice"]) == ("asked", [], "auto")


@pytest.mark.parametrize("body", [b"", b"[]", b"<"])
def test_a_body_that_cannot_be_repeated_is_not(body: bytes) -> None:
    context = ReplyContext(RequestHead("asked"), None, "x1", 0.0, body=body)

    assert frame_of("r", "flex", context)["service_tier"] == "flex"
