"""Stream events -> one reply, incrementally; and a whole reply as events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import msgspec

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
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
    TextLogprobs,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
    UsageUpdate,
)
from cliproxy.conversation.reply import Candidate, Finish, FinishReason, Reply, Usage
from cliproxy.conversation.request import Foreign, Media, Part, Reasoning, Text, ToolCall, ToolResult
from cliproxy.conversation.words import Citation, Logprob

_UNKNOWN = Finish(FinishReason.OTHER)


class _Open:
    """A part with words that may still grow."""

    __slots__ = ("citations", "logprobs", "part", "words")

    def __init__(self, part: Text | Reasoning | ToolCall) -> None:
        self.part = part
        self.words: list[str] = []
        self.citations: list[Citation] = []
        self.logprobs: list[Logprob] = []

    def whole(self) -> Part:
        words = "".join(self.words)
        match self.part:
            case Text(_, refusal):
                citations, logprobs = tuple(self.citations), tuple(self.logprobs)
                return Text(words, refusal, citations=citations, proof=self.part.proof, logprobs=logprobs)
            case Reasoning(_, proof, redacted):
                return Reasoning(words, proof, redacted)
            case ToolCall(id_, name, _, proof):
                return ToolCall(id_, name, words, proof, free_text=self.part.free_text)
            case _:
                assert_never(self.part)


class Assembler:
    """Feed it a reply's events; `reply` is what they add up to so far, `error` what broke it off."""

    def __init__(self) -> None:
        self._start = ReplyStart()
        self._open: dict[int, _Open] = {}
        self._closed: dict[int, Media | Foreign] = {}
        self._candidates: dict[int, int] = {}  # part -> candidate, of those after the first
        self._usage = Usage()
        self._finishes: dict[int, Finish] = {}
        self.error: ReplyError | None = None

    def feed(self, event: StreamEvent) -> None:
        """Take one event."""
        match event:
            case TextDelta(index, words) | ReasoningDelta(index, words) | ToolCallDelta(index, words):
                self._open[index].words.append(words)
            case TextStart(index, refusal, candidate):
                self._begin(index, Text("", refusal), candidate)
            case ReasoningStart(index, redacted, candidate):
                self._begin(index, Reasoning("", redacted=redacted), candidate)
            case ToolCallStart(index, id_, name, free_text, proof, candidate):
                self._begin(index, ToolCall(id_, name, "", proof, free_text=free_text), candidate)
            case PartProof(index, proof):
                opened = self._open[index]
                opened.part = msgspec.structs.replace(opened.part, proof=proof)
            case TextCitation(index, citation):
                self._open[index].citations.append(citation)
            case TextLogprobs(index, logprobs):
                self._open[index].logprobs.extend(logprobs)
            case MediaPart(index, whole, candidate) | ForeignPart(index, whole, candidate):
                self._closed[index] = whole
                self._belongs(index, candidate)
            case PartEnd():
                pass
            case UsageUpdate(usage):
                self._usage = usage
            case ReplyStart():
                self._start = event
            case CandidateEnd(candidate, finish):
                self._finishes[candidate] = finish
            case ReplyEnd(finish):
                self._finishes[0] = finish
            case ReplyError():
                self.error = event
            case _:
                assert_never(event)

    @property
    def reply(self) -> Reply:
        """All that was said so far."""
        parts: dict[int, list[Part]] = {0: []}
        for index in sorted(self._open.keys() | self._closed.keys()):
            part = self._open[index].whole() if index in self._open else self._closed[index]
            parts.setdefault(self._candidates.get(index, 0), []).append(part)
        others = sorted((parts.keys() | self._finishes.keys()) - {0})
        return Reply(
            self._start.id,
            self._start.model,
            tuple(parts[0]),
            self._finishes.get(0, _UNKNOWN),
            self._usage,
            tuple(Candidate(tuple(parts.get(other, ())), self._finishes.get(other, _UNKNOWN)) for other in others),
            self._start.service_tier,
        )

    def _begin(self, index: int, part: Text | Reasoning | ToolCall, candidate: int) -> None:
        self._open[index] = _Open(part)
        self._belongs(index, candidate)

    def _belongs(self, index: int, candidate: int) -> None:
        if candidate:
            self._candidates[index] = candidate


def events_of(reply: Reply) -> list[StreamEvent]:
    """Return a whole reply as the stream that adds up to it: one delta a part."""
    events: list[StreamEvent] = [ReplyStart(reply.id, reply.model, reply.service_tier)]
    events.extend(_events_of_parts(reply.parts, 0, 0))
    index = len(reply.parts)
    for number, other in enumerate(reply.others, 1):
        events.extend(_events_of_parts(other.parts, index, number))
        events.append(CandidateEnd(number, other.finish))
        index += len(other.parts)
    events.append(UsageUpdate(reply.usage))
    events.append(ReplyEnd(reply.finish))
    return events


def _events_of_parts(parts: Iterable[Part], first: int, candidate: int) -> Iterable[StreamEvent]:
    for index, part in enumerate(parts, first):
        yield from _events_of_part(index, part, candidate)


def _events_of_part(index: int, part: Part, candidate: int) -> Iterable[StreamEvent]:
    match part:
        case Text(text, refusal):
            yield TextStart(index, refusal, candidate)
            if text:
                yield TextDelta(index, text)
            if part.logprobs:
                yield TextLogprobs(index, part.logprobs)
            yield from (TextCitation(index, citation) for citation in part.citations)
            if part.proof is not None:
                yield PartProof(index, part.proof)
        case Reasoning(text, proof, redacted):
            yield ReasoningStart(index, redacted, candidate)
            if text:
                yield ReasoningDelta(index, text)
            if proof is not None:
                yield PartProof(index, proof)
        case ToolCall(id_, name, arguments, proof):
            yield ToolCallStart(index, id_, name, part.free_text, proof, candidate)
            if arguments:
                yield ToolCallDelta(index, arguments)
        case Media():
            yield MediaPart(index, part, candidate)
            return
        case Foreign():
            yield ForeignPart(index, part, candidate)
            return
        case ToolResult():
            return  # a client's part; no reply holds one
        case _:
            assert_never(part)
    yield PartEnd(index)
