"""
Messages streams -> stream events.

One frame carries one JSON object; its `type` repeats the frame's event name. Parts ("content blocks") are numbered,
never nested, and may not overlap. There is no terminator but `message_stop`, and an `error` event ends a stream.

Source: `reference` sheets `claude-messages` section 6, `translation` section 12.1, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from cliproxy.conversation.arguments import object_of
from cliproxy.conversation.events import (
    ForeignPart,
    PartEnd,
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    ReplyEnd,
    ReplyError,
    ReplyStart,
    StreamEvent,
    TextCitation,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.proof import read as read_proof
from cliproxy.dialects.anthropic_messages import schema
from cliproxy.dialects.anthropic_messages.citations import read_citation, read_citations
from cliproxy.dialects.anthropic_messages.errors import reply_error
from cliproxy.dialects.anthropic_messages.reply import finish_of, tier_of, usage_of
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.anthropic_messages.traces import kind_of, trace
from cliproxy.dialects.base import Sighting, given, text_of
from cliproxy.wire.body import UNREADABLE, read_leniently, settled
from cliproxy.wire.frames import Frame

_decode_event = msgspec.json.Decoder(schema.Event).decode
_decode_reply = msgspec.json.Decoder(schema.Reply).decode
_decode_block = msgspec.json.Decoder(schema.Block).decode
_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode

_OPENING = ("message_start", "ping", "")
_EMPTY = Raw(b"{}")


def sight(frame: Frame) -> Sighting | None:
    """Return what an event, or a whole reply, tells without being translated."""
    event = _read(frame.data)
    if event is None:
        return None
    if event.type == "error" or given(event.error):
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


def _read(data: bytes) -> schema.Event | None:
    return read_leniently(_decode_event, data)


class StreamDecoder:
    """Events of a Messages stream in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts: dict[int, tuple[int, str]] = {}  # block -> part and kind, of those that are open
        self._foreign: dict[int, tuple[Raw, list[str]]] = {}  # block -> how it was opened, and its input since
        self._silent: dict[int, str] = {}  # part -> arguments its start event brought, in case no delta follows
        self._proven: set[int] = set()  # parts
        self._next = 0
        self._called = False
        self._usages: list[schema.Usage | None] = []
        self._stop: tuple[str | None, str | None] | None = None  # reason and sequence, once they are known
        self._over = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._over:
            return []
        event = _read(frame.data)
        if event is None:
            return []
        if event.type == "content_block_delta" and self._started:
            return self._delta(event)
        if event.type == "error" or given(event.error):
            self._over = True
            return [reply_error(event.error)]
        if event.type == "message_start":
            return self._start(event.message or schema.Reply())
        events: list[StreamEvent] = []
        if not self._started and event.type.startswith(("content_block", "message")):
            events += self._start(schema.Reply())
        match event.type:
            case "content_block_delta":
                events += self._delta(event)
            case "content_block_start":
                events += self._end_block(event.index)
                events += self._start_block(event.index, event.content_block)
            case "content_block_stop":
                events += self._end_block(event.index)
            case "message_delta":
                self._usages.append(event.usage)
                if event.delta is not None and event.delta.stop_reason is not None:
                    self._stop = event.delta.stop_reason, event.delta.stop_sequence
                events.append(UsageUpdate(usage_of(*self._usages)))
            case "message_stop":
                events += self._end()
            case _:
                pass
        return events

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        try:
            reply = _decode_reply(settled(body))
        except UNREADABLE:
            return [ReplyError("the upstream's reply is not a message")]
        if reply.type == "error" or given(reply.error):
            return [reply_error(reply.error)]
        if reply.type != "message":
            return [ReplyError("the upstream's reply is not a message")]
        events = self._start(reply)
        for index, block in enumerate(reply.content or ()):
            events += self._start_block(index, block)
            events += self._end_block(index)
        self._stop = reply.stop_reason, reply.stop_sequence
        return [*events, *self._end()]

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._over:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if self._stop is None or self._parts:
            return [ReplyError("the upstream's stream broke off")]
        return self._end()

    def _start(self, message: schema.Reply) -> list[StreamEvent]:
        self._usages.append(message.usage)
        usage = UsageUpdate(usage_of(*self._usages))
        if self._started:
            return [usage]
        self._started = True
        return [ReplyStart(message.id or "", message.model or "", tier_of(message.usage)), usage]

    def _start_block(self, block: int, raw: Raw) -> list[StreamEvent]:
        try:
            opened = _decode_block(raw if bytes(raw)[:1] == b"{" else _EMPTY)
        except UNREADABLE:
            opened = schema.Block(kind_of(raw))
        index = self._next
        match opened.type:
            case "text":
                events: list[StreamEvent] = [TextStart(index)]
                if opened.text:
                    events.append(TextDelta(index, opened.text))
                events.extend(TextCitation(index, one) for one in read_citations(opened.citations))
            case "thinking":
                events = [ReasoningStart(index)]
                words = text_of(opened.thinking)
                if words:
                    events.append(ReasoningDelta(index, words))
                events += self._prove(index, opened.signature)
            case "redacted_thinking":
                proof = PartProof(index, read_proof(opened.data or "", NAME))
                events = [ReasoningStart(index, redacted=True), proof]
            case "tool_use" if not opened.name:
                return []  # nobody could run it
            case "tool_use":
                self._called = True
                self._silent[index] = bytes(opened.input).decode("utf-8", "replace") if given(opened.input) else "{}"
                events = [ToolCallStart(index, opened.id or "", opened.name or "")]
            case kind:
                if kind:
                    self._foreign[block] = raw.copy(), []
                return []
        self._next += 1
        self._parts[block] = index, opened.type
        return events

    def _delta(self, event: schema.Event) -> list[StreamEvent]:
        delta = event.delta
        if delta is None:
            return []
        part = self._parts.get(event.index)
        if part is None:
            if event.index in self._foreign:
                self._foreign[event.index][1].append(delta.partial_json or delta.content or "")
            return []
        index, kind = part
        match delta.type, kind:
            case "text_delta", "text":
                return [TextDelta(index, delta.text)] if delta.text else []
            case "input_json_delta", "tool_use":
                if not delta.partial_json:
                    return []
                self._silent.pop(index, None)
                return [ToolCallDelta(index, delta.partial_json)]
            case "thinking_delta", "thinking":
                return [ReasoningDelta(index, delta.thinking)] if delta.thinking else []
            case "signature_delta", "thinking":
                return self._prove(index, delta.signature)
            case "citations_delta", "text":
                citation = read_citation(delta.citation.copy()) if given(delta.citation) else None
                return [] if citation is None else [TextCitation(index, citation)]
            case _:
                return []  # a delta of another kind than its block says nothing

    def _prove(self, part: int, signature: str | None) -> list[StreamEvent]:
        """Give a part its proof: one, though it came at the start of its block and again as a delta."""
        if not signature or part in self._proven:
            return []
        self._proven.add(part)
        return [PartProof(part, read_proof(signature, NAME))]

    def _end_block(self, block: int) -> list[StreamEvent]:
        part = self._parts.pop(block, None)
        if part is None:
            opened = self._foreign.pop(block, None)
            return [] if opened is None else [self._foreign_part(*opened)]
        index, _ = part
        whole = self._silent.pop(index, None)
        if whole is not None:
            return [ToolCallDelta(index, whole), PartEnd(index)]
        return [PartEnd(index)]

    def _foreign_part(self, raw: Raw, deltas: list[str]) -> ForeignPart:
        """Return a block without a neutral meaning, with what came after its opening: its input, or a summary."""
        words = "".join(deltas)
        if words:
            fields = _decode_fields(raw)
            summed_up = text_of(fields.get("type", _EMPTY)) == "compaction"
            told = {"content": Raw(_encode(words))} if summed_up else {"input": object_of(words)[0]}
            raw = Raw(_encode(fields | told))
        index = self._next
        self._next += 1
        return ForeignPart(index, trace(raw))

    def _end(self) -> list[StreamEvent]:
        self._over = True
        events = [event for block in [*self._parts, *self._foreign] for event in self._end_block(block)]
        reason, sequence = self._stop or (None, None)
        return [*events, ReplyEnd(finish_of(reason, sequence, called=self._called))]


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    return StreamDecoder().feed_whole(body)
