"""
What a stream may look like, dialect by dialect: a checker that shares no code with the encoders.

It is as strict as the strictest client that was measured, so it holds for what we write; many upstreams would fail.

Source: `reference` sheets `translation` section 12.2, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from cliproxy.wire.frames import Frame

_DELTAS = {
    "text_delta": ("text",),
    "citations_delta": ("text",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("thinking",),
    "input_json_delta": ("tool_use", "server_tool_use", "mcp_tool_use"),
}


def violations(dialect_name: str, frames: Sequence[Frame]) -> list[str]:
    """
    Return what the frames of one whole stream do that their dialect forbids, in the order it happens.

    Raises:
        LookupError: No grammar is written for this dialect.
    """
    return list(_GRAMMARS[dialect_name](frames))


def _payloads(frames: Sequence[Frame]) -> Iterator[tuple[int, Frame, Any]]:
    for place, frame in enumerate(frames):
        try:
            yield place, frame, msgspec.json.decode(frame.data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield place, frame, None


def _chat(frames: Sequence[Frame]) -> Iterator[str]:
    identity: tuple[object, ...] | None = None
    calls: set[int] = set()
    finished = ended = spoken = counted = False
    for place, frame, chunk in _payloads(frames):
        if ended:
            yield f"{place}: a frame after the end"
        if frame.data == b"[DONE]":
            ended = True
            if not finished:
                yield f"{place}: [DONE] before a finish_reason"
            continue
        if not isinstance(chunk, dict):
            yield f"{place}: no JSON object"
            continue
        if "error" in chunk:
            ended = True
            continue
        head = (chunk.get("id"), chunk.get("created"), chunk.get("model"))
        if not all(head) or identity not in (None, head):
            yield f"{place}: id, created and model are {head}, before {identity}"
        identity = head
        if chunk.get("object") != "chat.completion.chunk":
            yield f"{place}: object is {chunk.get('object')!r}"
        if not isinstance(chunk.get("choices"), list):
            yield f"{place}: choices is no list"
            continue
        if chunk.get("usage") is not None:
            if counted or not finished:
                yield f"{place}: usage twice, or before the finish_reason"
            counted = True
        for choice in chunk["choices"]:
            delta = choice.get("delta")
            if choice.get("index") != 0 or not isinstance(delta, dict):
                yield f"{place}: a choice without index 0 or delta"
                continue
            if not spoken and delta.get("role") != "assistant":
                yield f"{place}: the first delta has no role"
            spoken = True
            if finished and (delta or choice.get("finish_reason")):
                yield f"{place}: content or a second finish_reason after the finish_reason"
            for fragment in delta.get("tool_calls") or ():
                yield from _chat_fragment(place, fragment, calls)
            finished = finished or choice.get("finish_reason") is not None
    if not ended:
        yield "the stream has no end"


def _chat_fragment(place: int, fragment: dict[str, Any], calls: set[int]) -> Iterator[str]:
    index = fragment.get("index")
    function = fragment.get("function") or {}
    if not isinstance(index, int):
        yield f"{place}: a fragment of a call without index"
    elif index in calls:
        if fragment.get("id") or function.get("name"):
            yield f"{place}: call {index} is named again"
    else:
        if index != len(calls):
            yield f"{place}: call {index} opens after {len(calls)} others"
        if not fragment.get("id") or not function.get("name") or fragment.get("type") != "function":
            yield f"{place}: call {index} opens without id, type or name"
        calls.add(index)


class _MessagesState:
    def __init__(self) -> None:
        self.started = self.told = self.ended = False
        self.blocks = 0
        self.open: str | None = None  # kind of the open block
        self.signed = False


def _messages(frames: Sequence[Frame]) -> Iterator[str]:
    state = _MessagesState()
    for place, frame, event in _payloads(frames):
        if not isinstance(event, dict):
            yield f"{place}: no JSON object"
            continue
        kind = event.get("type")
        if frame.event != kind:
            yield f"{place}: the event is named {frame.event!r}, its type is {kind!r}"
        if state.ended:
            yield f"{place}: {kind} after the end"
        if kind == "ping":
            continue
        if kind == "error":
            state.ended = True
            continue
        if not state.started and kind != "message_start":
            yield f"{place}: {kind} before message_start"
        for problem in _messages_event(kind, event, state):
            yield f"{place}: {problem}"
    if not state.ended:
        yield "the stream has no end"


def _messages_event(kind: object, event: dict[str, Any], state: _MessagesState) -> Iterator[str]:
    match kind:
        case "message_start":
            if state.started:
                yield "a second message_start"
            if not isinstance((event.get("message") or {}).get("usage"), dict):
                yield "message_start without usage"
            state.started = True
        case "content_block_start":
            if state.open is not None:
                yield f"a block opens inside a {state.open} block"
            if event.get("index") != state.blocks:
                yield f"block {event.get('index')} opens after {state.blocks} others"
            if state.told:
                yield "a block opens after message_delta"
            state.open, state.signed = str((event.get("content_block") or {}).get("type")), False
            state.blocks += 1
        case "content_block_delta":
            delta = event.get("delta") or {}
            if event.get("index") != state.blocks - 1 or state.open not in _DELTAS.get(str(delta.get("type")), ()):
                yield f"{delta.get('type')} for block {event.get('index')}, where a {state.open} block is open"
            if state.signed:
                yield "a delta after the signature"
            state.signed = delta.get("type") == "signature_delta"
        case "content_block_stop":
            if state.open is None or event.get("index") != state.blocks - 1:
                yield f"block {event.get('index')} stops, which is not open"
            state.open = None
        case "message_delta":
            if state.open is not None or state.told:
                yield "message_delta twice, or inside a block"
            if not (event.get("delta") or {}).get("stop_reason") or "output_tokens" not in (event.get("usage") or {}):
                yield "message_delta without stop_reason or usage"
            state.told = True
        case "message_stop":
            if not state.told:
                yield "message_stop without message_delta"
            state.ended = True
        case _:
            yield f"an event of type {kind!r}"


_GRAMMARS: dict[str, Callable[[Sequence[Frame]], Iterator[str]]] = {
    "openai_chat": _chat,
    "anthropic_messages": _messages,
}
