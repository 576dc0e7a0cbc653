"""
Chat Completions streams -> stream events.

Each frame is a chunk: what is new in one choice. Calls arrive in fragments that are told apart by index, or by id
where a speaker gives all of them the same index. `[DONE]` ends the stream; some speakers leave it out.

Source: `reference` sheets `openai-chat` section 6, `translation` section 12.1, wire oddities (read 2026-11-21).
"""

from __future__ import annotations

import msgspec

from cliproxy.conversation.arguments import is_whole
from cliproxy.conversation.events import (
    PartEnd,
    ReasoningDelta,
    PartProof,
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
from cliproxy.dialects.base import ABSENT, Sighting, given, text_of
from cliproxy.dialects.openai_chat import schema
from cliproxy.dialects.openai_chat.errors import read_error
from cliproxy.dialects.openai_chat.messages import proofs
from cliproxy.dialects.openai_chat.reply import finish_of, usage_of
from cliproxy.wire.body import UNREADABLE, mended
from cliproxy.wire.frames import Frame

_DONE = b"[DONE]"

_decode_chunk = msgspec.json.Decoder(schema.Chunk).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def sight(frame: Frame) -> Sighting | None:
    """Return what a chunk, or a whole reply, tells without being translated."""
    if frame.data == _DONE:
        return Sighting(end=True)
    chunk = _read(frame.data)
    if chunk is None:
        return None
    if _is_error(chunk) or frame.event == "error":
        return Sighting(error=read_error(chunk.error if given(chunk.error) else frame.data))
    content = end = False
    usage = chunk.usage
    for choice in chunk.choices or ():
        end = end or choice.finish_reason is not None or choice.message is not None
        content = content or choice.message is not None or (choice.delta is not None and _has_content(choice.delta))
        usage = usage or choice.usage
    return Sighting(content or end, end, usage_of(usage) if usage else None)


def _read(data: bytes) -> schema.Chunk | None:
    try:
        return _decode_chunk(data)
    except UNREADABLE:
        pass
    try:
        return _decode_chunk(mended(data))
    except UNREADABLE:
        return None


def _is_error(chunk: schema.Chunk) -> bool:
    return given(chunk.error) and bytes(chunk.error) not in (b"{}", b'""', b"false")


def _has_content(delta: schema.Delta) -> bool:
    return bool(
        delta.content
        or delta.refusal
        or delta.tool_calls
        or delta.function_call
        or delta.reasoning_details
        or text_of(delta.reasoning_content)
        or text_of(delta.reasoning)
    )


class _Call:
    """A call whose fragments are still coming."""

    def __init__(self, index: int, id_: str) -> None:
        self.index = index
        self.id = id_
        self.name = ""
        self.arguments: list[str] = []
        self.part: int | None = None  # its number, once it has been opened: a call without a name waits
        self.ended = False


class StreamDecoder:
    """Chunks in, stream events out."""

    def __init__(self) -> None:
        self._started = False
        self._parts = 0
        self._open: tuple[str, int] | None = None  # kind and number of the text or reasoning being written
        self._calls: list[_Call] = []
        self._finish: str | None = None
        self._over = False

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        if self._over:
            return []
        if frame.data == _DONE:
            return self._end() if self._started else []
        chunk = _read(frame.data)
        if chunk is None:
            return []
        if (chunk.error and _is_error(chunk)) or frame.event == "error":
            self._over = True
            return [read_error(chunk.error if given(chunk.error) else frame.data)]
        return self._chunk(chunk)

    def feed_whole(self, body: bytes) -> list[StreamEvent]:
        """Return what a whole reply says."""
        reply = _read(body)
        if reply is None:
            return [ReplyError("the upstream's reply is not a chat completion")]
        if _is_error(reply):
            return [read_error(reply.error)]
        if not reply.choices:
            return [ReplyError("the upstream's reply has no choices")]
        return [*self._chunk(reply), *self._end()]

    def close(self) -> list[StreamEvent]:
        """End open parts and the reply."""
        if self._over:
            return []
        if not self._started:
            return [ReplyError("the upstream ended its stream without a reply")]
        if self._finish is None:
            return [ReplyError("the upstream's stream broke off")]
        return self._end()

    def _end(self) -> list[StreamEvent]:
        self._over = True
        events: list[StreamEvent] = []
        self._leave(events)
        for place, call in enumerate(self._calls):
            if call.part is None and (call.name or call.arguments):
                call.name = call.name or f"tool_{place}"
                self._open_call(call, events)
            self._end_call(call, events)
        called = any(call.part is not None for call in self._calls)
        events.append(ReplyEnd(finish_of(self._finish, called=called)))
        return events

    def _chunk(self, chunk: schema.Chunk) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if not self._started:
            if not chunk.choices and not chunk.id:
                return []  # Azure opens with what its filter thinks of the prompt
            self._started = True
            events.append(ReplyStart(chunk.id or "", chunk.model or ""))
        usage = chunk.usage
        for choice in chunk.choices or ():
            if choice.index:
                continue  # one choice is what the other dialects can say
            delta = choice.delta or choice.message
            if delta is not None:
                self._delta(delta, events)
            if choice.finish_reason is not None:
                self._finish = self._finish or choice.finish_reason
            usage = usage or choice.usage
        if usage is not None:
            events.append(UsageUpdate(usage_of(usage)))
        return events

    def _delta(self, delta: schema.Delta, events: list[StreamEvent]) -> None:
        if delta.reasoning_content or delta.reasoning or delta.reasoning_details is not None:
            self._reason(delta, events)
        content = delta.content
        if content:
            if isinstance(content, str):
                events.append(TextDelta(self._enter("text", events), content))
            else:
                self._listed(content, events)
        if delta.refusal:
            events.append(TextDelta(self._enter("refusal", events), delta.refusal))
        if delta.tool_calls:
            for fragment in sorted(delta.tool_calls, key=lambda fragment: fragment.index or 0):
                self._fragment(fragment, events)
        if delta.function_call is not None:
            self._fragment(schema.ToolCall(index=0, function=delta.function_call), events)

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
                events.append(PartProof(self._parts, thought.proof))
                events.append(PartEnd(self._parts))
                self._parts += 1
            else:
                events.append(PartProof(self._enter("reasoning", events), thought.proof))
                self._leave(events)

    def _listed(self, items: list[msgspec.Raw], events: list[StreamEvent]) -> None:
        """Content as a list of parts, thoughts among them (Mistral)."""
        for raw in items:
            fields = _decode_fields(raw) if bytes(raw)[:1] == b"{" else {"text": raw}
            words = text_of(fields.get("thinking", ABSENT))
            if words:
                events.append(ReasoningDelta(self._enter("reasoning", events), words))
            words = text_of(fields.get("text", ABSENT))
            if words:
                events.append(TextDelta(self._enter("text", events), words))

    def _fragment(self, fragment: schema.ToolCall, events: list[StreamEvent]) -> None:
        self._leave(events)
        call = self._call_of(fragment, events)
        if fragment.function is None or call.ended:
            return
        if fragment.function.name and not call.name:
            call.name = fragment.function.name
        arguments = text_of(fragment.function.arguments)
        if arguments:
            call.arguments.append(arguments)
        if call.part is None:
            if call.name:
                self._open_call(call, events)
        elif arguments:
            events.append(ToolCallDelta(call.part, arguments))

    def _call_of(self, fragment: schema.ToolCall, events: list[StreamEvent]) -> _Call:
        """Return the call a fragment belongs to: by index, and where all share one index, by id."""
        id_ = fragment.id or ""
        named = bool(fragment.function and fragment.function.name)
        same_index = [call for call in self._calls if fragment.index is None or call.index == fragment.index]
        for call in reversed(same_index):
            if id_ and call.id == id_:
                return call
            if not id_ and not (fragment.index is None and named):
                return call
            if id_ and not call.id and call.part is None:
                call.id = id_
                return call
        self._end_whole_calls(events)
        call = _Call(len(self._calls) if fragment.index is None else fragment.index, id_)
        self._calls.append(call)
        return call

    def _open_call(self, call: _Call, events: list[StreamEvent]) -> None:
        call.part = self._parts
        self._parts += 1
        events.append(ToolCallStart(call.part, call.id, call.name))
        if call.arguments:
            events.append(ToolCallDelta(call.part, "".join(call.arguments)))

    def _end_call(self, call: _Call, events: list[StreamEvent]) -> None:
        if call.part is not None and not call.ended:
            call.ended = True
            events.append(PartEnd(call.part))

    def _end_whole_calls(self, events: list[StreamEvent]) -> None:
        """End the calls that can have no more to say, so that what follows need not wait for the end."""
        for call in self._calls:
            if not call.ended and is_whole("".join(call.arguments)):
                self._end_call(call, events)

    def _enter(self, kind: str, events: list[StreamEvent]) -> int:
        """Return the number of the open part of this kind, opened where it is not."""
        if self._open is not None and self._open[0] == kind:
            return self._open[1]
        self._leave(events)
        if self._calls:
            self._end_whole_calls(events)
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
    return StreamDecoder().feed_whole(body)
