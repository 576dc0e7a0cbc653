"""The checker of Responses streams and replies: it must see what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.testing.grammar import reply_violations, violations
from tests.unit.testing.grammar.framing import Body, encoded, named, unnamed

USAGE: Body = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 2,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 3,
}
BEGUN: Body = {"id": "r", "object": "response", "status": "in_progress", "output": []}
CREATED: Body = {"type": "response.created", "response": BEGUN}


def event(kind: str, index: int = 0, item: str = "i", **fields: Any) -> Body:
    return {"type": f"response.{kind}", "output_index": index, "item_id": item} | fields


def added(item: Body, index: int = 0) -> Body:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item: Body, index: int = 0) -> Body:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def terminal(*output: Body, status: str = "completed", **fields: Any) -> Body:
    response = BEGUN | {"status": status, "output": list(output), "usage": USAGE} | fields
    return {"type": f"response.{status}", "response": response}


PART: Body = {"type": "output_text", "text": "ab", "annotations": []}
MESSAGE: Body = {"id": "i", "type": "message", "role": "assistant", "status": "completed", "content": [PART]}
OPEN: Body = added(MESSAGE | {"status": "in_progress", "content": []})
PART_ADDED: Body = event("content_part.added", content_index=0, part=PART | {"text": ""})
DELTA: Body = event("output_text.delta", content_index=0, delta="ab", logprobs=[])
WRITTEN: Body = event("output_text.done", content_index=0, text="ab", logprobs=[])
PART_DONE: Body = event("content_part.done", content_index=0, part=PART)
SAYS: tuple[Body, ...] = (OPEN, PART_ADDED, DELTA, WRITTEN, PART_DONE, done(MESSAGE))

CALL: Body = {"id": "c", "type": "function_call", "call_id": "x", "name": "f", "arguments": "{}", "status": "completed"}
CALLS: tuple[Body, ...] = (
    added(CALL | {"arguments": "", "status": "in_progress"}),
    event("function_call_arguments.delta", item="c", delta="{}"),
    event("function_call_arguments.done", item="c", arguments="{}"),
    done(CALL),
)
SUMMARY: Body = {"type": "summary_text", "text": "t"}
THOUGHT: Body = {"id": "t", "type": "reasoning", "summary": [SUMMARY]}
THINKS: tuple[Body, ...] = (
    added(THOUGHT | {"summary": []}),
    event("reasoning_summary_part.added", item="t", summary_index=0, part=SUMMARY | {"text": ""}),
    event("reasoning_summary_text.delta", item="t", summary_index=0, delta="t"),
    event("reasoning_summary_text.done", item="t", summary_index=0, text="t"),
    event("reasoning_summary_part.done", item="t", summary_index=0, part=SUMMARY),
    done(THOUGHT),
)
SEARCH: Body = {"id": "w", "type": "web_search_call", "status": "completed"}


def responses(*events: Body) -> list[str]:
    return violations("openai_responses", named(*numbered(*events)))


def numbered(*events: Body) -> list[Body]:
    return [one | {"sequence_number": number} for number, one in enumerate(events)]


def test_well_formed_streams_are_passed() -> None:
    assert responses(CREATED, *SAYS, terminal(MESSAGE)) == []
    assert responses(CREATED, *CALLS, terminal(CALL)) == []
    assert responses(CREATED, *THINKS, terminal(THOUGHT)) == []
    searching = event("web_search_call.searching", item="w")
    assert (
        responses(CREATED, added(SEARCH | {"status": "in_progress"}), searching, done(SEARCH), terminal(SEARCH)) == []
    )
    assert responses(CREATED, terminal(status="incomplete", incomplete_details={"reason": "max_output_tokens"})) == []
    assert responses(CREATED, OPEN, {"type": "error", "message": "no"}) == []
    assert responses(CREATED, OPEN, {"type": "response.failed", "response": BEGUN | {"status": "failed"}}) == []


@pytest.mark.parametrize(
    "events",
    [
        (*SAYS, terminal(MESSAGE)),
        (CREATED, CREATED, terminal()),
        (CREATED, *SAYS),
        (CREATED, *SAYS, terminal(MESSAGE), {"type": "error", "message": "late"}),
        (CREATED, *SAYS, terminal()),
        (CREATED, *SAYS, terminal(MESSAGE | {"id": "j"})),
        (CREATED, *SAYS, terminal(MESSAGE, usage=None)),
        (CREATED, *SAYS, terminal(MESSAGE, usage=USAGE | {"output_tokens_details": {}})),
        (CREATED, *SAYS, terminal(MESSAGE, id="q")),
        (CREATED, *SAYS[:-1], terminal(MESSAGE)),
        (CREATED, *SAYS, *SAYS, terminal(MESSAGE, MESSAGE)),
        (CREATED, OPEN, DELTA, WRITTEN, PART_DONE, done(MESSAGE), terminal(MESSAGE)),
        (CREATED, OPEN, PART_ADDED, DELTA, DELTA, WRITTEN, PART_DONE, done(MESSAGE), terminal(MESSAGE)),
        (CREATED, OPEN, PART_ADDED, DELTA, PART_DONE, done(MESSAGE), terminal(MESSAGE)),
        (CREATED, OPEN, PART_ADDED, DELTA, WRITTEN, done(MESSAGE), terminal(MESSAGE)),
        (CREATED, OPEN, PART_ADDED, DELTA | {"item_id": "j"}, WRITTEN, PART_DONE, done(MESSAGE), terminal(MESSAGE)),
        (CREATED, *SAYS[:-1], done(MESSAGE | {"content": []}), terminal(MESSAGE | {"content": []})),
        (CREATED, *CALLS[:2], done(CALL), terminal(CALL)),
        (CREATED, *CALLS[:3], done(CALL | {"arguments": "[]"}), terminal(CALL | {"arguments": "[]"})),
        (CREATED, CALLS[0] | {"item": CALL}, *CALLS[1:], terminal(CALL)),
        (CREATED, *THINKS[:2], *THINKS[4:], terminal(THOUGHT)),
        (CREATED, {"type": "response.odd", "output_index": 0}, terminal()),
        (CREATED, terminal(status="incomplete")),
        (CREATED, terminal(output_text="a")),
        (CREATED, {"type": "error"}),
    ],
)
def test_a_broken_stream_is_seen(events: tuple[Body, ...]) -> None:
    assert responses(*events)


def test_numbers_and_names_of_events_are_checked() -> None:
    events = numbered(CREATED, terminal())

    assert violations("openai_responses", named(*events)) == []
    assert violations("openai_responses", unnamed(*events))
    assert violations("openai_responses", named(events[0], events[1] | {"sequence_number": 2}))


REPLY: Body = BEGUN | {"created_at": 1, "model": "m", "status": "completed", "output": [MESSAGE, CALL], "usage": USAGE}


@pytest.mark.parametrize(
    "reply",
    [
        REPLY | {"id": ""},
        REPLY | {"status": "in_progress"},
        REPLY | {"status": "incomplete"},
        REPLY | {"output": [MESSAGE, MESSAGE]},
        REPLY | {"output": [CALL | {"call_id": ""}]},
        REPLY | {"output": [CALL | {"status": "in_progress"}]},
        REPLY | {"output": [MESSAGE | {"content": [{"type": "output_text", "text": "a"}]}]},
        REPLY | {"usage": None},
        REPLY | {"output_text": "ab"},
    ],
)
def test_a_broken_reply_is_seen(reply: Body) -> None:
    assert reply_violations("openai_responses", encoded(REPLY)) == []
    assert reply_violations("openai_responses", encoded(reply))
