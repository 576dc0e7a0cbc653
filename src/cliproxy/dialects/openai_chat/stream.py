"""
Chat Completions streams <-> stream events.

A stream is unnamed events, one chunk each, ended by `[DONE]`, which some speakers leave out. Fragments of tool calls
carry an index that some speakers leave at 0 for all calls: a new id is then a new call. What a chunk says after its
finish reason still counts, so the reply ends only with the stream.

Source: `reference` sheets `openai-chat` section 6, `translation` section 12, wire oddities (read 2026-11-21).
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
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Reasoning
from cliproxy.dialects.base import ABSENT, ReplyContext, Sighting, given, text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.errors import read_error
from cliproxy.dialects.openai_chat.reply import (
    FINISH_WORDS,
    call_id,
    finish_of,
    reasoning_detail,
    reply_id,
    usage_object,
    usage_of,
)
from cliproxy.dialects.openai_chat.request import proofs
from cliproxy.dialects.openai_family import error_object
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Frame

_DONE = b"[DONE]"

_decode_chunk = msgspec.json.Decoder(schema.Chunk).decode
_decode_part = msgspec.json.Decoder(schema.Part).decode
_encode = msgspec.json.Encoder().encode


def sight(frame: Frame) -> Sighting | None:
    """Return what a chunk, or a whole reply, tells without being translated."""
    if frame.data == _DONE:
        return Sighting(end=True)
    try:
        chunk = _decode_chunk(frame.data)
    except msgspec.DecodeError:
        return None
    if _is_error(chunk) or frame.event == "error":
        return Sighting(error=read_error(chunk.error if given(chunk.error) else frame.data))
    content = end = False
    for choice in chunk.choices or ():
        end = end or choice.finish_reason is not None or choice.message is not None
        content = content or choice.message is not None or (choice.delta is not None and _has_content(choice.delta))
    return Sighting(content or end, end, usage_of(chunk.usage) if chunk.usage else None)


def _is_error(chunk: schema.Chunk) -> bool:
    return given(chunk.error) and bytes(chunk.error) != b"{}" and not chunk.choices


def _has_content(delta: schema.Delta) -> bool:
    return bool(
        delta.content
        or delta.refusal
        or delta.tool_calls
        or delta.reasoning_details
        or text_of(delta.reasoning_content)
        or text_of(delta.reasoning)
    )


class _Call:
    """A call whose fragments are still coming."""

    def __init__(self, index: int, id_: str) -> None:
        self.key = index
        self.id = id_
        self.name = ""
        self.arguments: list[str] = []  # held back until the name is known
        self.part: int | None = None  # its number, once it has been opened


class StreamDecoder:
    """Chunks in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts = 0
        self._open: tuple[str, int] | None = None  # kind and number of the text or reasoning being written
        self._calls: list[_Call] = []
        self._finish: str | None = None
        self._done = False
        self._failed = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._done or self._failed:
            return []
        if frame.data == _DONE:
            self._done = True
            return []
        try:
            chunk = _decode_chunk(frame.data)
        except msgspec.DecodeError:
            return []
        if _is_error(chunk) or frame.event == "error":
            self._failed = True
            return [read_error(chunk.error if given(chunk.error) else frame.data)]
        return self._chunk(chunk)

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        try:
            reply = _decode_chunk(body)
        except msgspec.DecodeError:
            return [ReplyError("the upstream's reply is not a chat completion")]
        if _is_error(reply):
            return [read_error(reply.error)]
        if not reply.choices:
            return [ReplyError("the upstream's reply has no choices")]
        self._done = True
        return self._chunk(reply)

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._failed:
            return []
        events: list[StreamEvent] = []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if self._finish is None and not self._done:
            return [ReplyError("the upstream's stream broke off")]
        for call in self._calls:
            if call.part is None and (call.name or call.arguments):
                events.extend(self._open_call(call))
        self._leave(events)
        events.extend(PartEnd(call.part) for call in self._calls if call.part is not None)
        called = any(call.part is not None for call in self._calls)
        events.append(ReplyEnd(finish_of(self._finish, called=called)))
        return events

    def _chunk(self, chunk: schema.Chunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._started:
            self._started = True
            events.append(ReplyStart(chunk.id or "", chunk.model or ""))
        for choice in chunk.choices or ():
            if choice.index:
                continue  # one choice is what the other dialects can say
            delta = choice.delta or choice.message
            if delta is not None:
                self._delta(delta, events)
            if choice.finish_reason is not None:
                self._finish = self._finish or choice.finish_reason
        if chunk.usage is not None:
            events.append(UsageUpdate(usage_of(chunk.usage)))
        return events

    def _delta(self, delta: schema.Delta, events: list[StreamEvent]) -> None:
        if given(delta.reasoning_content) or given(delta.reasoning) or delta.reasoning_details is not None:
            self._reason(delta, events)
        if delta.content:
            if isinstance(delta.content, str):
                events.append(TextDelta(self._enter("text", events), delta.content))
            else:
                self._listed(delta.content, events)
        if delta.refusal:
            events.append(TextDelta(self._enter("refusal", events), delta.refusal))
        for fragment in delta.tool_calls or ():
            self._fragment(fragment, events)

    def _reason(self, delta: schema.Delta, events: list[StreamEvent]) -> None:
        thoughts = list(proofs(delta.reasoning_details))
        words = text_of(delta.reasoning_content) or text_of(delta.reasoning)
        if not words:
            words = "".join(thought.text for thought in thoughts)
        if words:
            events.append(ReasoningDelta(self._enter("reasoning", events), words))
        for thought in thoughts:
            if thought.proof is None:
                continue
            if thought.redacted:
                self._leave(events)
                events.append(ReasoningStart(self._parts, redacted=True))
                events.append(ReasoningProof(self._parts, thought.proof))
                events.append(PartEnd(self._parts))
                self._parts += 1
            else:
                events.append(ReasoningProof(self._enter("reasoning", events), thought.proof))
                self._leave(events)

    def _listed(self, items: list[msgspec.Raw], events: list[StreamEvent]) -> None:
        """Content as a list of parts, thoughts among them (Mistral)."""
        for raw in items:
            fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            if "thinking" in fields:
                words = text_of(fields["thinking"])
                if words:
                    events.append(ReasoningDelta(self._enter("reasoning", events), words))
            else:
                words = text_of(fields.get("text", ABSENT))
                if words:
                    events.append(TextDelta(self._enter("text", events), words))

    def _fragment(self, fragment: schema.ToolCall, events: list[StreamEvent]) -> None:
        self._leave(events)
        call = self._call_of(fragment)
        if fragment.function is None:
            return
        if fragment.function.name and not call.name:
            call.name = fragment.function.name
        arguments = text_of(fragment.function.arguments)
        if call.part is None:
            if arguments:
                call.arguments.append(arguments)
            if call.name:
                events.extend(self._open_call(call))
        elif arguments:
            events.append(ToolCallDelta(call.part, arguments))

    def _call_of(self, fragment: schema.ToolCall) -> _Call:
        """Return the call a fragment belongs to: by index, and where all share one index, by id."""
        id_ = fragment.id or ""
        named = bool(fragment.function and fragment.function.name)
        same_index = [call for call in self._calls if fragment.index is None or call.key == fragment.index]
        for call in reversed(same_index):
            if id_ and call.id == id_:
                return call
            if not id_ and not (fragment.index is None and named):
                return call
            if id_ and not call.id and call.part is None:
                call.id = id_
                return call
        call = _Call(len(self._calls) if fragment.index is None else fragment.index, id_)
        self._calls.append(call)
        return call

    def _open_call(self, call: _Call) -> list[StreamEvent]:
        call.part = self._parts
        self._parts += 1
        events: list[StreamEvent] = [ToolCallStart(call.part, call.id, call.name)]
        if call.arguments:
            events.append(ToolCallDelta(call.part, "".join(call.arguments)))
        return events

    def _enter(self, kind: str, events: list[StreamEvent]) -> int:
        """Return the number of the open part of this kind, opened where it is not."""
        if self._open is not None and self._open[0] == kind:
            return self._open[1]
        self._leave(events)
        index = self._parts
        self._parts += 1
        self._open = kind, index
        events.append(ReasoningStart(index) if kind == "reasoning" else TextStart(index, refusal=kind == "refusal"))
        return index

    def _leave(self, events: list[StreamEvent]) -> None:
        if self._open is not None:
            events.append(PartEnd(self._open[1]))
            self._open = None


def decode_reply(body: bytes) -> list[StreamEvent]:
    """Return a whole reply as the short stream it is. A body that is none gives a `ReplyError`."""
    decoder = StreamDecoder()
    events = decoder.feed_whole(body)
    return events if any(isinstance(event, ReplyError) for event in events) else [*events, *decoder.close()]


class StreamEncoder:
    """Stream events in, framed chunks out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._calls: dict[int, int] = {}  # part -> index among calls
        self._refusing: set[int] = set()
        self._redacted: set[int] = set()
        self._thoughts: dict[int, int] = {}  # part -> index among thoughts
        self._usage: Usage | None = None
        self._head = b""
        self._text = b""

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        match event:
            case TextDelta(index, text):
                if index in self._refusing:
                    return [self._delta({"refusal": text})]
                return [b'%b%b},"finish_reason":null}]}\n\n' % (self._text, _encode(text))]
            case ReasoningDelta(_, text):
                return [self._delta({"reasoning_content": text})]
            case ToolCallDelta(index, arguments):
                return [self._call_delta(index, {"function": {"arguments": arguments}})]
            case ToolCallStart(index, id_, name):
                place = self._calls[index] = len(self._calls)
                start: dict[str, object] = {"type": "function", "function": {"name": name, "arguments": ""}}
                return [self._call_delta(index, {"id": id_ or call_id(self._context, place)} | start)]
            case TextStart(index, refusal):
                if refusal:
                    self._refusing.add(index)
                return []
            case ReasoningStart(index, redacted):
                self._thoughts[index] = len(self._thoughts)
                if redacted:
                    self._redacted.add(index)
                return []
            case ReasoningProof(index, proof):
                thought = Reasoning("", proof, redacted=index in self._redacted)
                return [self._delta({"reasoning_details": [reasoning_detail(self._thoughts[index], thought)]})]
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case ReplyStart(id_, model):
                return [self._begin(id_, model)]
            case PartEnd() | MediaPart() | ForeignPart():
                return []
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                error = GatewayError(message, status=status or 502, code=code)
                return [sse.frame(_encode({"error": error_object(error)}))]
            case _:
                assert_never(event)

    def _begin(self, id_: str, model: str) -> bytes:
        context = self._context
        head = {
            "id": reply_id(id_, context),
            "object": "chat.completion.chunk",
            "created": int(context.now),
            "model": model or context.head.model,
        }
        self._head = b"data: " + _encode(head)[:-1]
        self._text = self._head + b',"choices":[{"index":0,"delta":{"content":'
        return self._delta({"role": "assistant", "content": ""})

    def _delta(self, delta: dict[str, object]) -> bytes:
        return b'%b,"choices":[{"index":0,"delta":%b,"finish_reason":null}]}\n\n' % (self._head, _encode(delta))

    def _call_delta(self, part: int, fragment: dict[str, object]) -> bytes:
        return self._delta({"tool_calls": [{"index": self._calls[part]} | fragment]})

    def _end(self, finish: Finish) -> list[bytes]:
        reason = FINISH_WORDS[finish.reason]
        if self._calls and finish.reason is FinishReason.STOP:
            reason = "tool_calls"
        units = [b'%b,"choices":[{"index":0,"delta":{},"finish_reason":"%b"}]}\n\n' % (self._head, reason.encode())]
        if self._context.head.include_usage and self._usage is not None:
            units.append(b'%b,"choices":[],"usage":%b}\n\n' % (self._head, _encode(usage_object(self._usage))))
        units.append(b"data: [DONE]\n\n")
        return units
