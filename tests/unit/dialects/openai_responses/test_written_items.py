"""Items while they are written: what the events say adds up to what the item is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import Losses
from cliproxy.dialects.openai_responses.written_items import Pen, WrittenCall, WrittenMessage, WrittenThought
from cliproxy.testing.recordings import frames_of


def told(*units: bytes) -> list[dict[str, Any]]:
    return [json.loads(frame.data) for frame in frames_of(units)]


def call(kind: str = "function_call") -> WrittenCall:
    body: dict[str, object] = {"id": "fc_1", "type": kind, "status": "in_progress", "call_id": "c", "name": "f"}
    return WrittenCall(Pen(), 3, body)


def test_events_are_numbered_whichever_way_they_are_written() -> None:
    item = call()
    events = told(item.begin(), *item.write("{"), *item.write("}"), *item.close(cut=False))

    assert [event["sequence_number"] for event in events] == [0, 1, 2, 3, 4]
    assert all(event["output_index"] == 3 for event in events)


@pytest.mark.parametrize(("kind", "field"), [("function_call", "arguments"), ("custom_tool_call", "input")])
def test_a_call_is_whole_in_the_end(kind: str, field: str) -> None:
    item = call(kind)
    *_, done, last = told(item.begin(), *item.write("a"), *item.write("b"), *item.close(cut=False))

    assert (done["type"], done[field]) == (f"response.{kind}_{field}.done", "ab")
    assert (last["item"]["status"], last["item"][field]) == ("completed", "ab")


@pytest.mark.parametrize("words", [[], ["{"]])
def test_of_a_call_that_was_cut_nothing_is_said_to_be_done(words: list[str]) -> None:
    item = call()
    events = told(item.begin(), *(unit for one in words for unit in item.write(one)), *item.close(cut=True))

    assert [event["type"].rpartition(".")[2] for event in events] == ["added", "delta", "done"]
    assert (events[-1]["item"]["status"], events[-1]["item"]["arguments"]) == ("incomplete", "".join(words))


def test_a_refusal_has_nothing_but_words() -> None:
    losses = Losses()
    item = WrittenMessage(Pen(), 0, "msg_1", losses)
    item.begin()
    events = told(
        item.begin_part(refusal=True), item.write("no"), *item.weigh((Logprob("no", -1.0),)), *item.end_part()
    )

    assert [event["type"] for event in events] == [
        "response.content_part.added",
        "response.refusal.delta",
        "response.refusal.done",
        "response.content_part.done",
    ]
    assert [loss.field for loss in losses.found()] == ["reply: logprobs"]


def test_thoughts_have_no_status() -> None:
    """The vendor gives them none."""
    item = WrittenThought(Pen(), 0, "rs_1")
    item.begin()
    item.write("a")
    last = told(*item.prove("e", wordless=True), *item.close(cut=True))[-1]["item"]

    assert last == {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "a"}],
        "encrypted_content": "e",
    }
