"""
Messages streams <-> stream events.

One frame carries one JSON object; its `type` repeats the frame's event name. Parts ("content blocks") are numbered,
never nested, and may not overlap. There is no terminator but `message_stop`, and an `error` event ends a stream.

Source: `reference` sheets `claude-messages` section 6, `translation` section 12, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from cliproxy.conversation.events import (
    ForeignPart,
    MediaPart,
    PartEnd,
    ReasoningDelta,
    ReasoningProof,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.proof import read as read_proof
from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Foreign
from cliproxy.conversation.sequence import InSequence
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.errors import encode_error, reply_error
from cliproxy.dialects.anthropic_messages.reply import (
    call_id,
    finish_of,
    reply_id,
    stop_of,
    usage_object,
    usage_of,
)
from cliproxy.dialects.anthropic_messages.request import NAME
from cliproxy.dialects.base import ReplyContext, Sighting, given
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Frame, Framing

_decode_event = msgspec.json.Decoder(schema.Event).decode
_decode_reply = msgspec.json.Decoder(schema.Reply).decode
_decode_block = msgspec.json.Decoder(schema.Block).decode
_encode = msgspec.json.Encoder().encode

_OPENING = ("message_start", "ping", "")


def sight(frame: Frame) -> Sighting | None:
    """Return what an event, or a whole reply, tells without being translated."""
    try:
        event = _decode_event(frame.data)
    except msgspec.DecodeError:
        return None
    if event.error is not None or event.type == "error":
        return Sighting(error=reply_error(event.error))
    match event.type:
        case "message_start":
            return Sighting(usage=usage_of(event.message.usage) if event.message else None)
        case "message_delta":
            return Sighting(content=True, usage=usage_of(event.usage))
        case "message_stop":
            return Sighting(content=True, end=True)
        case "message":
            return Sighting(content=True, end=True, usage=usage_of(event.usage))
        case "content_block_start":
            return Sighting()  # opens a block, says nothing yet
        case _:
            return Sighting(content=event.type not in _OPENING)


class StreamDecoder:
    """Events of a Messages stream in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts: dict[int, int] = {}  # block -> part, of those that are open
        self._silent: dict[int, str] = {}  # part -> arguments its start event brought, in case no delta follows
        self._next = 0
        self._usages: list[schema.Usage | None] = []
        self._finish: Finish | None = None
        self._stopped = False
        self._failed = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._stopped or self._failed:
            return []
        try:
            event = _decode_event(frame.data)
        except msgspec.DecodeError:
            return []
        match event.type:
            case "content_block_delta":
                return self._delta(event)
            case "content_block_start":
                return self._start_block(event)
            case "content_block_stop":
                return self._end_block(event.index)
            case "message_start":
                return self._start(event.message or schema.Reply())
            case "message_delta":
                self._usages.append(event.usage)
                if event.delta is not None:
                    self._finish = finish_of(event.delta.stop_reason, event.delta.stop_sequence)
                return [UsageUpdate(usage_of(*self._usages))]
            case "message_stop":
                self._stopped = True
                return []
            case "error":
                self._failed = True
                return [reply_error(event.error)]
            case _:
                return []

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._failed:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if self._finish is None or (self._parts and not self._stopped):
            return [ReplyError("the upstream's stream broke off")]
        events = [event for block in list(self._parts) for event in self._end_block(block)]
        return [*events, ReplyEnd(self._finish)]

    def _start(self, message: schema.Reply) -> list[StreamEvent]:
        self._started = True
        self._usages.append(message.usage)
        return [ReplyStart(message.id, message.model), UsageUpdate(usage_of(message.usage))]

    def _start_block(self, event: schema.Event) -> list[StreamEvent]:
        raw = event.content_block if given(event.content_block) else msgspec.Raw(b"{}")
        block = _decode_block(raw)
        index = self._next
        self._next += 1
        match block.type:
            case "text":
                self._parts[event.index] = index
                start: list[StreamEvent] = [TextStart(index)]
                return [*start, TextDelta(index, block.text)] if block.text else start
            case "thinking":
                self._parts[event.index] = index
                events: list[StreamEvent] = [ReasoningStart(index)]
                words = msgspec.json.decode(block.thinking) if given(block.thinking) else ""
                if isinstance(words, str) and words:
                    events.append(ReasoningDelta(index, words))
                if block.signature:
                    events.append(ReasoningProof(index, read_proof(block.signature, NAME)))
                return events
            case "redacted_thinking":
                proof = ReasoningProof(index, read_proof(block.data or "", NAME))
                self._parts[event.index] = index
                return [ReasoningStart(index, redacted=True), proof]
            case "tool_use":
                self._parts[event.index] = index
                whole = bytes(block.input) if given(block.input) else b"{}"
                self._silent[index] = whole.decode()
                return [ToolCallStart(index, block.id or "", block.name or "")]
            case _:
                # A server tool's input arrives in deltas; the block is passed on as it was opened.
                return [ForeignPart(index, Foreign(NAME, block.type, raw.copy()))]

    def _delta(self, event: schema.Event) -> list[StreamEvent]:
        index = self._parts.get(event.index)
        delta = event.delta
        if index is None or delta is None:
            return []
        match delta.type:
            case "text_delta":
                return [TextDelta(index, delta.text)] if delta.text else []
            case "input_json_delta":
                if not delta.partial_json:
                    return []
                self._silent.pop(index, None)
                return [ToolCallDelta(index, delta.partial_json)]
            case "thinking_delta":
                return [ReasoningDelta(index, delta.thinking)] if delta.thinking else []
            case "signature_delta":
                return [ReasoningProof(index, read_proof(delta.signature, NAME))] if delta.signature else []
            case _:
                return []

    def _end_block(self, block: int) -> list[StreamEvent]:
        index = self._parts.pop(block, None)
        if index is None:
            return []
        whole = self._silent.pop(index, None)
        if whole is not None:
            return [ToolCallDelta(index, whole), PartEnd(index)]
        return [PartEnd(index)]


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    try:
        reply = _decode_reply(body)
    except msgspec.DecodeError:
        return [ReplyError("the upstream's reply is not a message")]
    if reply.error is not None or reply.type == "error":
        return [reply_error(reply.error)]
    if reply.type != "message":
        return [ReplyError("the upstream's reply is not a message")]
    decoder = StreamDecoder()
    events = decoder.feed(Frame("", _encode({"type": "message_start", "message": msgspec.Raw(body)})))
    for index, block in enumerate(reply.content):
        events += decoder.feed(
            Frame("", _encode({"type": "content_block_start", "index": index, "content_block": block}))
        )
        events += decoder.feed(Frame("", _encode({"type": "content_block_stop", "index": index})))
    return [*events, ReplyEnd(finish_of(reply.stop_reason, reply.stop_sequence))]


class StreamEncoder:
    """Stream events in, framed events of a Messages stream out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._in_sequence = InSequence()
        self._block = -1  # the open one, or the last
        self._redacted: int | None = None  # a redacted part whose proof is still to come
        self._usage = Usage()
        self._called = False

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        units: list[bytes] = []
        for ordered in self._in_sequence.feed(event):
            units.extend(self._write(ordered))
        return units

    def _write(self, event: StreamEvent) -> list[bytes]:
        match event:
            case TextDelta(_, text):
                return [self._delta(b'"text_delta","text":', text)]
            case ReasoningDelta(_, text):
                return [self._delta(b'"thinking_delta","thinking":', text)]
            case ToolCallDelta(_, arguments):
                return [self._delta(b'"input_json_delta","partial_json":', arguments)]
            case TextStart():
                return [self._start({"type": "text", "text": ""})]
            case ReasoningStart(index, redacted):
                if redacted:
                    self._redacted = index
                    return []
                return [self._start({"type": "thinking", "thinking": "", "signature": ""})]
            case ReasoningProof(index, proof):
                if index == self._redacted:
                    return [self._start({"type": "redacted_thinking", "data": written(proof, NAME)})]
                return [self._delta(b'"signature_delta","signature":', written(proof, NAME))]
            case ToolCallStart(index, id_, name):
                self._called = True
                head: dict[str, object] = {
                    "type": "tool_use",
                    "id": call_id(id_, index, self._context),
                    "name": name,
                    "input": {},
                }
                return [self._start(head)]
            case PartEnd():
                return [_frame("content_block_stop", {"index": self._block})]
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case ForeignPart(_, part):
                if part.dialect != NAME:
                    return []
                block = self._start(msgspec.json.decode(part.body, type=dict[str, object]))
                return [block, _frame("content_block_stop", {"index": self._block})]
            case MediaPart():
                return []
            case ReplyStart(id_, model):
                return [self._begin(id_, model)]
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                error = GatewayError(message, status=status or 502, code=code)
                return [encode_error(error, Framing.EVENT_STREAM)]
            case _:
                assert_never(event)

    def _begin(self, id_: str, model: str) -> bytes:
        context = self._context
        message: dict[str, object] = {
            "id": reply_id(id_, context),
            "type": "message",
            "role": "assistant",
            "model": model or context.head.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_object(self._usage),
        }
        return _frame("message_start", {"message": message})

    def _start(self, block: dict[str, object]) -> bytes:
        self._block += 1
        return _frame("content_block_start", {"index": self._block, "content_block": block})

    def _delta(self, head: bytes, words: str) -> bytes:
        return (
            b"event: content_block_delta\n"
            b'data: {"type":"content_block_delta","index":%d,"delta":{"type":%b%b}}\n\n'
            % (self._block, head, _encode(words))
        )

    def _end(self, finish: Finish) -> list[bytes]:
        if self._called and finish.reason is FinishReason.STOP:
            finish = Finish(FinishReason.TOOL_CALL)
        return [
            _frame("message_delta", {"delta": stop_of(finish), "usage": usage_object(self._usage)}),
            _frame("message_stop", {}),
        ]


def _frame(kind: str, fields: dict[str, object]) -> bytes:
    return sse.frame(_encode({"type": kind} | fields), kind)
