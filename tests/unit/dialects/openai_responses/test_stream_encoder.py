"""Responses streams and replies, written from events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from cliproxy.conversation.assemble import events_of
from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import (
    Foreign,
    Inline,
    Link,
    Media,
    MediaKind,
    Opaque,
    Reasoning,
    Search,
    Source,
    Text,
    ToolCall,
)
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import Losses, ReplyContext, RequestHead
from cliproxy.dialects.openai_responses.request import decode_request
from cliproxy.dialects.openai_responses.stream_encoder import StreamEncoder, encode_reply
from cliproxy.testing.grammar import reply_violations, violations
from cliproxy.testing.recordings import frames_of
from cliproxy.wire.frames import Frame

HOME = "openai_responses"
STOP = ReplyEnd(Finish(FinishReason.STOP))
CUT = ReplyEnd(Finish(FinishReason.LENGTH))
START = ReplyStart("resp_1", "real")
HELLO = (TextStart(0), TextDelta(0, "hel"), TextDelta(0, "lo"), PartEnd(0))


def context(body: dict[str, Any] | None = None) -> ReplyContext:
    head, now = RequestHead("asked", stream=True), 1_700_000_000.0
    if body is None:
        return ReplyContext(head, None, "x1", now, Losses())
    text = json.dumps({"model": "asked"} | body).encode()
    return ReplyContext(head, decode_request(text), "x1", now, Losses(), text)


def frames(*events: StreamEvent, told: ReplyContext | None = None) -> list[Frame]:
    encoder = StreamEncoder(told or context())
    return frames_of([unit for event in events for unit in encoder.feed(event)])


def written(*events: StreamEvent, told: ReplyContext | None = None) -> list[dict[str, Any]]:
    found = frames(START, *events, told=told)
    assert violations(HOME, found) == []
    return [json.loads(frame.data) for frame in found]


def output(*events: StreamEvent, told: ReplyContext | None = None) -> list[dict[str, Any]]:
    """Return the items of the reply, which are those that were streamed, says the grammar."""
    items: list[dict[str, Any]] = written(*events, told=told)[-1]["response"]["output"]
    return items


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


SEARCHES = context({"input": "a", "tools": [{"type": "tool_search", "execution": "client"}]})


@pytest.mark.parametrize(
    ("words", "arguments"), [(['{"queries"', ':["a"]}'], {"queries": ["a"]}), ([], {}), (["{"], {})]
)
def test_a_search_for_tools_is_called_as_such_by_who_runs_it(words: list[str], arguments: dict[str, Any]) -> None:
    """Its arguments are an object, which the vendor gives out at once."""
    deltas = [ToolCallDelta(0, one) for one in words]
    events = written(ToolCallStart(0, "c1", "tool_search"), *deltas, PartEnd(0), STOP, told=SEARCHES)

    assert kinds(events) == ["created", "in_progress", "output_item.added", "output_item.done", "completed"]
    [item] = events[-1]["response"]["output"]
    assert item == {
        "id": "tsc_x1_0",
        "type": "tool_search_call",
        "call_id": "c1",
        "execution": "client",
        "arguments": arguments,
        "status": "completed",
    }


def test_a_function_may_have_the_name_of_a_search() -> None:
    [item] = output(ToolCallStart(0, "c1", "tool_search"), ToolCallDelta(0, "{}"), PartEnd(0), STOP)

    assert item["type"] == "function_call"


def test_a_text_in_all_its_events() -> None:
    events = written(*HELLO, UsageUpdate(Usage(5, 4, 0, 3, 2)), STOP)

    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["response"]["usage"] == {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 8,
    }
    assert events[-1]["response"]["output"] == [
        {
            "id": "msg_x1_0",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "hello", "annotations": [], "logprobs": []}],
        }
    ]


def test_no_content_is_an_empty_reply() -> None:
    events = written(TextStart(0), PartEnd(0), STOP)

    assert kinds(events) == ["created", "in_progress", "completed"]
    assert events[-1]["response"]["output"] == []
    assert events[-1]["response"]["usage"]["output_tokens_details"] == {"reasoning_tokens": 0}


def test_texts_one_after_another_are_parts_of_one_message() -> None:
    [item] = output(*HELLO, TextStart(1, refusal=True), TextDelta(1, "no"), PartEnd(1), STOP)

    assert [part["type"] for part in item["content"]] == ["output_text", "refusal"]


def test_each_call_is_an_item_with_a_place_of_its_own() -> None:
    """Two that run side by side come one after another; each item is closed before the next opens."""
    items = output(
        *HELLO,
        ToolCallStart(1, "c", "f"), ToolCallStart(2, "d", "g", free_text=True),
        ToolCallDelta(1, '{"a"'), ToolCallDelta(2, "w"), ToolCallDelta(1, ":1}"), PartEnd(2), PartEnd(1), STOP,
    )  # fmt: skip

    assert [item["type"] for item in items] == ["message", "function_call", "custom_tool_call"]
    assert items[1]["arguments"] == '{"a":1}'
    assert items[2] == {
        "id": "ctc_x1_2",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "d",
        "name": "g",
        "input": "w",
    }


def test_ids_are_made_where_there_are_none_and_never_twice_the_same() -> None:
    calls = [(ToolCallStart(place, id_, "f"), PartEnd(place)) for place, id_ in enumerate(("", "c", "c"))]
    items = output(*(event for pair in calls for event in pair), STOP)

    assert [item["call_id"] for item in items] == ["call_x1_0", "c", "c_2"]


@pytest.mark.parametrize(
    ("events", "statuses", "last"),
    [
        ((*HELLO, CUT), ["incomplete"], "output_item.done"),
        ((ToolCallStart(0, "c", "f"), ToolCallDelta(0, '{"a"'), PartEnd(0), CUT), ["incomplete"], "output_item.done"),
        ((ToolCallStart(0, "c", "f"), PartEnd(0), CUT), ["incomplete"], "output_item.done"),
        ((ToolCallStart(0, "c", "f"), ToolCallDelta(0, "{}"), PartEnd(0), CUT), ["completed"], "output_item.done"),
        (
            (
                ToolCallStart(0, "c", "f"),
                ToolCallDelta(0, "{}"),
                PartEnd(0),
                TextStart(1),
                TextDelta(1, "a"),
                PartEnd(1),
                CUT,
            ),
            ["completed", "incomplete"],
            "output_item.done",
        ),
    ],
    ids=["text", "half a call", "a call without arguments", "a whole call", "text after a call"],
)
def test_a_reply_that_was_cut_is_incomplete_and_so_is_its_last_item(
    events: tuple[StreamEvent, ...], statuses: list[str], last: str
) -> None:
    """Half a call must not look like one that can be run: nothing says that its arguments are done."""
    told = written(*events)
    response = told[-1]["response"]

    assert [item["status"] for item in response["output"]] == statuses
    assert (told[-1]["type"], response["incomplete_details"]) == (
        "response.incomplete",
        {"reason": "max_output_tokens"},
    )
    assert ("function_call_arguments.done" in kinds(told)) is ("completed" in statuses)
    assert kinds(told)[-2] == last


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        (FinishReason.STOP, "completed", None),
        (FinishReason.TOOL_CALL, "completed", None),
        (FinishReason.STOP_SEQUENCE, "completed", None),
        (FinishReason.PAUSED, "completed", None),
        (FinishReason.OTHER, "completed", None),
        (FinishReason.CONTEXT_FULL, "incomplete", {"reason": "max_output_tokens"}),
        (FinishReason.FILTERED, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_why_it_ended(reason: FinishReason, status: str, why: dict[str, str] | None) -> None:
    last = written(*HELLO, ReplyEnd(Finish(reason)))[-1]

    assert last["type"] == f"response.{status}"
    assert (last["response"]["status"], last["response"]["incomplete_details"]) == (status, why)


def test_thoughts_are_a_summary_with_their_proof_at_the_end() -> None:
    events = written(
        ReasoningStart(0), ReasoningDelta(0, "a"), ReasoningDelta(0, "b"),
        PartProof(0, Opaque("anthropic_messages", "s")), PartEnd(0), STOP,
    )  # fmt: skip

    assert kinds(events)[2:-1] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    assert events[-1]["response"]["output"] == [
        {
            "id": "rs_x1_0",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "ab"}],
            "encrypted_content": "anthropic_messages#s",
        }
    ]


@pytest.mark.parametrize(
    ("redacted", "proof", "summary", "carried"),
    [
        (True, Opaque("anthropic_messages", "d"), [], "anthropic_messages#d"),
        (False, Opaque("anthropic_messages", "s"), [{"type": "summary_text", "text": ""}], "anthropic_messages#s"),
        (False, Opaque(HOME, "e"), [], "e"),
    ],
)
def test_thoughts_without_words(redacted: bool, proof: Opaque, summary: list[Any], carried: str) -> None:
    """Those that merely show none are told from redacted ones by an empty summary."""
    [item] = output(ReasoningStart(0, redacted), PartProof(0, proof), PartEnd(0), STOP)

    assert (item["summary"], item["encrypted_content"]) == (summary, carried)


def test_a_proof_of_words_follows_them_and_one_of_a_call_precedes_it() -> None:
    """There is no other place for Gemini's; the way back finds its part by where it stands."""
    items = output(
        *HELLO[:-1], PartProof(0, Opaque("gemini", "t", "text")), HELLO[-1],
        ToolCallStart(1, "c", "f", proof=Opaque("gemini", "p", "call")), PartEnd(1), STOP,
    )  # fmt: skip

    assert [item.get("encrypted_content", item["type"]) for item in items] == [
        "message",
        "gemini.text#t",
        "gemini.call#p",
        "function_call",
    ]


def test_citations_are_annotations() -> None:
    """One that does not say which words it is of is told when all of them are there."""
    cited = (
        TextCitation(0, Citation("https://a", "A", start=0, end=3)),
        TextCitation(0, Citation("https://b")),
        TextCitation(0, Citation(quote="page 3")),
    )
    told = context()
    events = written(*HELLO[:-1], *cited, HELLO[-1], STOP, told=told)
    annotations = events[-1]["response"]["output"][0]["content"][0]["annotations"]

    assert [(one["url"], one["start_index"], one["end_index"]) for one in annotations] == [
        ("https://a", 0, 3),
        ("https://b", 0, 5),
    ]
    assert kinds(events).count("output_text.annotation.added") == 2
    assert [loss.field for loss in told.losses.found()] == ["reply: citation"]


def test_logprobs_are_told_with_words_and_in_the_end() -> None:
    events = written(*HELLO[:-1], TextLogprobs(0, (Logprob("hello", -1.0),)), HELLO[-1], STOP)

    assert [token["token"] for token in events[-1]["response"]["output"][0]["content"][0]["logprobs"]] == ["hello"]
    assert [len(event["logprobs"]) for event in events if event["type"] == "response.output_text.delta"] == [0, 0, 1]


def test_a_picture_is_an_item() -> None:
    events = written(MediaPart(0, Media(MediaKind.IMAGE, Inline("AA=="), "image/webp")), STOP)

    assert kinds(events)[2:-1] == [
        "output_item.added",
        "image_generation_call.in_progress",
        "image_generation_call.generating",
        "image_generation_call.completed",
        "output_item.done",
    ]
    assert events[-1]["response"]["output"][0] == {
        "id": "ig_x1_0",
        "type": "image_generation_call",
        "status": "completed",
        "result": "AA==",
        "output_format": "webp",
    }


@pytest.mark.parametrize(
    ("event", "loss"),
    [
        (MediaPart(0, Media(MediaKind.AUDIO, Inline("AA=="), "audio/wav")), "reply: audio"),
        (MediaPart(0, Media(MediaKind.IMAGE, Link("https://a"))), "reply: image"),
        (ForeignPart(0, Foreign("gemini", "executableCode", Raw(b"{}"))), "reply: executableCode"),
    ],
    ids=str,
)
def test_what_has_no_place_is_told_as_lost(event: StreamEvent, loss: str) -> None:
    told = context()

    assert output(event, STOP, told=told) == []
    assert [one.field for one in told.losses.found()] == [loss]


def test_other_candidates_are_told_as_lost() -> None:
    told = context()
    others = (TextStart(1, candidate=1), TextDelta(1, "b"), PartEnd(1), CandidateEnd(1, Finish(FinishReason.STOP)))

    assert len(output(*HELLO, *others, STOP, told=told)) == 1
    assert [one.field for one in told.losses.found()] == ["reply: another candidate"]


def test_what_may_stand_instead_of_a_foreign_part_is_said() -> None:
    foreign = Foreign("gemini", "x", Raw(b"{}"), (Text("a"), Text("b")))
    [item] = output(ForeignPart(0, foreign), STOP)

    assert [part["text"] for part in item["content"]] == ["a", "b"]


def test_a_search_is_one_item_though_two_parts_tell_of_it() -> None:
    asked = Foreign("anthropic_messages", "server_tool_use", Raw(b"{}"), search=Search("s", ("q",)))
    found = Foreign(
        "anthropic_messages", "web_search_tool_result", Raw(b"{}"), search=Search("s", (), (Source("https://a"),))
    )
    events = written(ForeignPart(0, asked), ForeignPart(1, found), TextStart(2), TextDelta(2, "a"), PartEnd(2), STOP)
    items = events[-1]["response"]["output"]

    assert [item["type"] for item in items] == ["web_search_call", "message"]
    assert items[0]["action"] == {
        "type": "search",
        "query": "q",
        "queries": ["q"],
        "sources": [{"type": "url", "url": "https://a"}],
    }
    assert kinds(events)[2:7] == [
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
    ]


def test_an_item_of_its_own_dialect_goes_home_as_it_came() -> None:
    body = {"type": "mcp_call", "id": "mcp_1", "name": "f", "output": [1.5]}
    foreign = Foreign(HOME, "mcp_call", Raw(json.dumps(body).encode()))

    nameless = Foreign(HOME, "mcp_call", Raw(b'{"type":"mcp_call","id":""}'))
    parts = (ForeignPart(0, foreign), ForeignPart(1, foreign), ForeignPart(2, nameless))

    assert output(*parts, STOP) == [body, body | {"id": "item_x1_1"}, {"type": "mcp_call", "id": "item_x1_2"}]


def test_the_request_is_repeated_in_the_reply() -> None:
    asked = {
        "instructions": "i",
        "temperature": 0.5,
        "tools": [{"type": "function", "name": "f"}],
        "metadata": {"a": "b"},
        "max_output_tokens": None,
        "input": "a",
    }
    events = written(*HELLO, STOP, told=context(asked))

    for event in (events[0], events[1], events[-1]):
        response = event["response"]
        assert {name: response[name] for name in asked if name in response} == {
            name: asked[name] for name in ("instructions", "temperature", "tools", "metadata")
        }
        assert (response["model"], response["created_at"], response["id"]) == ("asked", 1_700_000_000, "resp_1")


def test_a_tier_is_the_one_in_which_it_was_served() -> None:
    told = context({"service_tier": "auto"})
    frame = frames(ReplyStart("r", "m", "priority"), STOP, told=told)[-1]

    assert json.loads(frame.data)["response"]["service_tier"] == "priority"


def test_a_call_goes_back_into_its_namespace() -> None:
    """Also where the client's name has the namespace in it already."""
    tools = [
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find"}]},
        {"type": "namespace", "name": "git", "tools": [{"type": "function", "name": "git__log"}]},
    ]
    items = output(
        ToolCallStart(0, "c", "crm__find"), PartEnd(0), ToolCallStart(1, "d", "git__log"), PartEnd(1), STOP,
        told=context({"input": "a", "tools": tools}),
    )  # fmt: skip

    assert [(item["name"], item["namespace"]) for item in items] == [("find", "crm"), ("git__log", "git")]


def test_a_failure_is_told_both_ways_and_counted_on() -> None:
    """Some clients read `error`, others only `response.failed`; neither may read a success."""
    events = written(*HELLO[:2], ReplyError("slow down", "rate_limit_error", 429))

    assert kinds(events)[-2:] == ["error", "failed"]
    assert events[-2] == {
        "type": "error",
        "code": "rate_limit_exceeded",
        "message": "slow down",
        "param": None,
        "sequence_number": len(events) - 2,
    }
    assert events[-1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}


def test_a_failure_before_anything_else_is_the_error_alone() -> None:
    assert [frame.event for frame in frames(ReplyError("no"))] == ["error"]


def test_a_whole_reply_is_what_its_stream_ends_with() -> None:
    reply = Reply(
        "",
        "real",
        (Reasoning("a", Opaque("gemini", "s")), Text("b"), ToolCall("c", "f", "{}")),
        Finish(FinishReason.TOOL_CALL),
        Usage(1, output_tokens=1),
    )
    body = encode_reply(reply, context())
    streamed = json.loads(frames(*events_of(reply))[-1].data)["response"]

    assert reply_violations(HOME, body) == []
    assert json.loads(body) == streamed
    assert streamed["id"] == "resp_x1"


def test_words_in_a_delta_are_escaped() -> None:
    """A delta is put together from bytes."""
    events = written(TextStart(0), TextDelta(0, 'a"\n\x00ü'), PartEnd(0), STOP)

    assert next(event["delta"] for event in events if "delta" in event) == 'a"\n\x00ü'
