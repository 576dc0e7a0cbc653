"""Chat completions, as the simulator speaks them."""

from typing import Any

import msgspec
import pytest

from cliproxy.simulator import Upstream
from tests.unit.simulator.asking import CITY, PIXEL, Json, ask, events_of, json_of, request

PATH = "/v1/chat/completions"
TOOLS = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in ("weather", "time")]
USER = [{"role": "user", "content": "Say hello, please."}]


def folded(chunks: list[Any]) -> Json:
    """Add a stream's chunks up to a whole message."""
    message: Json = {"role": None, "content": None}
    calls: dict[int, Json] = {}
    finish = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            delta = choice["delta"]
            message["role"] = delta.get("role", message["role"])
            for field in ("content", "reasoning_content"):
                if delta.get(field):
                    message[field] = (message.get(field) or "") + delta[field]
            for call in delta.get("tool_calls", []):
                if "id" in call:
                    calls[call["index"]] = {key: value for key, value in call.items() if key != "index"}
                else:
                    calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
            finish = choice["finish_reason"] or finish
    return {**message, **({"tool_calls": list(calls.values())} if calls else {}), "finish": finish}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reasoning_effort": "low"},
        {"tools": TOOLS, "messages": [{"role": "user", "content": 'call weather {"city": "Paris"} and time'}]},
        {"max_tokens": 2},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}},
    ],
)
def test_a_stream_folds_back_to_the_whole_reply(more: Json) -> None:
    """The two forms of one reply say the same."""
    body = {"model": "m", "messages": USER, **more}
    streamed = events_of(ask(Upstream(), PATH, {**body, "stream": True}))
    [choice] = json_of(ask(Upstream(), PATH, body))["choices"]
    message = {key: value for key, value in choice["message"].items() if key not in ("refusal", "annotations")}

    assert streamed[-1] == ("", "[DONE]")
    assert folded([chunk for _, chunk in streamed[:-1]]) == {**message, "finish": choice["finish_reason"]}


def test_usage_ends_a_stream_only_when_asked_for() -> None:
    """The usage chunk has no choices; every chunk before it has `usage: null`."""
    body = {"model": "m", "messages": USER, "stream": True}
    without = [chunk for _, chunk in events_of(ask(Upstream(), PATH, body))[:-1]]
    asked = [
        chunk for _, chunk in events_of(ask(Upstream(), PATH, {**body, "stream_options": {"include_usage": True}}))[:-1]
    ]

    assert not any("usage" in chunk for chunk in without)
    assert [chunk["usage"] for chunk in asked[:-1]] == [None] * (len(asked) - 1)
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"]["prompt_tokens"] == 3
    assert asked[-1]["usage"]["prompt_tokens_details"]["cached_tokens"] == 0


def test_images_and_tool_results_are_seen() -> None:
    """What reached the upstream can be read in its reply."""
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]
    shown = json_of(ask(Upstream(), PATH, {"model": "m", "messages": [{"role": "user", "content": parts}]}))
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    turns = [
        *USER,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "18"},
    ]
    told = json_of(ask(Upstream(), PATH, {"model": "m", "messages": turns}))

    assert shown["choices"][0]["message"]["content"] == 'You said: "". I see 1 image (image/png, 70 bytes).'
    assert told["choices"][0]["message"]["content"] == "The tool said: 18."


@pytest.mark.parametrize(
    ("choice", "names"),
    [("none", []), ("required", ["weather"]), ({"type": "function", "function": {"name": "time"}}, ["time"])],
)
def test_the_tool_choice_is_obeyed(choice: Json | str, names: list[str]) -> None:
    """A forced tool is called with arguments that its schema accepts."""
    answer = ask(Upstream(), PATH, {"model": "m", "messages": USER, "tools": TOOLS, "tool_choice": choice})
    calls = json_of(answer)["choices"][0]["message"].get("tool_calls", [])

    assert [call["function"]["name"] for call in calls] == names
    assert all(msgspec.json.decode(call["function"]["arguments"]) == {"city": "text"} for call in calls)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m"}, "Missing required parameter: 'messages'"),
        (
            {"model": "m", "messages": [*USER, {"role": "tool", "tool_call_id": "x", "content": ""}]},
            "must be a response",
        ),
        (
            {"model": "m", "messages": [*USER, {"role": "assistant", "tool_calls": [{"id": "c1"}]}, *USER]},
            "did not have response messages: c1",
        ),
    ],
)
def test_what_the_vendor_refuses_is_refused(body: Json, words: str) -> None:
    """A gateway that sends what the vendor would not take learns it here."""
    answer = ask(Upstream(), PATH, body)

    assert answer.status == 400
    assert words in json_of(answer)["error"]["message"]
    assert json_of(answer)["error"]["type"] == "invalid_request_error"


def test_a_custom_tool_takes_free_text() -> None:
    """Custom tools are called with `input`, not with JSON arguments."""
    tools = [{"type": "custom", "custom": {"name": "patch"}}]
    body = {"model": "m", "messages": [{"role": "user", "content": 'call patch "a b"'}], "tools": tools}
    [call] = json_of(Upstream().answer(request(PATH, body)))["choices"][0]["message"]["tool_calls"]

    assert (call["type"], call["custom"]) == ("custom", {"name": "patch", "input": "a b"})
