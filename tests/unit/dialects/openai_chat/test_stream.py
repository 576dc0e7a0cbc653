"""Streams and whole replies of the many who speak this dialect: each oddity that was seen in the wild."""

from __future__ import annotations

import json

import pytest

from cliproxy.conversation.events import ReplyError, ReplyStart
from cliproxy.conversation.reply import FinishReason, Usage
from cliproxy.conversation.request import Text, ToolCall
from cliproxy.conversation.words import Citation
from cliproxy.dialects.base import Sighting
from cliproxy.dialects.openai_chat.stream import StreamDecoder, decode_reply, sight
from cliproxy.wire.frames import Frame
from tests.unit.dialects.openai_chat.chunks import DONE, added_up, call, chunk, events_of, reply_of, whole_reply
from tests.unit.dialects.translating import Body

TEXT = chunk({"content": "x"})
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
COUNTED = Usage(input_tokens=3, output_tokens=2)


def frame(payload: Body | str) -> Frame:
    return Frame("", (payload if isinstance(payload, str) else json.dumps(payload)).encode())


PAGES: Body = {"citations": ["https://a"], "search_results": [{"url": "https://a", "title": "A"}]}
ADDRESS = {"type": "url_citation", "url_citation": {"url": "https://a", "start_index": 0, "end_index": 1}}


def test_pages_that_were_found_are_cited_once_though_every_chunk_tells_of_them() -> None:
    """Perplexity does so; the last chunk of xAI alone tells."""
    told = [chunk({"content": "x"}, **PAGES), chunk({"content": "y"}, "stop", **PAGES)]
    last = [chunk({"content": "xy"}, citations=[]), chunk(finish="stop", citations=["https://a"]), chunk(citations=[])]

    assert reply_of(*told, DONE).parts == (Text("xy", citations=(Citation("https://a", "A"),)),)
    assert reply_of(*last).parts == (Text("xy", citations=(Citation("https://a"),)),)
    assert whole_reply({"content": "xy"}, **PAGES).parts == (Text("xy", citations=(Citation("https://a", "A"),)),)


def test_a_whole_reply_is_what_its_message_says_and_a_stream_what_its_deltas_say() -> None:
    """Perplexity writes both into every choice: beside deltas all that was said, beside a message an empty delta."""
    whole = {"index": 0, "message": {"content": "xy"}, "delta": {"content": ""}, "finish_reason": "stop"}
    said = [("x", "x", None), ("y", "xy", "stop")]
    streamed = [
        {"index": 0, "delta": {"content": new}, "message": {"content": all_}, "finish_reason": finish}
        for new, all_, finish in said
    ]

    events = decode_reply(json.dumps({"id": "c1", "choices": [whole]}).encode())
    assert added_up(events).parts == (Text("xy"),)
    assert reply_of(*({"id": "c1", "choices": [one]} for one in streamed), DONE).parts == (Text("xy"),)


def test_pages_that_annotations_cite_are_not_cited_again() -> None:
    [part] = whole_reply({"content": "xy", "annotations": [ADDRESS]}, **PAGES).parts

    assert isinstance(part, Text)
    assert [(citation.url, citation.start) for citation in part.citations] == [("https://a", 0)]


def test_where_nothing_was_said_no_page_is_cited() -> None:
    [part] = reply_of(chunk(call(id="a", name="f", arguments="{}"), **PAGES), chunk(finish="stop")).parts

    assert isinstance(part, ToolCall)


def test_words_after_the_finish_are_kept_and_a_second_finish_is_not() -> None:
    reply = reply_of(chunk({"content": "x"}, "stop"), chunk({"content": "y"}), chunk(finish="length"), DONE)

    assert reply.parts == (Text("xy"),)
    assert reply.finish.reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("sensitive", FinishReason.FILTERED),
        ("tool_calls", FinishReason.STOP),
        ("brand_new", FinishReason.OTHER),
        (None, FinishReason.STOP),
    ],
)
def test_reasons_are_read_by_their_meaning(word: str | None, reason: FinishReason) -> None:
    """A whole body may have none; calls cannot be the reason where there are none."""
    assert whole_reply({"content": "x"}, word).finish.reason is reason


@pytest.mark.parametrize(
    ("word", "reason"),
    [("stop", FinishReason.TOOL_CALL), ("tool_call", FinishReason.TOOL_CALL), ("length", FinishReason.LENGTH)],
)
def test_a_call_is_the_reason_unless_a_limit_is(word: str, reason: FinishReason) -> None:
    delta = chunk(call(id="a", name="f", arguments="{}"))

    assert reply_of(delta, chunk(finish=word), DONE).finish.reason is reason


@pytest.mark.parametrize(
    "payloads",
    [
        [TEXT, chunk(finish="stop", usage=USAGE)],
        [TEXT, chunk(finish="stop"), chunk(usage=USAGE)],
        [TEXT | {"usage": {**USAGE, "completion_tokens": 1}}, chunk(finish="stop", usage=USAGE)],
        [TEXT, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]}],
        [TEXT, chunk(finish="stop"), {"id": "c1", "usage": USAGE}],
    ],
    ids=["finish chunk", "empty choices", "every chunk", "in the choice", "no choices at all"],
)
def test_usage_is_found_wherever_it_stands(payloads: list[Body]) -> None:
    """The last counts: Perplexity and Groq count in every chunk, Moonshot within the choice."""
    assert reply_of(*payloads, DONE).usage == COUNTED


def test_a_stream_may_never_tell_usage() -> None:
    assert reply_of(TEXT, chunk(finish="stop"), DONE).usage == Usage()


def test_what_a_filter_thinks_of_the_prompt_is_no_beginning() -> None:
    """Azure and Copilot open with it."""
    opening = {"id": "", "choices": [], "model": "", "prompt_filter_results": [{"prompt_index": 0}]}

    assert events_of(opening, TEXT, chunk(finish="stop"), DONE)[0] == ReplyStart("c1", "m")


def test_done_may_be_left_out_and_nothing_after_it_counts() -> None:
    """Perplexity, Cerebras."""
    assert reply_of(TEXT, chunk(finish="stop")).parts == (Text("x"),)
    assert reply_of(TEXT, chunk(finish="stop"), DONE, TEXT).parts == (Text("x"),)


def test_a_stream_that_ends_without_a_reason_broke_off() -> None:
    assert isinstance(events_of(TEXT)[-1], ReplyError)
    assert isinstance(events_of()[-1], ReplyError)


@pytest.mark.parametrize(
    ("event", "payload", "message"),
    [
        ("error", {"error": {"message": "no", "failed_generation": "x"}}, "no"),
        ("", {"error": {"message": "no", "code": 502}, "id": "c1", "choices": []}, "no"),
        ("", {"error": "no"}, "no"),
        ("", {"error": {"message": "no"}, "detail": {"message": "no", "code": None}}, "no"),
    ],
    ids=["Groq", "OpenRouter", "bare string", "OpenAI audio"],
)
def test_an_error_within_a_stream_ends_it(event: str, payload: Body, message: str) -> None:
    decoder = StreamDecoder()
    decoder.feed(frame(TEXT))
    (error,) = decoder.feed(Frame(event, json.dumps(payload).encode()))
    sighting = sight(Frame(event, json.dumps(payload).encode()))

    assert isinstance(error, ReplyError)
    assert error.message == message
    assert decoder.close() == []
    assert sighting is not None
    assert sighting.error == error


@pytest.mark.parametrize("error", [None, {}, "", False])
def test_an_error_that_is_none_is_no_error(error: object) -> None:
    assert reply_of(TEXT | {"error": error}, chunk(finish="stop")).parts == (Text("x"),)


@pytest.mark.parametrize(
    "body",
    [b'{"error":{"message":"no"}}', b'{"detail":"no"}', b"<html>", b"[]", b'{"choices":[]}', b""],
    ids=["error under 200", "FastAPI", "a page", "a list", "no choices", "nothing"],
)
def test_a_body_that_is_no_reply_is_an_error(body: bytes) -> None:
    (error,) = decode_reply(body)

    assert isinstance(error, ReplyError)


@pytest.mark.parametrize("data", ["", "nothing", "[]", "null", '{"choices":3}'])
def test_frames_that_say_nothing_are_passed_over(data: str) -> None:
    assert reply_of(TEXT, data, chunk(finish="stop"), DONE).parts == (Text("x"),)


def test_a_lone_half_of_a_character_does_not_lose_the_chunk() -> None:
    half = '{"id":"c1","choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}'

    assert reply_of(half, chunk(finish="stop")).parts == (Text("\ufffd"),)


def test_a_stream_may_hold_messages_in_place_of_deltas_and_no_role() -> None:
    message = {"id": "c1", "choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}]}

    assert reply_of(message, DONE).parts == (Text("x"),)


def test_a_message_without_content_is_empty() -> None:
    """Copilot leaves it out beside calls."""
    assert whole_reply({"role": "assistant"}).parts == ()


def test_every_choice_is_a_candidate() -> None:
    """Each says why it ended; usage is told once."""
    reply = reply_of(
        chunk({"content": "a"}),
        chunk({"content": "b"}, index=1),
        chunk({"content": "A"}),
        chunk(finish="length", index=1),
        chunk(finish="stop"),
        chunk(usage=USAGE),
        DONE,
    )

    assert (reply.parts, reply.finish.reason, reply.usage) == ((Text("aA"),), FinishReason.STOP, COUNTED)
    assert [(other.parts, other.finish.reason) for other in reply.others] == [((Text("b"),), FinishReason.LENGTH)]


def test_the_tier_is_told_with_the_beginning() -> None:
    assert reply_of(TEXT | {"service_tier": "flex"}, chunk(finish="stop")).service_tier == "flex"
    assert reply_of(TEXT | {"service_tier": None}, chunk(finish="stop")).service_tier == ""


@pytest.mark.parametrize(
    "delta", [{"content": "x"}, {"refusal": "x"}, {"reasoning": "x"}, {"audio": {"data": "AA=="}}, {"images": [{}]}]
)
def test_content_of_every_kind_is_sighted(delta: Body) -> None:
    sighting = sight(frame(chunk(delta)))

    assert sighting is not None
    assert sighting.content


def test_a_role_alone_is_no_content() -> None:
    sighting = sight(frame(chunk({"role": "assistant", "content": "", "reasoning_content": None, "audio": None})))

    assert sighting is not None
    assert not sighting.content


def test_values_that_are_no_characters_do_not_cost_the_reply() -> None:
    """Of values left raw, bad bytes are seen late: here in the name of a detail's field."""
    detail = {"type": "reasoning.encrypted", "data": "AA", "X": "id"}
    body = {"choices": [{"message": {"content": "x", "reasoning_details": [detail]}, "finish_reason": "stop"}]}
    events = decode_reply(json.dumps(body).encode().replace(b"X", b"\xff"))

    assert not any(isinstance(event, ReplyError) for event in events)


def test_a_chunk_that_repeats_all_that_was_said_is_no_end() -> None:
    """Perplexity tells it beside the delta; a stream that breaks off then has not ended."""
    choice = {"index": 0, "finish_reason": None, "message": {"content": "Hello"}, "delta": {"content": "lo"}}
    whole = {"index": 0, "message": {"content": "Hello"}}

    assert sight(Frame("", json.dumps({"choices": [choice]}).encode())) == Sighting(content=True)
    assert sight(Frame("", json.dumps({"choices": [whole]}).encode())) == Sighting(content=True, end=True)
