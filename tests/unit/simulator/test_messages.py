"""The Messages API, as the simulator speaks it."""

from typing import Any

import msgspec
import pytest

from cliproxy.simulator import Upstream
from tests.unit.simulator.asking import CITY, PIXEL, Json, ask, body_of, events_of, json_of

PATH = "/v1/messages"
TOOLS = [{"name": name, "input_schema": CITY} for name in ("weather", "time")]
USER = [{"role": "user", "content": "Say hello, please."}]
CALLING = [{"role": "user", "content": 'call weather {"city": "Paris"} and time'}]
BASE: Json = {"model": "m", "max_tokens": 4096, "messages": USER}


def folded(events: list[tuple[str, Any]]) -> Json:
    """Add a stream's events up to a whole message."""
    message: Json = {}
    for name, data in events:
        match name:
            case "message_start":
                message = data["message"]
            case "content_block_start":
                assert data["index"] == len(message["content"])
                message["content"].append({**data["content_block"], "_json": ""})
            case "content_block_delta":
                block, delta = message["content"][data["index"]], data["delta"]
                for kind, value in delta.items():
                    if kind == "partial_json":
                        block["_json"] += value
                    elif kind != "type":
                        block[kind] += value
            case "message_delta":
                message |= data["delta"]
                message["usage"] |= data["usage"]
    for block in message["content"]:
        arguments = block.pop("_json")
        if arguments:
            block["input"] = msgspec.json.decode(arguments)
    return message


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "adaptive", "display": "omitted"}, "tools": TOOLS, "messages": CALLING},
        {"tools": TOOLS, "messages": CALLING},
        {"max_tokens": 2},
        {"output_config": {"format": {"type": "json_schema", "schema": CITY}}},
    ],
)
def test_a_stream_folds_back_to_the_whole_reply(more: Json) -> None:
    """The two forms of one reply say the same, signatures and usage included."""
    streamed = events_of(ask(Upstream(), PATH, {**BASE, **more, "stream": True}))

    assert all(name == data["type"] for name, data in streamed)
    assert folded(streamed) == json_of(ask(Upstream(), PATH, {**BASE, **more}))


def test_a_ping_follows_the_first_block() -> None:
    """This is where the vendor sends it."""
    names = [name for name, _ in events_of(ask(Upstream(), PATH, {**BASE, "stream": True}))]

    assert names[:4] == ["message_start", "content_block_start", "ping", "content_block_delta"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert names.count("ping") == 1


def test_frames_are_padded_like_the_real_ones() -> None:
    """Spaces before the closing brace are in every recorded stream."""
    assert b"   }\n\n" in body_of(ask(Upstream(), PATH, {**BASE, "stream": True}))


def test_tool_results_are_read_out_in_order() -> None:
    """Failures and pictures are told apart."""
    calls = [{"type": "tool_use", "id": f"t{n}", "name": "weather", "input": {}} for n in (1, 2)]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    results = [
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "18 degrees"}, image]},
        {"type": "tool_result", "tool_use_id": "t2", "content": "no such city", "is_error": True},
    ]
    turns = [*USER, {"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    [block] = json_of(ask(Upstream(), PATH, {**BASE, "messages": turns}))["content"]

    assert block["text"] == (
        "The tool said: 18 degrees. It showed 1 image (image/png, 70 bytes). The tool failed: no such city."
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"betas": []}, "betas: Extra inputs are not permitted"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "Input should be 'user' or 'assistant'"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "input_schema.type: Field required"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5000}}, "must be greater than `thinking.budget_tokens`"),
        (
            {"messages": [*USER, {"role": "assistant", "content": [{"type": "tool_use", "id": "t1"}]}, *USER]},
            "`tool_use` ids were found without `tool_result` blocks immediately after: t1",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}]}]},
            "unexpected `tool_use_id` found",
        ),
        (
            {"messages": [*USER, {"role": "assistant", "content": [{"type": "thinking", "signature": ""}]}, *USER]},
            "Invalid `signature` in `thinking` block",
        ),
    ],
)
def test_what_the_vendor_refuses_is_refused(more: Json, words: str) -> None:
    """A gateway that sends what the vendor would not take learns it here."""
    answer = ask(Upstream(), PATH, {**BASE, **more})
    error = json_of(answer)

    assert answer.status == 400
    assert (error["type"], error["error"]["type"]) == ("error", "invalid_request_error")
    assert words in error["error"]["message"]


def test_its_own_thinking_comes_back_unchanged_or_not_at_all() -> None:
    """A signature belongs to one text: changing the text invalidates it."""
    thinking = {"type": "enabled", "budget_tokens": 1024}
    block, _ = json_of(ask(Upstream(), PATH, {**BASE, "thinking": thinking}))["content"]

    def answered(block: Json) -> int:
        turns = [*USER, {"role": "assistant", "content": [block]}, *USER]
        return ask(Upstream(), PATH, {**BASE, "messages": turns}).status

    assert answered(block) == 200
    assert answered({**block, "thinking": "other words"}) == 400


def test_tokens_can_be_counted() -> None:
    """Counting needs no `max_tokens`, and a token is a word."""
    body = {"model": "m", "system": "Be kind.", "messages": USER}

    assert json_of(ask(Upstream(), f"{PATH}/count_tokens", body)) == {"input_tokens": 5}
