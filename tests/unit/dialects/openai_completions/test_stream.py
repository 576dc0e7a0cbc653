"""Legacy Completions streams and whole replies, read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import ReplyError, StreamEvent
from cliproxy.conversation.reply import FinishReason, Reply, Usage
from cliproxy.conversation.request import Text
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.openai_completions.stream import StreamDecoder, decode_reply, sight
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Frame
from tests.unit.dialects.translating import Body

DONE = "[DONE]"


def chunk(text: str | None = None, finish: str | None = None, *, index: int = 0, **fields: Any) -> Body:
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish} | fields
    return {"id": "c1", "object": "text_completion", "model": "m", "choices": [choice]}


def frame(payload: Body | str) -> Frame:
    return Frame("", (payload if isinstance(payload, str) else json.dumps(payload)).encode())


def events_of(*payloads: Body | str) -> list[StreamEvent]:
    decoder = StreamDecoder()
    events = [event for payload in payloads for event in decoder.feed(frame(payload))] + decoder.close()
    assert list(event_violations(events)) == []
    return events


def reply_of(*payloads: Body | str) -> Reply:
    assembler = Assembler()
    for event in events_of(*payloads):
        assembler.feed(event)
    assert assembler.error is None, assembler.error
    return assembler.reply


def test_a_stream_is_read() -> None:
    usage = {"id": "c1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    reply = reply_of(chunk("a"), chunk("b"), chunk("", "length"), usage, DONE, chunk("c"))

    assert (reply.id, reply.model, reply.parts) == ("c1", "m", (Text("ab"),))
    assert (reply.finish.reason, reply.usage) == (FinishReason.LENGTH, Usage(3, output_tokens=2))


def test_every_choice_is_a_candidate() -> None:
    reply = reply_of(chunk("a"), chunk("b", index=1), chunk("", "stop", index=1), chunk("A", "length"), DONE)

    assert (reply.parts, reply.finish.reason) == ((Text("aA"),), FinishReason.LENGTH)
    assert [(other.parts, other.finish.reason) for other in reply.others] == [((Text("b"),), FinishReason.STOP)]


def test_logprobs_hang_on_the_text() -> None:
    told = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": None}
    (text,) = reply_of(chunk("a", "stop", logprobs=told), DONE).parts

    assert text == Text("a", logprobs=(Logprob("a", -0.5),))


def test_a_whole_reply_is_a_short_stream() -> None:
    """Servers give their objects and reasons names of their own."""
    body = chunk("a", "eos") | {"object": "text.completion", "prompt": []}
    events = decode_reply(json.dumps(body).encode())

    assert list(event_violations(events)) == []
    assert not isinstance(events[-1], ReplyError)


@pytest.mark.parametrize("body", [b'{"error":{"message":"no"}}', b"<html>", b'{"choices":[]}', b""])
def test_a_body_that_is_no_reply_is_an_error(body: bytes) -> None:
    (error,) = decode_reply(body)

    assert isinstance(error, ReplyError)


@pytest.mark.parametrize("payloads", [[], [chunk("a")], [chunk("a"), {"error": {"message": "no"}}, chunk("b")]])
def test_a_stream_that_broke_off_is_an_error(payloads: list[Body]) -> None:
    assert isinstance(events_of(*payloads)[-1], ReplyError)


@pytest.mark.parametrize("data", ["", "[]", "null", '{"choices":3}'])
def test_frames_that_say_nothing_are_passed_over(data: str) -> None:
    assert reply_of(chunk("a"), data, chunk("", "stop")).parts == (Text("a"),)


def test_a_relay_sees_content_end_usage_and_errors() -> None:
    seen = [
        sight(frame(payload))
        for payload in (
            chunk("a"),
            chunk("", "stop"),
            {"choices": [], "usage": {"prompt_tokens": 3}},
            {"error": "no"},
            DONE,
            "?",
        )
    ]

    assert [(s.content, s.end, s.usage is not None, s.error is not None) if s else None for s in seen] == [
        (True, False, False, False),
        (True, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
        (False, True, False, False),
        None,
    ]


def test_an_error_that_is_no_characters_is_told() -> None:
    (error,) = decode_reply(b'{"error":{"message":"no \xff"}}')

    assert error == ReplyError("no \ufffd")
