"""Messages streams, written from what chat upstreams send."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.conversation.events import (
    CandidateEnd,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    TextDelta,
    TextLogprobs,
    TextStart,
)
from cliproxy.conversation.request import Inline, Media, MediaKind, Opaque
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.testing.grammar import violations
from tests.unit.dialects.anthropic_messages import home
from tests.unit.dialects.translating import CONTEXT, Body, payloads_of, streamed, whole

DONE = "[DONE]"


def chunk(delta: Body, finish: str | None = None, **fields: Any) -> Body:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]} | fields


def fragment(index: int, arguments: str = "", **fields: Any) -> Body:
    name = {"name": fields.pop("name")} if "name" in fields else {}
    return chunk({"tool_calls": [{"index": index, "function": name | {"arguments": arguments}} | fields]})


def written(*payloads: Any, context: Any = CONTEXT) -> list[Body]:
    frames = streamed(CHAT, MESSAGES, list(payloads), context)
    assert violations("anthropic_messages", frames) == []
    return payloads_of(frames)


def blocks(events: list[Body]) -> list[tuple[str, str]]:
    """Return the blocks, each with what its deltas add up to."""
    found: list[tuple[str, str]] = []
    for event in events:
        if event["type"] == "content_block_start":
            block = event["content_block"]
            found.append((block.get("id", block["type"]), ""))
        elif event["type"] == "content_block_delta":
            words = "".join(str(value) for key, value in event["delta"].items() if key != "type")
            found[-1] = (found[-1][0], found[-1][1] + words)
    return found


def test_calls_that_share_one_index_are_told_apart_by_id() -> None:
    """OpenRouter gives all of Gemini's parallel calls the index 0."""
    events = written(
        fragment(0, "{}", id="a", name="f"), fragment(0, '{"x":1}', id="b", name="f"), chunk({}, "stop"), DONE
    )

    assert blocks(events) == [("a", "{}"), ("b", '{"x":1}')]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


def test_interleaved_calls_come_one_after_another() -> None:
    events = written(
        fragment(0, '{"a"', id="a", name="f"), fragment(1, '{"b"', id="b", name="f"),
        fragment(0, ":1}"), fragment(1, ":2}"),
        chunk({}, "tool_calls"), DONE,
    )  # fmt: skip

    assert blocks(events) == [("a", '{"a":1}'), ("b", '{"b":2}')]


def test_a_call_that_is_complete_does_not_hold_up_the_next() -> None:
    """The client sees the second call while it is written."""
    frames = streamed(CHAT, MESSAGES, [fragment(0, "{}", id="a", name="f"), fragment(1, '{"b', id="b", name="f")])
    opened = [event["content_block"]["id"] for event in payloads_of(frames) if event["type"] == "content_block_start"]

    assert opened == ["a", "b"]


def test_id_and_name_may_come_late_empty_or_again() -> None:
    events = written(
        fragment(0, '{"a"', name="", id=""), fragment(0, ":", id="a"), fragment(0, "", id="a", name="f"),
        fragment(0, "1}", id="a", name="f"), chunk({}, "tool_calls"), DONE,
    )  # fmt: skip

    assert blocks(events) == [("a", '{"a":1}')]


def test_text_after_a_call_is_a_block_of_its_own() -> None:
    events = written(fragment(0, "{}", id="a", name="f"), chunk({"content": "x"}), chunk({}, "stop"), DONE)

    assert blocks(events) == [("a", "{}"), ("text", "x")]


def test_thoughts_after_words_are_new_thoughts() -> None:
    events = written(
        chunk({"reasoning": "a"}), chunk({"content": "b"}), chunk({"reasoning_content": "c"}), chunk({}, "stop"), DONE
    )

    assert blocks(events) == [("thinking", "a"), ("text", "b"), ("thinking", "c")]


@pytest.mark.parametrize("place", ["with finish", "after finish", "in the choice"])
def test_usage_is_in_the_one_message_delta_wherever_it_came(place: str) -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    last = chunk({}, "stop")
    if place == "with finish":
        last["usage"] = usage
    elif place == "in the choice":
        last["choices"][0]["usage"] = usage
    late = [{"id": "c", "choices": [], "usage": usage}] if place == "after finish" else []
    events = written(chunk({"content": "x"}), last, *late, DONE)

    assert events[-2]["usage"] == {"input_tokens": 6, "output_tokens": 5, "cache_read_input_tokens": 4}


def test_reasoning_beside_the_completion_is_counted_into_it() -> None:
    """Where the total says so, as xAI's does."""
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 18,
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    events = written(chunk({"content": "x"}, "stop", usage=usage), DONE)

    assert events[-2]["usage"]["output_tokens"] == 8
    assert events[-2]["usage"]["output_tokens_details"] == {"thinking_tokens": 3}


def test_the_reply_ends_with_done_though_the_connection_stays_open() -> None:
    """A client that closes at the end must not wait for the upstream to do so."""
    assert MESSAGES.codec is not None
    assert CHAT.codec is not None
    frames = streamed(CHAT, MESSAGES, [chunk({"content": "x"}, "stop"), DONE, chunk({"content": "late"})])

    assert payloads_of(frames)[-1] == {"type": "message_stop"}


def test_a_stream_that_breaks_off_ends_in_an_error() -> None:
    """A broken upstream must not look like a finished one: agents run half a call."""
    events = written(fragment(0, '{"a', id="a", name="f"))

    assert events[-1]["type"] == "error"


def test_an_error_inside_a_stream_ends_it() -> None:
    events = written(
        chunk({"content": "x"}), {"error": {"message": "no", "code": 429}, "choices": []}, chunk({}, "stop")
    )

    assert events[-1] == {"type": "error", "error": {"type": "rate_limit_error", "message": "no"}}


def test_a_refusal_is_a_refusal() -> None:
    events = written(chunk({"refusal": "I won't"}), chunk({}, "stop"), DONE)

    assert blocks(events) == [("text", "I won't")]
    assert events[-2]["delta"]["stop_reason"] == "refusal"


def test_ids_fit_the_grammar_and_are_never_the_same() -> None:
    events = written(
        fragment(0, "{}", id="f.a:0", name="f"), fragment(1, "{}", id="f:a.0", name="f"), fragment(2, "{}", name="f"),
        chunk({}, "stop"), DONE,
    )  # fmt: skip

    assert [id_ for id_, _ in blocks(events)] == ["f_a_0", "f_a_0_1", "toolu_exchange1_2"]


def test_a_whole_reply_keeps_a_call_that_was_cut() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"a":1,"b":"cu'}}
    body = whole(CHAT, MESSAGES, {"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "length"}]})

    assert body["content"] == [{"type": "tool_use", "id": "a", "name": "f", "input": {"a": 1}}]
    assert body["stop_reason"] == "max_tokens"


def test_a_signature_stands_right_before_the_stop() -> None:
    """Wherever the upstream told it; clients take no words after it."""
    proof = Opaque("anthropic_messages", "s")
    events = home.streamed(
        ReasoningStart(0), PartProof(0, proof), ReasoningDelta(0, "hm"), PartEnd(0), TextStart(1), PartEnd(1)
    )

    assert [event.get("delta", {}).get("type") for event in events] == [None, "thinking_delta", "signature_delta", None]


def test_a_text_without_words_is_no_block_and_its_proof_still_travels() -> None:
    """The API refuses empty texts when they come back."""
    proof = Opaque("gemini", "s", "text")
    events = home.streamed(TextStart(0), PartProof(0, proof), PartEnd(0), TextStart(1), PartEnd(1))

    assert [event["content_block"]["type"] for event in events if "content_block" in event] == ["thinking"]
    assert events[1]["delta"]["signature"] == "gemini.text#s"


def test_redacted_thoughts_without_proof_are_nothing() -> None:
    assert home.streamed(ReasoningStart(0, redacted=True), PartEnd(0)) == []


def test_what_a_stream_cannot_tell_is_noted() -> None:
    within = home.context()
    picture = Media(MediaKind.IMAGE, Inline("iVBO"), "image/png")
    home.streamed(
        TextStart(0), TextDelta(0, "x"), TextLogprobs(0, (Logprob("x", -0.1),)), PartEnd(0), MediaPart(1, picture),
        TextStart(2, candidate=1), TextDelta(2, "y"), PartEnd(2), CandidateEnd(1, home.STOPPED),
        within=within,
    )  # fmt: skip

    assert [loss.field for loss in within.losses.found()] == ["reply: logprobs", "reply: image"]
