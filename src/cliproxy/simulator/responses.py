"""
OpenAI Responses, as the vendor speaks it.

A reply is a list of items, and a stream tells how each of them grew: added, deltas, done. The last event repeats the
whole response. Every event is numbered. There is no `[DONE]`.

Source: https://platform.openai.com/docs/api-reference/responses-streaming (read 2026-08),
recordings/openai_responses/*.
"""

from collections.abc import Iterator

import msgspec

from cliproxy.simulator import openai_family
from cliproxy.simulator.answer import JsonObject
from cliproxy.simulator.proof import prove
from cliproxy.simulator.responses_request import DIALECT, read
from cliproxy.simulator.talk import Asked, Said, slices, words
from cliproxy.simulator.vendor import CREATED, Refusal, Vendor, bearer, event


def whole(asked: Asked, said: Said, serial: int) -> bytes:
    return msgspec.json.encode(_ended(asked, said, serial))


def frames(asked: Asked, said: Said, serial: int) -> Iterator[bytes]:
    stream = _Stream()
    begun = _response(asked, serial, "in_progress")
    yield stream.frame("response.created", {"response": begun})
    yield stream.frame("response.in_progress", {"response": begun})
    for index, item in enumerate(_items(asked, said, serial)):
        yield stream.frame("response.output_item.added", {"item": _opening(item), "output_index": index})
        yield from _growth(stream, index, item)
        yield stream.frame("response.output_item.done", {"item": item, "output_index": index})
    last = "response.incomplete" if said.finish == "length" else "response.completed"
    yield stream.frame(last, {"response": _ended(asked, said, serial)})


def stream_error(asked: Asked, refusal: Refusal, serial: int, after: int) -> list[bytes]:
    stream = _Stream(after)
    code = refusal.code or openai_family.kind_of(refusal)
    failed = _response(asked, serial, "failed") | {"error": {"code": code, "message": refusal.message}}
    error = {"type": openai_family.kind_of(refusal), "code": code, "message": refusal.message, "param": None}
    return [stream.frame("error", {"error": error}), stream.frame("response.failed", {"response": failed})]


class _Stream:
    """Counts the events."""

    def __init__(self, number: int = 0) -> None:
        self._number = number

    def frame(self, name: str, fields: JsonObject) -> bytes:
        data = {"type": name, **fields, "sequence_number": self._number}
        self._number += 1
        return event(name, data)


def _growth(stream: _Stream, index: int, item: JsonObject) -> Iterator[bytes]:
    at = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "message":
            yield from _text_growth(stream, {**at, "content_index": 0}, item["content"][0])
        case "reasoning":
            for place, part in enumerate(item["summary"]):
                yield from _summary_growth(stream, {**at, "summary_index": place}, part)
        case "function_call":
            for piece in slices(item["arguments"]):
                yield stream.frame("response.function_call_arguments.delta", {"delta": piece, **at})
            yield stream.frame("response.function_call_arguments.done", {"arguments": item["arguments"], **at})
        case "custom_tool_call":
            for piece in slices(item["input"]):
                yield stream.frame("response.custom_tool_call_input.delta", {"delta": piece, **at})
            yield stream.frame("response.custom_tool_call_input.done", {"input": item["input"], **at})


def _text_growth(stream: _Stream, at: JsonObject, part: JsonObject) -> Iterator[bytes]:
    yield stream.frame("response.content_part.added", {**at, "part": {**part, "text": ""}})
    for word in words(part["text"]):
        yield stream.frame("response.output_text.delta", {**at, "delta": word, "logprobs": []})
    yield stream.frame("response.output_text.done", {**at, "logprobs": [], "text": part["text"]})
    yield stream.frame("response.content_part.done", {**at, "part": part})


def _summary_growth(stream: _Stream, at: JsonObject, part: JsonObject) -> Iterator[bytes]:
    yield stream.frame("response.reasoning_summary_part.added", {**at, "part": {**part, "text": ""}})
    for word in words(part["text"]):
        yield stream.frame("response.reasoning_summary_text.delta", {**at, "delta": word})
    yield stream.frame("response.reasoning_summary_text.done", {**at, "text": part["text"]})
    yield stream.frame("response.reasoning_summary_part.done", {**at, "part": part})


def _items(asked: Asked, said: Said, serial: int) -> list[JsonObject]:
    items: list[JsonObject] = []
    if said.reasoning:
        summary = [{"type": "summary_text", "text": said.reasoning}] if asked.shows_reasoning else []
        item: JsonObject = {"id": f"rs_{serial:032x}", "type": "reasoning", "summary": summary}
        items.append(item | ({"encrypted_content": prove(DIALECT, said.reasoning)} if asked.wants_proof else {}))
    if said.text:
        status = "incomplete" if said.finish == "length" else "completed"
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": said.text}
        message = {"type": "message", "status": status, "content": [part], "role": "assistant"}
        items.append({"id": f"msg_{serial:032x}", **message})
    return items + [_call(said, place, serial) for place in range(len(said.calls))]


def _call(said: Said, place: int, serial: int) -> JsonObject:
    call = said.calls[place]
    named = {"call_id": f"call_{serial:020x}{place:04x}", "name": call.tool.name}
    if call.tool.namespace:
        named["namespace"] = call.tool.namespace
    if call.tool.schema is None:
        head = {"id": f"ctc_{serial:028x}{place:04x}", "type": "custom_tool_call", "status": "completed"}
        return {**head, **named, "input": call.arguments}
    head = {"id": f"fc_{serial:028x}{place:04x}", "type": "function_call", "status": "completed"}
    return {**head, "arguments": call.arguments, **named}


def _opening(item: JsonObject) -> JsonObject:
    """Return an item as it looks before anything of it was said."""
    empty: JsonObject = {"content": [], "summary": [], "arguments": "", "input": "", "status": "in_progress"}
    return {key: empty.get(key, value) for key, value in item.items()}


def _ended(asked: Asked, said: Said, serial: int) -> JsonObject:
    ended = _response(asked, serial, "incomplete" if said.finish == "length" else "completed")
    if said.finish == "length":
        ended["incomplete_details"] = {"reason": "max_output_tokens"}
    else:
        ended["completed_at"] = CREATED + 1
    return ended | {"output": _items(asked, said, serial), "usage": _usage(asked, said)}


def _response(asked: Asked, serial: int, status: str) -> JsonObject:
    return {
        "id": f"resp_{serial:032x}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "output": [],
        "service_tier": "default",
        "usage": None,
        **asked.echo,
    }


def _usage(asked: Asked, said: Said) -> JsonObject:
    return {
        "input_tokens": asked.input_words,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said.output_tokens,
        "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        "total_tokens": asked.input_words + said.output_tokens,
    }


def _count(asked: Asked) -> bytes:
    return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": asked.input_words})


def _compact(asked: Asked, serial: int) -> bytes:
    """What the user said last stays; the rest becomes one item that only its maker can read."""
    content = [{"type": "input_text", "text": asked.text}]
    said = {"id": f"msg_{serial:032x}", "type": "message", "status": "completed", "role": "user", "content": content}
    rest = {"id": f"cmp_{serial:032x}", "type": "compaction", "encrypted_content": prove(DIALECT, asked.text)}
    compaction = {
        "id": f"resp_{serial:032x}",
        "object": "response.compaction",
        "created_at": CREATED,
        "output": [said, rest] if asked.text else [rest],
        "usage": _usage(asked, Said()),
    }
    return msgspec.json.encode(compaction)


VENDOR = Vendor(
    dialect=DIALECT,
    key_of=bearer,
    read=read,
    whole=whole,
    frames=frames,
    count=_count,
    compact=_compact,
    models=openai_family.models,
    problems=openai_family.PROBLEMS,
    error_body=openai_family.error_body,
    stream_error=stream_error,
    opening=2,
    usual=openai_family.USUAL,
    overload=503,
    request_id=openai_family.request_id,
)
