"""Reply objects as they lie on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import ReplyEnd, ReplyError, ReplyStart, StreamEvent, ToolCallDelta, UsageUpdate
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Text, ToolCall
from cliproxy.dialects.base import Sighting
from cliproxy.dialects.gemini.stream import StreamDecoder, decode_reply, framing, sight
from cliproxy.wire.frames import Frame, Framing

Body = dict[str, Any]
HELLO: Body = {"candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}}], "responseId": "r"}
STOP: Body = {"candidates": [{"finishReason": "STOP"}], "responseId": "r"}


def heard(*chunks: Any) -> list[StreamEvent]:
    decoder = StreamDecoder()
    frames = [Frame("", one if isinstance(one, bytes) else json.dumps(one).encode()) for one in chunks]
    return [event for frame in frames for event in decoder.feed(frame)] + decoder.close()


def test_a_stream_that_closes_after_a_finish_reason_is_complete() -> None:
    """There is no end mark."""
    assert heard(HELLO, STOP)[-1] == ReplyEnd(Finish(FinishReason.STOP, "STOP"))


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ((), "the upstream ended its stream without a reply"),
        (({},), "the upstream ended its stream without a reply"),
        ((HELLO,), "the upstream's stream broke off"),
    ],
)
def test_a_stream_without_one_broke_off(chunks: tuple[Body, ...], message: str) -> None:
    assert heard(*chunks)[-1] == ReplyError(message)


def test_a_blocked_prompt_is_a_filtered_reply() -> None:
    """It has no candidates at all."""
    body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}}

    assert heard(body)[-1] == ReplyEnd(Finish(FinishReason.FILTERED, "PROHIBITED_CONTENT"))
    assert decode_reply(json.dumps(body).encode())[-1] == ReplyEnd(Finish(FinishReason.FILTERED, "PROHIBITED_CONTENT"))


def test_a_start_tells_who_answers() -> None:
    first = HELLO | {"modelVersion": "gemini-x", "usageMetadata": {"serviceTier": "standard"}}

    assert heard(first, STOP)[0] == ReplyStart("r", "gemini-x", "default")


def test_the_last_report_with_a_total_counts() -> None:
    """Reports may say nothing but the kind of traffic, and thoughts may be all there is."""
    events = heard(
        HELLO | {"usageMetadata": {"trafficType": "ON_DEMAND"}},
        HELLO | {"usageMetadata": {"promptTokenCount": 5}},
        STOP
        | {
            "usageMetadata": {
                "promptTokenCount": 10, "toolUsePromptTokenCount": 4, "cachedContentTokenCount": 3,
                "thoughtsTokenCount": 42, "totalTokenCount": 56,
            }
        },
        {"usageMetadata": {"trafficType": "ON_DEMAND"}},
        {"usageMetadata": {"promptTokenCount": 1}},
    )  # fmt: skip

    assert [event.usage for event in events if isinstance(event, UsageUpdate)] == [
        Usage(input_tokens=5),
        Usage(input_tokens=14, cached_tokens=3, output_tokens=42, reasoning_tokens=42),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
        [{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}],
    ],
)
def test_an_error_comes_as_an_object_or_in_an_array(body: Any) -> None:
    error = ReplyError("overloaded", "UNAVAILABLE", 503)
    data = json.dumps(body).encode()

    assert heard(HELLO, body, STOP)[-1] == error
    assert decode_reply(data) == [error]
    assert sight(Frame("", data)) == Sighting(error=error)


def test_either_spelling_is_read() -> None:
    """Google writes one; others that speak its dialect have been seen with the other."""
    chunk = {
        "candidates": [{"content": {"parts": [{"function_call": {"name": "f", "args": {"some_name": 1}}}]},
                        "finish_reason": "STOP"}],
        "usage_metadata": {"prompt_token_count": 3, "total_token_count": 4}, "model_version": "m",
    }  # fmt: skip
    assembler = Assembler()
    for event in heard(chunk):
        assembler.feed(event)

    assert assembler.reply.parts == (ToolCall("", "f", '{"some_name":1}'),) or assembler.reply.parts == (
        ToolCall("", "f", '{"some_name": 1}'),
    )
    assert (assembler.reply.model, assembler.reply.usage.input_tokens) == ("m", 3)
    assert assembler.reply.finish.reason is FinishReason.TOOL_CALL
    sighting = sight(Frame("", json.dumps(chunk).encode()))
    assert sighting is not None
    assert (sighting.end, sighting.usage) == (True, Usage(input_tokens=3))


def test_a_frame_may_hold_an_array() -> None:
    assembler = Assembler()
    for event in heard([HELLO, HELLO, STOP]):
        assembler.feed(event)

    assert assembler.reply.parts == (Text("HelloHello"),)


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"{", b"[1]", b"5", b'{"candidates":5}', b"\xff", b"[" * 5000])
def test_what_is_no_reply_is_passed_over(data: bytes) -> None:
    """Nothing an upstream sends brings the decoder down."""
    assert isinstance(heard(HELLO, data, STOP)[-1], ReplyEnd)
    assert isinstance(decode_reply(data)[-1], ReplyError)
    assert sight(Frame("", data)) in (None, Sighting())


def test_bytes_that_are_no_characters_do_not_cost_the_reply() -> None:
    data = json.dumps(HELLO).encode().replace(b"Hello", b"H\xffllo")

    assert isinstance(heard(data, STOP)[-1], ReplyEnd)
    assert len(heard(data, STOP)) == len(heard(HELLO, STOP))


def test_arguments_that_are_no_characters_are_ones_that_clients_can_read() -> None:
    call = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": "X"}}}]}}]}
    events = heard(json.dumps(call).encode().replace(b"X", b"\xff"), STOP)

    assert ToolCallDelta(0, '{"a": "\ufffd"}') in events


def test_numbers_of_tokens_that_cannot_be_are_mended() -> None:
    usage = {"promptTokenCount": -5, "candidatesTokenCount": 10**30, "totalTokenCount": 1}

    assert UsageUpdate(Usage(0, 0, 0, 2**53 - 1)) in heard(HELLO | {"usageMetadata": usage}, STOP)


def test_a_whole_reply_needs_no_finish_reason() -> None:
    """It is all there."""
    assert decode_reply(json.dumps(HELLO).encode())[-1] == ReplyEnd(Finish(FinishReason.STOP))


@pytest.mark.parametrize(
    ("body", "sighting"),
    [
        (HELLO, Sighting(content=True)),
        (STOP, Sighting(content=True, end=True)),
        ({"candidates": [{"content": {"role": "model"}}]}, Sighting()),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, Sighting(content=True, end=True)),
        ({"usageMetadata": {"trafficType": "ON_DEMAND"}}, Sighting()),
        ({"usageMetadata": {"candidatesTokenCount": 4}}, Sighting(usage=Usage(output_tokens=4))),
        ({"totalTokens": 5}, Sighting(content=True, end=True)),
        (
            HELLO | {"usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}},
            Sighting(content=True, usage=Usage(input_tokens=3)),
        ),
    ],
)
def test_a_relay_sees_content_usage_and_end(body: Body, sighting: Sighting) -> None:
    assert sight(Frame("", json.dumps(body).encode())) == sighting


def test_a_stream_that_is_json_is_an_array() -> None:
    assert framing("text/event-stream", True) is Framing.EVENT_STREAM
    assert framing("application/json", True) is Framing.JSON_ARRAY
    assert framing("application/json", False) is Framing.WHOLE
    assert framing("text/html", True) is None
