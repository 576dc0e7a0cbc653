"""
What the official SDKs make of bytes, with no socket: their types, validated strictly, and their own adding up.

The SDKs themselves build their objects without looking; here every field must have the type that they declare, and a
field that they do not know must be one that we mean to send. What is read is compared by `Read`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, get_args

from anthropic._streaming import SSEDecoder as AnthropicFrames
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from google.genai import types as google
from openai import omit
from openai._models import construct_type
from openai._streaming import SSEDecoder
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, ValidationError


class Read(NamedTuple):
    """What a client learns from a reply. Whole or streamed, it should be the same."""

    parts: tuple[Any, ...]  # (kind, text) or (kind, name, arguments), in order
    finish: Any
    output_tokens: int
    failed: bool = False


FAILED = Read((), None, 0, failed=True)

BEYOND_THE_TYPES: dict[
    str, set[str]
] = {  # fields that we mean to send though this SDK's types lack them: others' clients read them
    "openai_chat": {"reasoning_content", "reasoning_details", "extra_content", "annotations", "images", "custom"},
    "openai_responses": {"bytes", "status"},  # OpenAI sends them in log probabilities, and with a custom tool's call
    "anthropic_messages": {"abort_reason"},
    "gemini": {"serviceTier"},  # Google sends it; its SDK drops what it does not know
    "openai_completions": set(),
}
OTHERWISE_TYPED = (  # words that are sent though these types list others
    "service_tier",  # compatible servers have tiers of their own
    "delta.tool_calls.type",  # a chunk's type has functions only; OpenAI streams custom tools too
)
GROWING = ("message", "reasoning", "function_call", "custom_tool_call")


def read_chat(body: bytes) -> Read:
    completion = validated(ChatCompletion, body)
    refuse_unknown(completion, "openai_chat")
    return _read_completion(completion)


def read_chat_stream(chunks: list[bytes]) -> Read:
    state = ChatCompletionStreamState()
    frames = list(SSEDecoder().iter_bytes(iter(chunks)))
    for frame in frames:
        if frame.data == "[DONE]":
            assert frame is frames[-1], "something comes after [DONE]"
            break
        if "error" in json.loads(frame.data):
            return FAILED
        chunk = validated(ChatCompletionChunk, frame.data)
        refuse_unknown(chunk, "openai_chat")
        state.handle_chunk(chunk)
    else:
        raise AssertionError("no [DONE]")
    return _read_completion(state.current_completion_snapshot)


def _read_completion(completion: Any) -> Read:
    parts: list[Any] = []
    for choice in completion.choices:
        message = choice.message
        parts += [("refusal", message.refusal)] if message.refusal else []
        parts += [("text", message.content)] if message.content else []
        for call in message.model_dump()["tool_calls"] or ():
            told = call[call["type"]]
            parts.append((call["type"], told["name"], told["arguments" if call["type"] == "function" else "input"]))
    usage = completion.usage
    finishes = tuple(choice.finish_reason for choice in completion.choices)
    return Read(tuple(parts), finishes, usage.completion_tokens if usage else 0)


def read_completion(body: bytes) -> Read:
    completion = validated(Completion, body)
    refuse_unknown(completion, "openai_completions")
    texts = tuple(("text", choice.text) for choice in completion.choices if choice.text)
    finishes = tuple(choice.finish_reason for choice in completion.choices)
    return Read(texts, finishes, completion.usage.completion_tokens if completion.usage else 0)


def read_completion_stream(chunks: list[bytes]) -> Read:
    texts: dict[int, str] = {}
    finishes: dict[int, str] = {}
    usage = None
    for frame in SSEDecoder().iter_bytes(iter(chunks)):
        if frame.data == "[DONE]":
            break
        value = json.loads(frame.data)
        if "error" in value:
            return FAILED
        for choice in value["choices"]:
            if choice["finish_reason"] is None:  # the SDK has no type of its own for what is not yet finished
                choice["finish_reason"] = "stop"
            else:
                finishes[choice["index"]] = choice["finish_reason"]
        chunk = validated(Completion, json.dumps(value))
        refuse_unknown(chunk, "openai_completions")
        for told in chunk.choices:
            texts[told.index] = texts.get(told.index, "") + told.text
        usage = chunk.usage or usage
    else:
        raise AssertionError("no [DONE]")
    parts = tuple(("text", texts[index]) for index in sorted(texts) if texts[index])
    return Read(parts, tuple(finishes[index] for index in sorted(finishes)), usage.completion_tokens if usage else 0)


def read_response(body: bytes) -> Read:
    response = validated(Response, body)
    refuse_unknown(response, "openai_responses")
    return _read_response(response)


def read_response_stream(chunks: list[bytes]) -> Read:
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    last: Any = None
    for number, frame in enumerate(SSEDecoder().iter_bytes(iter(chunks))):
        kind = json.loads(frame.data)["type"]
        assert frame.event == kind
        last = _read_event(frame.data, kind)
        assert last.sequence_number == number
        if kind in ("error", "response.failed"):
            return FAILED
        refuse_unknown(last, "openai_responses")
        told = state.handle_event(last)
        if kind == "response.completed":
            [last] = told  # with what the SDK made of all events
    assert last.type in ("response.completed", "response.incomplete")
    return _read_response(last.response)


def _read_event(data: str, kind: str) -> Any:
    event = _RESPONSE_EVENTS[kind]
    item = json.loads(data).get("item", {})
    if kind == "response.output_item.added" and item["type"] not in GROWING:
        # OpenAI begins a search without what it searches for, which these types want; so do we.
        assert {"id", "type"} <= item.keys()
        return construct_type(type_=event, value=json.loads(data))
    return validated(event, data)


def _read_response(response: Any) -> Read:
    parts: list[Any] = []
    for item in response.output:
        match item.type:
            case "message":
                parts += [(part.type, getattr(part, "text", None) or part.refusal) for part in item.content]
            case "reasoning":
                parts.append(("reasoning", "".join(part.text for part in item.summary)))
            case "function_call":
                parts.append((item.type, item.name, item.arguments))
            case "custom_tool_call":
                parts.append((item.type, item.name, item.input))
            case kind:
                parts.append((kind,))
    reason = response.incomplete_details and response.incomplete_details.reason
    return Read(tuple(parts), (response.status, reason), response.usage.output_tokens if response.usage else 0)


def read_message(body: bytes) -> Read:
    message = validated(Message, body)
    refuse_unknown(message, "anthropic_messages")
    return _read_message(message)


def read_message_stream(chunks: list[bytes]) -> Read:
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    kind = ""
    for frame in AnthropicFrames().iter_bytes(iter(chunks)):
        kind = json.loads(frame.data)["type"]
        assert frame.event == kind
        if kind == "error":
            return FAILED
        if kind == "ping":
            continue
        event: Any = validated(_MESSAGE_EVENTS[kind], frame.data)
        refuse_unknown(event, "anthropic_messages")
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert kind == "message_stop"
    return _read_message(snapshot)


def _read_message(message: Any) -> Read:
    parts: list[Any] = []
    for block in message.content:
        match block.type:
            case "text":
                parts.append(("text", block.text, len(block.citations or ())))
            case "thinking":
                parts.append(("thinking", block.thinking, block.signature))
            case "tool_use" | "server_tool_use":
                parts.append((block.type, block.name, block.input))
            case kind:
                parts.append((kind,))
    return Read(tuple(parts), (message.stop_reason, message.stop_sequence), message.usage.output_tokens)


def read_gemini(body: bytes) -> Read:
    return _read_gemini([_gemini_answer(json.loads(body))])


def read_gemini_stream(chunks: list[bytes]) -> Read:
    frames = [json.loads(frame.data) for frame in SSEDecoder().iter_bytes(iter(chunks))]
    if any("error" in frame for frame in frames):
        return FAILED
    return _read_gemini([_gemini_answer(frame) for frame in frames])


def _gemini_answer(value: dict[str, Any]) -> google.GenerateContentResponse:
    for name in BEYOND_THE_TYPES["gemini"]:
        value.get("usageMetadata", {}).pop(name, None)
    return google.GenerateContentResponse.model_validate_json(json.dumps(value), strict=True)


def _read_gemini(answers: list[google.GenerateContentResponse]) -> Read:
    parts: list[Any] = []
    finish: Any = None
    for candidate in (candidate for answer in answers for candidate in answer.candidates or ()):
        finish = candidate.finish_reason or finish
        for part in (candidate.content and candidate.content.parts) or ():
            if part.text is not None:
                kind = "thought" if part.thought else "text"
                if parts and parts[-1][0] == kind:
                    parts[-1] = (kind, parts[-1][1] + part.text)
                elif part.text:
                    parts.append((kind, part.text))
            elif part.function_call:
                parts.append(("call", part.function_call.name, part.function_call.args or {}))
            else:
                parts.append(tuple(part.model_fields_set))
    usage = answers[-1].usage_metadata
    spoken = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0) if usage else 0
    return Read(tuple(parts), finish, spoken)


def validated(model: type[BaseModel], data: str | bytes) -> Any:
    """Return an object, each of its fields of the type that the SDK declares."""
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        for problem in error.errors():
            field = ".".join(name for name in problem["loc"] if isinstance(name, str))
            if problem["type"] != "literal_error" or not field.endswith(OTHERWISE_TYPED):
                raise
        return construct_type(type_=model, value=json.loads(data))


def refuse_unknown(model: BaseModel, dialect: str) -> None:
    """Fail where there is a field that the SDK does not know and that we do not mean to send."""
    unknown = set(_unknown_in(model)) - BEYOND_THE_TYPES[dialect]
    assert not unknown, f"the SDK knows no field {sorted(unknown)}"


def _unknown_in(value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.model_extra or ()
        for name in type(value).model_fields:
            yield from _unknown_in(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from _unknown_in(item)


def _by_kind(union: Any) -> dict[str, type[BaseModel]]:
    """Return the events of a union, each by its `type`: validated one by one they tell what is wrong."""
    members: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
    return {kind: member for member in members for kind in get_args(member.model_fields["type"].annotation)}


_MESSAGE_EVENTS = _by_kind(RawMessageStreamEvent)
_RESPONSE_EVENTS = _by_kind(ResponseStreamEvent)

WHOLE: dict[str, Callable[[bytes], Read]] = {
    "openai_chat": read_chat,
    "openai_responses": read_response,
    "anthropic_messages": read_message,
    "gemini": read_gemini,
    "openai_completions": read_completion,
}
STREAMS: dict[str, Callable[[list[bytes]], Read]] = {
    "openai_chat": read_chat_stream,
    "openai_responses": read_response_stream,
    "anthropic_messages": read_message_stream,
    "gemini": read_gemini_stream,
    "openai_completions": read_completion_stream,
}
