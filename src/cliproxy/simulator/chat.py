"""
OpenAI Chat Completions, as the vendor speaks it.

Unnamed frames; the first one of a choice gives the role, exactly one gives the finish reason, `[DONE]` ends.
Reasoning travels in `reasoning_content`, which is what compatible servers send.

Source: https://platform.openai.com/docs/api-reference/chat (read 2026-08), recordings/openai_chat/*.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import msgspec

from cliproxy.simulator import openai_family
from cliproxy.simulator.answer import JsonObject, Request
from cliproxy.simulator.loose import image_at, mapping, mappings, number, parts, string, text_of
from cliproxy.simulator.talk import Asked, Choice, Image, Said, Tool, ToolResult, count_words, slices, words
from cliproxy.simulator.vendor import CREATED, Refusal, Refused, Vendor, bearer, event

FINISH_REASONS = {"stop": "stop", "length": "length", "calls": "tool_calls"}
CHOICES: dict[str, Choice] = {"auto": "auto", "none": "none", "required": "any"}
DONE = b"data: [DONE]\n\n"


def read(_request: Request, body: JsonObject) -> Asked:
    messages = _checked(body)
    since = list(takewhile(lambda message: message.get("role") != "assistant", reversed(messages)))[::-1]
    results = tuple(_result(message) for message in since if message.get("role") in ("tool", "function"))
    users = [message for message in (since if results else messages) if message.get("role") == "user"]
    last = users[-1].get("content") if users else None
    choice, chosen = _choice(body.get("tool_choice", body.get("function_call")))
    form = mapping(body.get("response_format"))
    return Asked(
        model=string(body.get("model")),
        stream=body.get("stream") is True,
        text=text_of(last),
        system="\n".join(text_of(m.get("content")) for m in messages if m.get("role") in ("system", "developer")),
        images=_images(last),
        results=results,
        tools=_tools(body),
        choice=choice,
        chosen=chosen,
        parallel=body.get("parallel_tool_calls") is not False,
        wants_json=form.get("type") in ("json_object", "json_schema"),
        schema=mapping(form.get("json_schema")).get("schema"),
        wants_reasoning=body.get("reasoning_effort", "none") not in (None, "none"),
        wants_usage=mapping(body.get("stream_options")).get("include_usage") is True,
        limit=number(body.get("max_completion_tokens", body.get("max_tokens"))),
        input_words=count_words(text_of(message.get("content")) for message in messages),
    )


def whole(asked: Asked, said: Said, serial: int) -> bytes:
    message: JsonObject = {"role": "assistant", "content": said.text or None, "refusal": None, "annotations": []}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = [_call(said, index, serial) for index in range(len(said.calls))]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH_REASONS[said.finish]}
    return msgspec.json.encode(
        {
            "id": _id(serial),
            "object": "chat.completion",
            "created": CREATED,
            "model": asked.model,
            "choices": [choice],
            "usage": _usage(asked, said),
            "service_tier": "default",
            "system_fingerprint": None,
        }
    )


def frames(asked: Asked, said: Said, serial: int) -> Iterator[bytes]:
    def chunk(delta: JsonObject, finish: str | None = None) -> bytes:
        return _chunk(asked, serial, [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}], None)

    yield chunk({"role": "assistant", "content": None if said.calls and not said.text else "", "refusal": None})
    for word in words(said.reasoning):
        yield chunk({"reasoning_content": word})
    for word in words(said.text):
        yield chunk({"content": word})
    for index, call in enumerate(said.calls):
        opening = _call(said, index, serial)
        field = "function" if opening["type"] == "function" else "custom"
        key = "arguments" if field == "function" else "input"
        yield chunk({"tool_calls": [{"index": index, **opening, field: {**opening[field], key: ""}}]})
        for piece in slices(call.arguments):
            yield chunk({"tool_calls": [{"index": index, field: {key: piece}}]})
    yield chunk({}, FINISH_REASONS[said.finish])
    if asked.wants_usage:
        yield _chunk(asked, serial, [], _usage(asked, said))
    yield DONE


def stream_error(_asked: Asked, refusal: Refusal, _serial: int, _after: int) -> list[bytes]:
    error = {"message": refusal.message, "type": openai_family.kind_of(refusal), "param": None, "code": refusal.code}
    return [event(None, {"error": error})]


def _checked(body: JsonObject) -> list[JsonObject]:
    """Return the messages, or refuse them the way the vendor does."""
    if not string(body.get("model")):
        raise Refused("you must provide a model parameter")
    if not isinstance(body.get("messages"), list):
        raise Refused("Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter")
    messages = mappings(body["messages"])
    if not messages:
        raise Refused(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    _check_calls_are_answered(messages)
    return messages


def _check_calls_are_answered(messages: list[JsonObject]) -> None:
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with"
                    " 'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            open_calls.discard(string(message.get("tool_call_id")))
        elif open_calls:
            break
        else:
            open_calls = {string(call.get("id")) for call in mappings(message.get("tool_calls"))}
    if open_calls:
        ids = ", ".join(sorted(open_calls))
        raise Refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
            f" 'tool_call_id'. The following tool_call_ids did not have response messages: {ids}",
            param="messages",
        )


def _result(message: JsonObject) -> ToolResult:
    content = message.get("content")
    return ToolResult(string(message.get("tool_call_id")), text_of(content), _images(content))


def _images(content: Any) -> tuple[Image, ...]:
    urls = (mapping(part.get("image_url")).get("url") for part in parts(content) if part.get("type") == "image_url")
    return tuple(image_at(string(url)) for url in urls)


def _tools(body: JsonObject) -> tuple[Tool, ...]:
    offered = [
        mapping(tool.get(string(tool.get("type")))) | {"_": tool.get("type")} for tool in mappings(body.get("tools"))
    ]
    offered += [{**function, "_": "function"} for function in mappings(body.get("functions"))]
    return tuple(
        Tool(string(tool.get("name")), mapping(tool.get("parameters")) if tool["_"] == "function" else None)
        for tool in offered
        if tool["_"] in ("function", "custom")
    )


def _choice(value: Any) -> tuple[Choice, str]:
    if isinstance(value, str):
        return CHOICES.get(value, "auto"), ""
    named = mapping(value)
    if named.get("type") == "allowed_tools":
        return _choice(mapping(named.get("allowed_tools")).get("mode"))
    inner = mapping(named.get("function", named.get("custom"))) or named
    name = string(inner.get("name"))
    return ("named", name) if name else ("auto", "")


def _call(said: Said, index: int, serial: int) -> JsonObject:
    call = said.calls[index]
    call_id = f"call_{serial:020x}{index:04x}"
    if call.tool.schema is None:
        return {"id": call_id, "type": "custom", "custom": {"name": call.tool.name, "input": call.arguments}}
    return {"id": call_id, "type": "function", "function": {"name": call.tool.name, "arguments": call.arguments}}


def _chunk(asked: Asked, serial: int, choices: list[JsonObject], usage: JsonObject | None) -> bytes:
    chunk: JsonObject = {
        "id": _id(serial),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": asked.model,
        "service_tier": "default",
        "system_fingerprint": None,
        "choices": choices,
    }
    if asked.wants_usage:
        chunk["usage"] = usage
    return event(None, chunk)


def _usage(asked: Asked, said: Said) -> JsonObject:
    return {
        "prompt_tokens": asked.input_words,
        "completion_tokens": said.output_tokens,
        "total_tokens": asked.input_words + said.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": said.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _count(asked: Asked) -> bytes:
    return msgspec.json.encode({"input_tokens": asked.input_words})


def _id(serial: int) -> str:
    return f"chatcmpl-{serial:024x}"


VENDOR = Vendor(
    dialect="openai_chat",
    key_of=bearer,
    read=read,
    whole=whole,
    frames=frames,
    count=_count,
    models=openai_family.models,
    problems=openai_family.PROBLEMS,
    error_body=openai_family.error_body,
    stream_error=stream_error,
    opening=1,
    usual=openai_family.USUAL,
    overload=503,
    request_id=openai_family.request_id,
)
