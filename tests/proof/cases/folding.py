"""
A stream as the document that expectations look at: its payloads, and one reply that they add up to.

How text is cut into deltas must not matter to a case, so `final` is the stream as its client would put it together.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from cliproxy.testing.grammar import violations
from cliproxy.wire.frames import Frame

Json = dict[str, Any]
DONE = b"[DONE]"


def document(dialect: str, frames: Sequence[Frame]) -> Json:
    """Return the document of a stream in one of our dialects."""
    told = [frame for frame in frames if frame.data.strip() != DONE]
    events = [json.loads(frame.data) for frame in told]
    types = [_type_of(event) for event in events]
    by_type: defaultdict[str, list[Json]] = defaultdict(list)
    for kind, event in zip(types, events, strict=True):
        by_type[kind].append(event)
    return {
        "events": events,
        "names": [frame.event or None for frame in told],
        "types": types,
        "by_type": by_type,
        "done": len(told) < len(frames),
        "final": _FOLDS[dialect](events),
        "violations": violations(dialect, frames),
    }


def _type_of(event: Json) -> str:
    if "type" in event:
        return str(event["type"])
    if "error" in event and not event.keys() & {"candidates", "choices"}:
        return "error"
    return str(event.get("object") or "")


def _value(text: str) -> Any:
    """Return arguments as the JSON they hold, nothing as an empty object, anything else as it is."""
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        return text


def _messages(events: list[Json]) -> Json:
    message: Json = {"content": [], "stop_reason": None, "usage": {}}
    blocks: dict[int, Json] = {}
    inputs: defaultdict[int, str] = defaultdict(str)
    for event in events:
        match event["type"]:
            case "message_start":
                told = dict(event["message"])
                message["usage"] |= told.pop("usage", None) or {}
                told.pop("content", None)
                message |= told
            case "content_block_start":
                blocks[event["index"]] = dict(event["content_block"])
                message["content"].append(blocks[event["index"]])
            case "content_block_delta":
                _messages_delta(blocks[event["index"]], event["delta"], inputs, event["index"])
            case "content_block_stop" if inputs[event["index"]]:
                blocks[event["index"]]["input"] = _value(inputs[event["index"]])
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event.get("usage") or {}
            case "error":
                message["error"] = event["error"]
            case _:
                pass
    return message


def _messages_delta(block: Json, delta: Json, inputs: defaultdict[int, str], index: int) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            inputs[index] += delta["partial_json"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])
        case _:
            pass


def _chat(events: list[Json]) -> Json:
    whole: Json = {"usage": None}
    choices: dict[int, Json] = {}
    for event in events:
        whole |= {name: event[name] for name in ("id", "model", "created", "service_tier", "error") if event.get(name)}
        whole["usage"] = event.get("usage") or whole["usage"]
        for told in event.get("choices") or ():
            choice = choices.setdefault(told["index"], _new_choice(told["index"]))
            _chat_delta(choice["message"], told.get("delta") or {})
            if told.get("finish_reason"):
                choice["finish_reason"] = told["finish_reason"]
                choice["finish_reasons"].append(told["finish_reason"])
    for choice in choices.values():
        for call in choice["message"]["tool_calls"]:
            call["input"] = _value(call["arguments"])
    return whole | {"choices": [choices[index] for index in sorted(choices)]}


def _new_choice(index: int) -> Json:
    message: Json = {"role": None, "content": None, "reasoning_content": None, "tool_calls": []}
    return {"index": index, "message": message, "finish_reason": None, "finish_reasons": []}


def _chat_delta(message: Json, delta: Json) -> None:
    message["role"] = delta.get("role") or message["role"]
    for name in ("content", "reasoning_content", "refusal"):
        if delta.get(name) is not None:
            message[name] = (message.get(name) or "") + delta[name]
    for name in ("images", "annotations"):
        if delta.get(name):
            message.setdefault(name, []).extend(delta[name])
    for fragment in delta.get("tool_calls") or ():
        index, told = fragment.get("index", 0), fragment.get("function") or fragment.get("custom") or {}
        call = next((call for call in message["tool_calls"] if call["index"] == index), None)
        if call is None:
            call = {"index": index, "id": None, "name": None, "arguments": ""}
            message["tool_calls"].append(call)
        call["id"] = fragment.get("id") or call["id"]
        call["name"] = told.get("name") or call["name"]
        call["arguments"] += told.get("arguments") or told.get("input") or ""


def _completions(events: list[Json]) -> Json:
    usage = None
    choices: dict[int, Json] = {}
    for event in events:
        usage = event.get("usage") or usage
        for told in event.get("choices") or ():
            choice = choices.setdefault(told["index"], {"index": told["index"], "text": "", "finish_reason": None})
            choice["text"] += told.get("text") or ""
            choice["finish_reason"] = told.get("finish_reason") or choice["finish_reason"]
    return {"choices": [choices[index] for index in sorted(choices)], "usage": usage}


def _responses(events: list[Json]) -> Json:
    whole: Json = {"status": None, "usage": None, "output": None, "text": "", "reasoning": ""}
    items: dict[int, Json] = {}
    for event in events:
        kind, delta = event["type"], event.get("delta", "")
        item = items.get(event.get("output_index", 0))
        if kind == "response.output_item.added":
            items[event["output_index"]] = _new_item(event["item"]) | {"added": event["item"]}
        elif kind == "response.output_item.done":
            items.setdefault(event["output_index"], _new_item(event["item"]))["done"] = event["item"]
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            told = event["response"]
            whole |= {name: told.get(name) for name in ("status", "usage", "output")} | {"response": told}
        elif kind == "error":
            whole["error"] = event
        elif kind == "response.output_text.delta":
            whole["text"] += delta
        elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            whole["reasoning"] += delta
        if item is not None and kind.endswith("text.delta"):
            item["text"] += delta
        elif item is not None and kind.endswith(("arguments.delta", "input.delta")):
            item["arguments"] += delta
    for item in items.values():
        last = item["done"] or item["added"]
        item["name"] = last.get("name")
        if item["type"] in ("function_call", "custom_tool_call"):
            item["input"] = _value(last.get("arguments") or last.get("input") or item["arguments"])
    numbers = [event["sequence_number"] for event in events if "sequence_number" in event]
    increases = all(one < other for one, other in itertools.pairwise(numbers))
    return whole | {"items": [items[index] for index in sorted(items)], "sequence_increases": increases}


def _new_item(item: Json) -> Json:
    return {"type": item.get("type"), "added": None, "done": None, "text": "", "arguments": ""}


def _gemini(events: list[Json]) -> Json:
    whole: Json = {"parts": [], "finishReason": None, "finish_reasons": [], "usageMetadata": None}
    for event in events:
        told = event.get("response", event)
        whole |= {
            name: told[name] for name in ("error", "responseId", "modelVersion", "usageMetadata") if told.get(name)
        }
        for candidate in told.get("candidates") or ():
            for part in (candidate.get("content") or {}).get("parts") or ():
                _join(whole["parts"], part)
            if candidate.get("finishReason"):
                whole["finishReason"] = candidate["finishReason"]
                whole["finish_reasons"].append(candidate["finishReason"])
    return whole


def _join(parts: list[Json], part: Json) -> None:
    """Add a part; words join those before them that are of the same kind and not signed yet."""
    last = parts[-1] if parts else {}
    is_text = "text" in part and "functionCall" not in part
    if is_text and "text" in last and "thoughtSignature" not in last and last.get("thought") == part.get("thought"):
        parts[-1] = last | part | {"text": last["text"] + part["text"]}
    else:
        parts.append(dict(part))


_FOLDS = {
    "anthropic_messages": _messages,
    "openai_chat": _chat,
    "openai_completions": _completions,
    "openai_responses": _responses,
    "gemini": _gemini,
}
