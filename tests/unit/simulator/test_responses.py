"""The Responses API, as the simulator speaks it."""

from typing import Any

import pytest

from cliproxy.simulator import Upstream
from tests.unit.simulator.asking import CITY, PIXEL, Json, ask, events_of, json_of

PATH = "/v1/responses"
TOOLS = [{"type": "function", "name": name, "parameters": CITY} for name in ("weather", "time")]
CALLING = 'call weather {"city": "Paris"} and time'
BASE: Json = {"model": "m", "input": "Say hello, please."}
PROOF = {"include": ["reasoning.encrypted_content"]}


def folded(events: list[tuple[str, Any]]) -> list[Json]:
    """Add a stream's deltas up to its items, trusting nothing that comes whole."""
    items: list[Json] = []
    for name, data in events:
        match name:
            case "response.output_item.added":
                assert data["output_index"] == len(items)
                items.append(data["item"])
            case "response.content_part.added":
                items[data["output_index"]]["content"].append(data["part"])
            case "response.reasoning_summary_part.added":
                items[data["output_index"]]["summary"].append(data["part"])
            case "response.output_text.delta":
                items[data["output_index"]]["content"][data["content_index"]]["text"] += data["delta"]
            case "response.reasoning_summary_text.delta":
                items[data["output_index"]]["summary"][data["summary_index"]]["text"] += data["delta"]
            case "response.function_call_arguments.delta":
                items[data["output_index"]]["arguments"] += data["delta"]
            case "response.custom_tool_call_input.delta":
                items[data["output_index"]]["input"] += data["delta"]
            case "response.output_item.done" if "status" in data["item"]:
                items[data["output_index"]]["status"] = data["item"]["status"]
    return items


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"reasoning": {"effort": "low", "summary": "auto"}, **PROOF},
        {"reasoning": {"effort": "high"}, "tools": TOOLS, "input": CALLING},
        {"tools": [{"type": "custom", "name": "patch"}], "input": 'call patch "a b"'},
        {"max_output_tokens": 2},
        {"text": {"format": {"type": "json_schema", "name": "place", "schema": CITY}}},
    ],
)
def test_a_stream_folds_back_to_the_whole_reply(more: Json) -> None:
    """Deltas, done events, the last event and the whole reply all say the same."""
    streamed = events_of(ask(Upstream(), PATH, {**BASE, **more, "stream": True}))
    whole = json_of(ask(Upstream(), PATH, {**BASE, **more}))

    assert all(name == data["type"] for name, data in streamed)
    assert [data["sequence_number"] for _, data in streamed] == list(range(len(streamed)))
    assert streamed[-1][1]["response"] == whole
    assert [data["item"] for name, data in streamed if name == "response.output_item.done"] == whole["output"]
    assert folded(streamed) == whole["output"]


def test_a_reply_cut_short_is_incomplete() -> None:
    """The last event, the response and the open item all say so."""
    name, data = events_of(ask(Upstream(), PATH, {**BASE, "max_output_tokens": 2, "stream": True}))[-1]

    assert name == "response.incomplete"
    assert data["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert data["response"]["output"][0]["status"] == "incomplete"


def test_reasoning_shows_what_was_asked_for() -> None:
    """Without a summary there is no text, without `include` no encrypted content."""

    def reasoning(summary: str | None, **more: Any) -> Json:
        body = {**BASE, "reasoning": {"effort": "low", "summary": summary}, **more}
        item: Json = json_of(ask(Upstream(), PATH, body))["output"][0]
        return item

    assert reasoning(None)["summary"] == []
    assert "encrypted_content" not in reasoning(None)
    assert reasoning("auto", **PROOF)["summary"][0]["text"] == "I weigh every word that was said."
    assert reasoning("auto", **PROOF)["encrypted_content"]


def test_tools_in_a_namespace_are_called_with_it() -> None:
    """Codex groups its tools."""
    tools = [{"type": "namespace", "name": "mcp", "tools": [TOOLS[0]]}]
    [item] = json_of(ask(Upstream(), PATH, {"model": "m", "input": "call weather", "tools": tools}))["output"]

    assert (item["namespace"], item["name"], item["arguments"]) == ("mcp", "weather", '{"city":"text"}')


def test_what_codex_says_of_itself_is_taken() -> None:
    assert ask(Upstream(), PATH, {**BASE, "client_metadata": {"turn": "1"}}).status == 200
    assert ask(Upstream(), PATH, {**BASE, "client_notes": {}}).status == 400


def test_tool_results_may_hold_pictures() -> None:
    """An output that is a list stays a list."""
    call = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
    seen = [
        {"type": "input_text", "text": "18 degrees"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
    ]
    items = [call, {"type": "function_call_output", "call_id": "c1", "output": seen}]
    [item] = json_of(ask(Upstream(), PATH, {"model": "m", "input": items}))["output"]

    assert item["content"][0]["text"] == "The tool said: 18 degrees. It showed 1 image (image/png, 70 bytes)."


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m"}, "must be provided"),
        ({"model": "m", "input": "x", "stop": ["a"]}, "Unknown parameter: 'stop'."),
        ({"model": "m", "input": [{"type": "function_call", "call_id": "c1"}]}, "No tool output found"),
        ({"model": "m", "input": [{"type": "function_call_output", "call_id": "c1"}]}, "No tool call found"),
    ],
)
def test_what_the_vendor_refuses_is_refused(body: Json, words: str) -> None:
    """A gateway that sends what the vendor would not take learns it here."""
    answer = ask(Upstream(), PATH, body)

    assert answer.status == 400
    assert words in json_of(answer)["error"]["message"]


def test_input_tokens_can_be_counted() -> None:
    """A token is a word."""
    counted = json_of(ask(Upstream(), f"{PATH}/input_tokens", BASE))

    assert counted == {"object": "response.input_tokens", "input_tokens": 3}


def test_a_conversation_can_be_compacted() -> None:
    """What the user said last stays readable; the item beside it is sealed, and is taken back."""
    said = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    compacted = json_of(ask(Upstream(), f"{PATH}/compact", {"model": "m", "input": said}))

    assert compacted["object"] == "response.compaction"
    message, compaction = compacted["output"]
    assert message["content"] == [{"type": "input_text", "text": "one"}]
    assert compaction["type"] == "compaction"
    assert compaction["encrypted_content"]
    assert compacted["usage"]["total_tokens"] == 2
    again = [*compacted["output"], {"role": "user", "content": "three"}]
    assert ask(Upstream(), PATH, {"model": "m", "input": again}).status == 200


@pytest.mark.parametrize("field", ["stream", "tools", "store"])
def test_a_compaction_knows_fewer_fields(field: str) -> None:
    answer = ask(Upstream(), f"{PATH}/compact", {**BASE, field: None})

    assert answer.status == 400
    assert f"Unknown parameter: '{field}'." in json_of(answer)["error"]["message"]
