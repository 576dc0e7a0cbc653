"""Chat streams, written from what Messages upstreams send."""

from __future__ import annotations

from typing import Any

import msgspec

from cliproxy.dialects.anthropic_messages import DIALECT as MESSAGES
from cliproxy.dialects.base import RequestHead
from cliproxy.dialects.openai_chat import DIALECT as CHAT
from cliproxy.testing.grammar import violations
from tests.unit.dialects.translating import CONTEXT, Body, payloads_of, streamed, whole

START: Body = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 9, "cache_read_input_tokens": 4}},
}
TOLD: Body = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}
END: Body = {"type": "message_stop"}


def block(index: int, opening: Body, *deltas: Body) -> list[Body]:
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def written(*payloads: Any, context: Any = CONTEXT) -> list[Body]:
    frames = streamed(MESSAGES, CHAT, list(payloads), context)
    assert violations("openai_chat", frames) == []
    return payloads_of(frames)


def deltas(chunks: list[Body]) -> list[Body]:
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk.get("choices")]


def test_calls_are_numbered_among_calls() -> None:
    """Not among blocks: the SDKs index a list by it."""
    text = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x"})
    call = block(
        1, {"type": "tool_use", "id": "a", "name": "f", "input": {}}, {"type": "input_json_delta", "partial_json": "{}"}
    )
    calls = [call for delta in deltas(written(START, *text, *call, TOLD, END)) for call in delta.get("tool_calls", ())]

    assert [call["index"] for call in calls] == [0, 0]
    assert calls[0]["id"] == "a"


def test_a_call_that_came_whole_in_its_start_is_kept() -> None:
    call = block(0, {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}})
    calls = [call for delta in deltas(written(START, *call, TOLD, END)) for call in delta.get("tool_calls", ())]

    assert calls[-1]["function"]["arguments"] == '{"x": 1}'
    assert written(START, *call, TOLD, END)[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_thoughts_are_parted_by_an_empty_line_and_their_proofs_travel() -> None:
    first = block(
        0,
        {"type": "thinking"},
        {"type": "thinking_delta", "thinking": "a"},
        {"type": "signature_delta", "signature": "S"},
    )
    second = block(1, {"type": "thinking"}, {"type": "thinking_delta", "thinking": "b"})
    found = deltas(written(START, *first, *second, TOLD, END))

    assert "".join(delta.get("reasoning_content", "") for delta in found) == "a\n\nb"
    assert [detail["signature"] for delta in found for detail in delta.get("reasoning_details", ())] == [
        "anthropic_messages#S"
    ]


def test_usage_is_shown_to_clients_that_asked_and_counts_what_was_cached() -> None:
    chunks = written(START, TOLD, END)
    silent = msgspec.structs.replace(CONTEXT, head=RequestHead("asked", stream=True, include_usage=False))

    assert chunks[-1]["usage"]["prompt_tokens"] == 13
    assert chunks[-1]["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    assert all("usage" not in chunk for chunk in written(START, TOLD, END, context=silent))


def test_an_error_ends_the_stream_without_done() -> None:
    frames = streamed(
        MESSAGES, CHAT, [START, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}]
    )

    assert payloads_of(frames)[-1]["error"]["message"] == "busy"
    assert frames[-1].data != b"[DONE]"


def test_a_stream_without_a_start_still_has_a_first_chunk() -> None:
    text = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x"})

    assert deltas(written(*text, TOLD, END))[0]["role"] == "assistant"


def test_a_server_tool_is_kept_at_home_with_the_input_that_came_in_deltas() -> None:
    opening = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    tool = block(0, opening, {"type": "input_json_delta", "partial_json": '{"query":"x"}'})
    events = payloads_of(streamed(MESSAGES, MESSAGES, [START, *tool, TOLD, END]))

    assert events[1]["content_block"] == opening | {"input": {"query": "x"}}


def test_a_whole_reply_of_calls_has_no_content() -> None:
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
    body = whole(MESSAGES, CHAT, {"type": "message", "content": [call], "stop_reason": "end_turn"})

    assert body["choices"][0]["message"]["content"] is None
    assert body["choices"][0]["finish_reason"] == "tool_calls"


def test_a_whole_reply_of_nothing_has_empty_content() -> None:
    body = whole(MESSAGES, CHAT, {"type": "message", "content": [], "stop_reason": "end_turn"})

    assert body["choices"][0]["message"]["content"] == ""
