"""Responses streams and replies, as upstreams send them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cliproxy.conversation.events import ForeignPart, ReplyError, ReplyStart
from cliproxy.conversation.reply import FinishReason, Usage
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Opaque, Reasoning, Text, ToolCall
from cliproxy.dialects.openai_responses.stream import decode_reply, sight
from cliproxy.wire.frames import Frame
from tests.unit.dialects.openai_responses.hearing import (
    COMPLETED,
    CREATED,
    MESSAGE,
    about,
    added,
    done,
    heard,
    output,
    told,
)

CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": ""}
OTHER = CALL | {"id": "fc_2", "call_id": "d", "name": "g"}
SAYS = MESSAGE | {"status": "completed", "content": [{"type": "output_text", "text": "hello", "annotations": []}]}


def parts(*payloads: Any) -> list[Any]:
    return list(told(heard(*payloads)).reply.parts)


def test_a_plain_stream() -> None:
    events = heard(
        CREATED,
        {"type": "response.in_progress", "response": CREATED["response"]},
        added(0, MESSAGE),
        about("content_part.added", item_id="msg_1", content_index=0, part={"type": "output_text", "text": ""}),
        about("output_text.delta", item_id="msg_1", content_index=0, delta="hel", logprobs=[]),
        about("output_text.delta", item_id="msg_1", content_index=0, delta="lo", logprobs=[], obfuscation="x"),
        about("output_text.done", item_id="msg_1", content_index=0, text="hello"),
        about("content_part.done", item_id="msg_1", content_index=0, part=SAYS["content"][0]),
        done(0, SAYS),
        output(SAYS, usage={"input_tokens": 5, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}),
        "[DONE]",
    )
    reply = told(events).reply

    assert (reply.id, reply.model, reply.parts) == ("resp_1", "m", (Text("hello"),))
    assert reply.usage == Usage(5, 4, output_tokens=2)
    assert reply.finish.reason is FinishReason.STOP


def test_a_stream_may_open_with_a_queue_or_with_nothing_at_all() -> None:
    queued = {"type": "response.queued", "response": {"id": "q", "status": "queued", "service_tier": "flex"}}

    assert heard(queued, CREATED, COMPLETED)[0] == ReplyStart("q", "", "flex")
    assert heard(added(0, MESSAGE), COMPLETED)[0] == ReplyStart()


def test_a_tier_that_was_only_asked_for_is_none() -> None:
    created = {"type": "response.created", "response": {"id": "r", "service_tier": "auto"}}

    assert heard(created, COMPLETED)[0] == ReplyStart("r")


@pytest.mark.parametrize(
    "told_by",
    [
        (about("output_text.done", content_index=0, text="hello"), done(0, MESSAGE)),
        (about("content_part.done", content_index=0, part=SAYS["content"][0]),),
        (done(0, SAYS),),
        (output(SAYS),),
    ],
    ids=["text", "part", "item", "reply"],
)
@pytest.mark.parametrize("deltas", [(), ("hel",), ("hel", "lo")], ids=["none", "some", "all"])
def test_words_are_said_once_wherever_they_are_told(deltas: tuple[str, ...], told_by: tuple[Any, ...]) -> None:
    """Deltas may be missing, or break off; what is told again later is not said again."""
    written = [about("output_text.delta", content_index=0, delta=delta) for delta in deltas]

    assert parts(CREATED, added(0, MESSAGE), *written, *told_by, COMPLETED) == [Text("hello")]


@pytest.mark.parametrize("written", [(), ('{"a"',), ('{"a"', ":1}")], ids=["none", "some", "all"])
@pytest.mark.parametrize(
    "told_by",
    [
        (about("function_call_arguments.done", arguments='{"a":1}'),),
        (done(0, CALL | {"arguments": '{"a":1}'}),),
        (output(CALL | {"arguments": '{"a":1}'}),),
    ],
    ids=["arguments", "item", "reply"],
)
def test_arguments_are_said_once_wherever_they_are_told(written: tuple[str, ...], told_by: tuple[Any, ...]) -> None:
    deltas = [about("function_call_arguments.delta", delta=delta) for delta in written]

    assert parts(CREATED, added(0, CALL), *deltas, *told_by, COMPLETED) == [ToolCall("c", "f", '{"a":1}')]


def test_a_call_makes_it_a_tool_call() -> None:
    """Whatever the upstream's last event says: here calls end a reply like words do."""
    assert told(heard(CREATED, done(0, CALL), COMPLETED)).reply.finish.reason is FinishReason.TOOL_CALL


@pytest.mark.parametrize("key", ["place", "id", "neither"])
def test_calls_that_run_side_by_side_are_told_apart(key: str) -> None:
    """By their place, else by their id; and a delta that names neither is for the only call that is open."""
    where = {"place": ({}, {}), "id": ({"item_id": "fc_1"}, {"item_id": "fc_2"}), "neither": ({}, {})}[key]
    places = (0, 1) if key == "place" else (None, None)
    first = [
        about("function_call_arguments.delta", places[0], delta="1", **where[0]),
        about("function_call_arguments.delta", places[0], delta="2", **where[0]),
    ]
    second = [about("function_call_arguments.delta", places[1], delta="3", **where[1])]
    if key == "neither":
        payloads = [added(0, CALL), *first, done(0, CALL), added(1, OTHER), *second]
    else:
        payloads = [added(0, CALL), added(1, OTHER), first[0], *second, first[1]]

    assert parts(CREATED, *payloads, COMPLETED) == [ToolCall("c", "f", "12"), ToolCall("d", "g", "3")]


def test_an_id_that_nobody_knows_is_overlooked_where_the_place_is_known() -> None:
    """Some hosts give every event another id."""
    delta = about("function_call_arguments.delta", 0, item_id="odd", delta="1")

    assert parts(CREATED, added(0, CALL), added(1, OTHER), delta, COMPLETED) == [
        ToolCall("c", "f", "1"),
        ToolCall("d", "g", ""),
    ]


def test_a_call_that_is_named_late_loses_nothing() -> None:
    nameless = {"type": "function_call", "id": "fc_1"}
    delta = about("function_call_arguments.delta", delta="{}")

    assert parts(CREATED, added(0, nameless), delta, done(0, CALL), COMPLETED) == [ToolCall("c", "f", "{}")]
    assert parts(CREATED, delta, done(0, CALL), COMPLETED) == [ToolCall("c", "f", "{}")]


def test_items_need_neither_place_nor_id() -> None:
    first, second = ({"type": "custom_tool_call", "call_id": id_, "name": "f", "input": id_} for id_ in "ab")
    payloads = [added(None, first), done(None, first), added(None, second), done(None, second)]

    assert parts(CREATED, *payloads, output(first, second)) == [
        ToolCall("a", "f", "a", free_text=True),
        ToolCall("b", "f", "b", free_text=True),
    ]


def test_a_call_in_a_namespace_has_its_name_in_front() -> None:
    assert parts(CREATED, done(0, CALL | {"namespace": "crm"}), COMPLETED) == [ToolCall("c", "crm__f", "")]


def test_a_part_that_is_done_late_keeps_its_place() -> None:
    """Codex closes a text after the next item was opened."""
    payloads = [
        added(0, MESSAGE),
        about("output_text.delta", content_index=0, delta="hello"),
        added(1, CALL),
        about("content_part.done", content_index=0, part=SAYS["content"][0]),
        done(0, SAYS),
        done(1, CALL | {"arguments": "{}"}),
    ]

    assert parts(CREATED, *payloads, COMPLETED) == [Text("hello"), ToolCall("c", "f", "{}")]


@pytest.mark.parametrize("place", [0, 1, 5])
@pytest.mark.parametrize("id_", ["msg_1", "another", None])
def test_the_last_event_does_not_say_again_what_was_said(place: int, id_: str | None) -> None:
    """Some hosts count places from elsewhere while they stream, or give an item another id at the end."""
    delta = about("output_text.delta", place, item_id="msg_1", content_index=0, delta="hello")

    assert parts(CREATED, added(place, MESSAGE), delta, output(SAYS | {"id": id_})) == [Text("hello")]
    assert parts(CREATED, done(place, SAYS), output(SAYS | {"id": id_})) == [Text("hello")]


def test_what_the_last_event_alone_tells_is_told() -> None:
    drawn = {"type": "image_generation_call", "id": "ig_1", "result": "iVBORw0KGgo="}
    search = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "q"}}
    said = parts(CREATED, done(0, SAYS), output(SAYS, drawn, search))

    assert said[0] == Text("hello")
    assert said[1] == Media(MediaKind.IMAGE, Inline("iVBORw0KGgo="), "image/png")
    assert isinstance(said[2], Foreign)
    assert said[2].search is not None


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "response.something.new", "output_index": 0, "delta": {"a": 1}},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "something_new"}},
        {"type": "response.output_item.added", "output_index": 0, "item": 5},
        {"type": "response.output_text.delta", "output_index": "x", "delta": "y"},
        {"type": "keepalive", "sequence_number": 5},
        {"odd": []},
        "",
        "<html>",
        "[]",
    ],
    ids=str,
)
def test_what_nobody_knows_fails_nothing(payload: Any) -> None:
    assert parts(CREATED, payload, done(1, SAYS), COMPLETED) == [Text("hello")]


@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        ([done(0, CALL | {"name": None}), done(0, CALL)], []),
        ([done(0, CALL), done(0, CALL | {"arguments": "{}"})], [ToolCall("c", "f", "")]),
        ([added(0, {"type": "image_generation_call"}), done(0, CALL)], [ToolCall("c", "f", "")]),
        ([added(0, {"type": "something_new"}), done(0, SAYS | {"type": None})], [Text("hello")]),
        ([done(0, SAYS | {"content": [[], 5, *SAYS["content"]]})], [Text("hello")]),
        ([done(0, SAYS | {"content": {"type": 5}})], []),
        (
            [done(0, {"type": "reasoning", "encrypted_content": "e"})] * 2,
            [Reasoning("", Opaque("openai_responses", "e"))],
        ),
    ],
    ids=[
        "named too late",
        "done twice",
        "of another type",
        "without a type",
        "odd parts",
        "odd content",
        "thought twice",
    ],
)
def test_an_item_that_contradicts_itself_is_taken_once(payloads: list[Any], said: list[Any]) -> None:
    """What an encoder is given stays in order, whatever came."""
    assert parts(CREATED, *payloads, COMPLETED) == said


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (output(kind="incomplete", incomplete_details={"reason": "max_output_tokens"}), FinishReason.LENGTH),
        (output(kind="incomplete", incomplete_details={"reason": "content_filter"}), FinishReason.FILTERED),
        (output(kind="incomplete", incomplete_details={"reason": "steered"}), FinishReason.OTHER),
        (
            {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}},
            FinishReason.LENGTH,
        ),
        (output(status=None), FinishReason.STOP),
        (output(usage={"input_tokens": "many"}), FinishReason.STOP),
    ],
    ids=str,
)
def test_why_it_ended_is_read_whatever_else_is_odd(event: dict[str, Any], reason: FinishReason) -> None:
    assert told(heard(CREATED, event)).reply.finish.reason is reason


@pytest.mark.parametrize(
    ("payloads", "error"),
    [
        ((), ReplyError("the upstream ended its stream without a reply")),
        ((CREATED, done(0, SAYS)), ReplyError("the upstream's stream broke off")),
        (
            (CREATED, {"type": "error", "code": "rate_limit_exceeded", "message": "slow", "sequence_number": 3}),
            ReplyError("slow", "rate_limit_exceeded", 429),
        ),
        (
            (CREATED, {"type": "error", "error": {"type": "invalid_request_error", "message": "no", "code": None}}),
            ReplyError("no", "invalid_request_error", 400),
        ),
        (({"error": {"message": "no", "code": 502}},), ReplyError("no", "502", 502)),
        (
            (CREATED, output(kind="failed", error={"code": "server_is_overloaded", "message": "full"})),
            ReplyError("full", "server_is_overloaded", 503),
        ),
        ((CREATED, output(kind="cancelled")), ReplyError("the upstream's reply ended as cancelled", "cancelled")),
    ],
    ids=str,
)
def test_a_failure_ends_it_and_nothing_comes_after(payloads: tuple[Any, ...], error: ReplyError) -> None:
    """An overload comes as `error` and then as `response.failed`."""
    failed = output(kind="failed", error={"code": "x", "message": "y"})

    assert heard(*payloads)[-1] == error
    if payloads and error.status:
        assert heard(*payloads, failed, COMPLETED)[-1] == error


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {
                "object": "response",
                "status": "completed",
                "output": [
                    {"type": "reasoning", "summary": [], "encrypted_content": "e"},
                    SAYS,
                    CALL | {"arguments": "{}"},
                ],
            },
            [Reasoning("", Opaque("openai_responses", "e")), Text("hello"), ToolCall("c", "f", "{}")],
        ),
        ({"id": "r", "output": []}, []),
        ({"output": [MESSAGE | {"content": [{"type": "refusal", "refusal": "no"}]}]}, [Text("no", refusal=True)]),
    ],
    ids=str,
)
def test_a_whole_reply_is_a_short_stream(body: dict[str, Any], said: list[Any]) -> None:
    assert list(told(decode_reply(json.dumps(body).encode())).reply.parts) == said


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error":{"message":"no","code":"model_not_found"}}', "no"),
        ('{"status":"failed","error":{"message":"no"},"output":[]}', "no"),
        ('{"status":"queued","output":[]}', "not complete: queued"),
        ('{"object":"list","data":[]}', "not a response"),
        ("<html>", "not a response"),
    ],
)
def test_a_body_that_is_no_reply_is_an_error(body: str, message: str) -> None:
    [error] = decode_reply(body.encode())

    assert isinstance(error, ReplyError)
    assert message in error.message


@pytest.mark.parametrize(
    ("data", "content", "end", "message"),
    [
        (CREATED, False, False, ""),
        (about("output_text.delta", delta="a"), True, False, ""),
        (output(usage={"input_tokens": 3}), True, True, ""),
        (output(kind="failed", error={"message": "no"}), False, False, "no"),
        ({"type": "error", "message": "no"}, False, False, "no"),
        ({"object": "response", "status": "completed"}, True, True, ""),
        ({"error": {"message": "no"}}, False, False, "no"),
    ],
    ids=str,
)
def test_a_relay_sees_content_end_and_error(data: dict[str, Any], content: bool, end: bool, message: str) -> None:
    seen = sight(Frame("", json.dumps(data).encode()))

    assert seen is not None
    assert (seen.content, seen.end) == (content, end)
    assert (seen.error.message if seen.error is not None else "") == message


def test_an_error_with_a_status_of_its_own_is_seen_with_it() -> None:
    """Over a websocket it states one, as a number."""
    seen = sight(Frame("", b'{"type":"error","status":529,"error":{"type":"odd","message":"no"}}'))

    assert seen is not None
    assert seen.error is not None
    assert (seen.error.message, seen.error.status) == ("no", 529)


@pytest.mark.parametrize("status", ["0", "-5", "200", "999", "1" + "0" * 30, '"429"', "null"])
def test_a_status_that_is_of_no_error_is_none(status: str) -> None:
    """A client must not be told one that does not exist."""
    seen = sight(Frame("", b'{"type":"error","status":%b,"error":{"message":"no"}}' % status.encode()))

    assert seen is not None
    assert seen.error is not None
    assert (seen.error.message, seen.error.status) == ("no", 0)


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"{}", b'{"type":5}'])
def test_what_is_no_event_tells_a_relay_nothing(data: bytes) -> None:
    assert sight(Frame("", data)) is None


def test_values_that_are_no_characters_do_not_cost_the_reply() -> None:
    """Of values left raw, bad bytes are seen late: here in an item that nobody knows."""
    body = {"object": "response", "status": "completed", "output": [{"type": "odd_call", "x": "X"}]}
    part = reply_events(json.dumps(body).encode().replace(b"X", b"\xff"))

    assert part == ['{"type": "odd_call", "x": "\ufffd"}']


def reply_events(body: bytes) -> list[str]:
    return [bytes(event.part.body).decode() for event in decode_reply(body) if isinstance(event, ForeignPart)]
