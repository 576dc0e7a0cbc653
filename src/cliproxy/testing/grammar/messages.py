"""
Messages: blocks numbered from 0, one after another; a `message_delta` with reason and usage; one `message_stop`.

Source: `reference` sheets `dialects/claude-messages` section 6, `real clients` section 2 (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.testing.grammar.reading import Json, Problems, is_count, is_text, lacking, objects, payload
from cliproxy.wire.frames import Frame

_DELTAS = {
    "text_delta": ("text",),
    "citations_delta": ("text",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("thinking",),
    "input_json_delta": ("tool_use", "server_tool_use", "mcp_tool_use"),
    "compaction_delta": ("compaction",),
}
_NEEDED = {  # what the SDKs read of a block without looking whether it is there
    "text": ("text",),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
    "tool_use": ("id", "name", "input"),
    "server_tool_use": ("id", "name", "input"),
}
STOPS = (
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
)


class Stream:
    """Checks a stream of named events."""

    def __init__(self) -> None:
        self._started = self._told = self._ended = self._called = False
        self._blocks = 0
        self._open: str | None = None  # kind of the open block
        self._signed = False

    def feed(self, frame: Frame) -> Problems:
        """Give out what is wrong with an event."""
        event = payload(frame)
        if event is None:
            yield "no JSON object"
            return
        kind = event.get("type")
        if frame.event != kind:
            yield f"the event is named {frame.event!r}, its type is {kind!r}"
        if self._ended:
            yield f"{kind} after the end"
        if kind == "ping":
            return
        if kind == "error":
            self._ended = True
            return
        if not self._started and kind != "message_start":
            yield f"{kind} before message_start"
        yield from self._event(kind, event)

    def close(self) -> Problems:
        """Give out what is missing."""
        if not self._ended:
            yield "the stream has no end"

    def _event(self, kind: object, event: Json) -> Problems:
        match kind:
            case "message_start":
                if self._started:
                    yield "a second message_start"
                yield from _start_problems(event.get("message"))
                self._started = True
            case "content_block_start":
                yield from self._start_block(event)
            case "content_block_delta":
                delta = event.get("delta") or {}
                if event.get("index") != self._blocks - 1 or self._open not in _DELTAS.get(str(delta.get("type")), ()):
                    yield f"{delta.get('type')} for block {event.get('index')}, where a {self._open} block is open"
                if self._signed:
                    yield "a delta after the signature"
                self._signed = delta.get("type") == "signature_delta"
            case "content_block_stop":
                if self._open is None or event.get("index") != self._blocks - 1:
                    yield f"block {event.get('index')} stops, which is not open"
                self._open = None
            case "message_delta":
                yield from self._tell(event)
            case "message_stop":
                if not self._told:
                    yield "message_stop without message_delta"
                self._ended = True
            case _:
                yield f"an event of type {kind!r}"

    def _start_block(self, event: Json) -> Problems:
        block = event.get("content_block") or {}
        kind = str(block.get("type"))
        if self._open is not None:
            yield f"a block opens inside a {self._open} block"
        if event.get("index") != self._blocks:
            yield f"block {event.get('index')} opens after {self._blocks} others"
        if self._told:
            yield "a block opens after message_delta"
        if kind == "tool_use" and (not is_text(block.get("id")) or not is_text(block.get("name"))):
            yield "a call opens without id or name"
        self._called = self._called or kind == "tool_use"
        self._open, self._signed = kind, False
        self._blocks += 1

    def _tell(self, event: Json) -> Problems:
        if self._open is not None or self._told:
            yield "message_delta twice, or inside a block"
        reason = (event.get("delta") or {}).get("stop_reason")
        if not reason or not is_count((event.get("usage") or {}).get("output_tokens")):
            yield "message_delta without stop_reason or usage"
        else:
            yield from _stop_problems(reason, called=self._called)
        self._told = True


def _start_problems(message: object) -> Problems:
    if not isinstance(message, dict) or not isinstance(message.get("usage"), dict):
        yield "message_start without usage"


def _stop_problems(reason: object, *, called: bool) -> Problems:
    if reason not in STOPS:
        yield f"stop_reason is {reason!r}"
    elif reason == "end_turn" and called:
        yield "stop_reason is end_turn, and there are calls"
    elif reason == "tool_use" and not called:
        yield "stop_reason is tool_use, and there are no calls"


def whole(reply: Json) -> Problems:
    """Give out what is wrong with a whole reply."""
    if reply.get("type") != "message" or reply.get("role") != "assistant":
        yield "it is no assistant's message"
    if not is_text(reply.get("id")) or not is_text(reply.get("model")):
        yield "id or model is missing"
    for name in lacking(reply, ("content", "stop_reason", "stop_sequence", "usage")):
        yield f"{name} is missing"
    if not isinstance(reply.get("content"), list):
        yield "content is no list"
    blocks = objects(reply.get("content"))
    for block in blocks:
        for name in lacking(block, ("type", *_NEEDED.get(str(block.get("type")), ()))):
            yield f"a {block.get('type')} block without {name}"
        if block.get("type") == "tool_use" and not isinstance(block.get("input"), dict):
            yield "a call's input is no object"
    yield from _stop_problems(reply.get("stop_reason"), called=any(block.get("type") == "tool_use" for block in blocks))
    usage = reply.get("usage") or {}
    if not is_count(usage.get("input_tokens")) or not is_count(usage.get("output_tokens")):
        yield "usage without its two counts"
