"""Stream events -> one reply, incrementally."""

from __future__ import annotations

from typing import assert_never

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
from cliproxy.conversation.reply import Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Media, Part, Reasoning, Text, ToolCall, ToolResult


class Assembler:
    """Feed it a reply's events; `reply` is what they add up to so far, `error` what broke it off."""

    def __init__(self) -> None:
        self._start = ReplyStart()
        self._parts: dict[int, Part] = {}
        self._words: dict[int, list[str]] = {}
        self._usage = Usage()
        self._finish: Finish | None = None
        self.error: ReplyError | None = None

    def feed(self, event: StreamEvent) -> None:
        """Take one event."""
        match event:
            case TextDelta(index, words) | ReasoningDelta(index, words) | ToolCallDelta(index, words):
                self._words[index].append(words)
            case TextStart(index, refusal):
                self._open(index, Text("", refusal))
            case ReasoningStart(index, redacted):
                self._open(index, Reasoning("", redacted=redacted))
            case ReasoningProof(index, proof):
                part = self._parts[index]
                assert isinstance(part, Reasoning)
                self._parts[index] = Reasoning(part.text, proof, part.redacted)
            case ToolCallStart(index, id_, name):
                self._open(index, ToolCall(id_, name, ""))
            case MediaPart(index, media):
                self._parts[index] = media
            case ForeignPart(index, part):
                self._parts[index] = part
            case PartEnd():
                pass
            case UsageUpdate(usage):
                self._usage = usage
            case ReplyStart():
                self._start = event
            case ReplyEnd(finish):
                self._finish = finish
            case ReplyError():
                self.error = event
            case _:
                assert_never(event)

    @property
    def reply(self) -> Reply:
        """All that was said so far."""
        parts = tuple(self._whole(index, part) for index, part in sorted(self._parts.items()))
        return Reply(self._start.id, self._start.model, parts, self._finish or Finish(FinishReason.OTHER), self._usage)

    def _open(self, index: int, part: Part) -> None:
        self._parts[index] = part
        self._words[index] = []

    def _whole(self, index: int, part: Part) -> Part:
        words = "".join(self._words.get(index, ()))
        match part:
            case Text(_, refusal):
                return Text(words, refusal)
            case Reasoning(_, proof, redacted):
                return Reasoning(words, proof, redacted)
            case ToolCall(id_, name):
                return ToolCall(id_, name, words)
            case _:
                return part


def events_of(reply: Reply) -> list[StreamEvent]:
    """Return a whole reply as the stream that adds up to it: one delta a part."""
    events: list[StreamEvent] = [ReplyStart(reply.id, reply.model)]
    for index, part in enumerate(reply.parts):
        events.extend(_events_of_part(index, part))
    events.append(UsageUpdate(reply.usage))
    events.append(ReplyEnd(reply.finish))
    return events


def _events_of_part(index: int, part: Part) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    match part:
        case Text(text, refusal):
            events.append(TextStart(index, refusal))
            if text:
                events.append(TextDelta(index, text))
        case Reasoning(text, proof, redacted):
            events.append(ReasoningStart(index, redacted))
            if text:
                events.append(ReasoningDelta(index, text))
            if proof is not None:
                events.append(ReasoningProof(index, proof))
        case ToolCall(id_, name, arguments):
            events.append(ToolCallStart(index, id_, name))
            if arguments:
                events.append(ToolCallDelta(index, arguments))
        case Media():
            return [MediaPart(index, part)]
        case Foreign():
            return [ForeignPart(index, part)]
        case ToolResult():
            return []  # a client's part; no reply holds one
        case _:
            assert_never(part)
    events.append(PartEnd(index))
    return events
