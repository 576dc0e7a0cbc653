"""
Stream events -> Chat Completions streams.

Source: `reference` sheets `openai-chat` section 6, `translation` section 12.2, `real clients` section 2 (read
2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator
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
from cliproxy.conversation.proof import written
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.request import Foreign, Inline, Media, MediaKind, Opaque, Text
from cliproxy.conversation.words import Citation, Logprob
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_chat.annotations import PAGES, annotation_of, annotations_of
from cliproxy.dialects.openai_chat.logprobs import logprobs_object
from cliproxy.dialects.openai_chat.names import NAME
from cliproxy.dialects.openai_chat.reasoning import reasoning_detail
from cliproxy.dialects.openai_chat.reply import (
    audio_object,
    call_id,
    finish_word,
    image_object,
    proof_fields,
    reply_id,
    usage_object,
)
from cliproxy.dialects.openai_family import error_object, tier_of
from cliproxy.errors import GatewayError
from cliproxy.wire import sse

Delta = dict[str, object]

_encode = msgspec.json.Encoder().encode


class _Choice:
    """Where one choice is."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.calls = 0
        self.thoughts = 0
        self.images = 0
        self.length = 0  # characters of the texts before the one that is open
        self.has_thought = False
        self.cited: list[object] = []  # told in one piece: clients that add deltas up cannot tell apart a list's items
        self.found: list[object] = []  # by searches, whether or not it was cited
        self.finished = False


class _Part:
    """A part with words: which choice it belongs to, and how a chunk with more of it begins and ends."""

    __slots__ = ("before", "choice", "gap", "head", "kind", "length", "place", "redacted", "tail")

    def __init__(self, choice: _Choice, kind: str, head: bytes, tail: bytes = b"") -> None:
        self.choice = choice
        self.kind = kind  # `content`, `refusal`, `reasoning_content`, `tool_calls`
        self.head = head
        self.tail = tail + b'},"finish_reason":null}]}\n\n'
        self.place = 0  # among thoughts, among calls
        self.gap = ""  # what is to stand before the next words of reasoning
        self.redacted = False
        self.before = choice.length
        self.length = 0  # characters


class StreamEncoder:
    """Stream events in, framed chunks out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._choices: list[_Choice] = []
        self._parts: dict[int, _Part] = {}
        self._usage: Usage | None = None
        self._head = b""

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        match event:
            case TextDelta(index, text):
                part = self._parts[index]
                part.length += len(text)
                return [b"%b%b%b" % (part.head, _encode(text), part.tail)]
            case ReasoningDelta(index, text):
                part = self._parts[index]
                return [b"%b%b%b" % (part.head, _encode(_spaced(part, text)), part.tail)]
            case ToolCallDelta(index, arguments):
                part = self._parts[index]
                return [b"%b%b%b" % (part.head, _encode(arguments), part.tail)]
            case PartEnd(index):
                part = self._parts[index]
                if part.kind == "content":
                    part.choice.length += part.length
                return []
            case TextStart(index, refusal, candidate):
                units, choice = self._choice(candidate)
                self._open(index, choice, "refusal" if refusal else "content")
                return units
            case ReasoningStart(index, redacted, candidate):
                units, choice = self._choice(candidate)
                part = self._open(index, choice, "reasoning_content")
                part.place, part.redacted, part.gap = choice.thoughts, redacted, "\n\n" if choice.has_thought else ""
                choice.thoughts += 1
                return units
            case ToolCallStart():
                return self._call(event)
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case TextCitation(index, citation):
                return self._cite(self._parts[index], citation)
            case TextLogprobs(index, logprobs):
                return [self._logprobs(self._parts[index], logprobs)]
            case PartProof(index, proof):
                return self._prove(self._parts[index], proof)
            case MediaPart(_, media, candidate):
                units, choice = self._choice(candidate)
                return units + self._media(choice, media)
            case ForeignPart(_, part, candidate):
                units, choice = self._choice(candidate)
                return units + self._foreign(choice, part)
            case ReplyStart(id_, model, service_tier):
                self._begin(id_, model, service_tier)
                return self._choice(0)[0]
            case CandidateEnd(candidate, finish):
                units, choice = self._choice(candidate)
                return [*units, *self._finish(choice, finish)]
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                error = GatewayError(message, status=status or 502, code=code)
                return [sse.frame(_encode({"error": error_object(error)}))]
            case _:
                assert_never(event)

    # Chunks

    def _begin(self, id_: str, model: str, service_tier: str) -> None:
        context = self._context
        head: dict[str, object] = {
            "id": reply_id(id_, context),
            "object": "chat.completion.chunk",
            "created": int(context.now),
            "model": model or context.head.model,
        }
        if tier := tier_of(service_tier):
            head["service_tier"] = tier
        self._head = b"data: " + _encode(head)[:-1]

    def _choice(self, candidate: int) -> tuple[list[bytes], _Choice]:
        """Return a choice, and what opens it: each begins with a role, and none before those of lower numbers."""
        units = []
        while len(self._choices) <= candidate:
            choice = _Choice(len(self._choices))
            self._choices.append(choice)
            units.append(self._delta(choice, {"role": "assistant", "content": ""}))
        return units, self._choices[candidate]

    def _delta(self, choice: _Choice, delta: Delta) -> bytes:
        return b'%b,"choices":[{"index":%d,"delta":%b,"finish_reason":null}]}\n\n' % (
            self._head,
            choice.index,
            _encode(delta),
        )

    def _open(self, index: int, choice: _Choice, kind: str) -> _Part:
        head = b'%b,"choices":[{"index":%d,"delta":{"%b":' % (self._head, choice.index, kind.encode())
        part = self._parts[index] = _Part(choice, kind, head)
        return part

    # What is in them

    def _call(self, call: ToolCallStart) -> list[bytes]:
        units, choice = self._choice(call.candidate)
        place, choice.calls = choice.calls, choice.calls + 1
        kind, field = (b"custom", b"input") if call.free_text else (b"function", b"arguments")
        head = b'%b,"choices":[{"index":%d,"delta":{"tool_calls":[{"index":%d,"%b":{"%b":'
        opening = head % (self._head, choice.index, place, kind, field)
        part = self._parts[call.index] = _Part(choice, "tool_calls", opening, b"}}]")
        part.place = place
        fragment: Delta = {
            "index": place,
            "id": call.id or call_id(self._context, choice.index, place),
            "type": kind.decode(),
            kind.decode(): {"name": call.name, field.decode(): ""},
        }
        fragment |= proof_fields(call.proof, self._context)
        return [*units, self._delta(choice, {"tool_calls": [fragment]})]

    def _cite(self, part: _Part, citation: Citation) -> list[bytes]:
        annotation = annotation_of(citation, part.before, part.before + part.length)
        if annotation is None:
            self._context.losses.add("reply: citation")
            return []
        part.choice.cited.append(annotation)
        return []

    def _logprobs(self, part: _Part, logprobs: tuple[Logprob, ...]) -> bytes:
        told = logprobs_object((), logprobs) if part.kind == "refusal" else logprobs_object(logprobs)
        return b'%b,"choices":[{"index":%d,"delta":{},"logprobs":%b,"finish_reason":null}]}\n\n' % (
            self._head,
            part.choice.index,
            _encode(told),
        )

    def _prove(self, part: _Part, proof: Opaque) -> list[bytes]:
        if part.kind != "reasoning_content":
            fields = proof_fields(proof, self._context)
            return [self._delta(part.choice, fields)] if fields else []
        detail = reasoning_detail("", written(proof, NAME), redacted=part.redacted)
        return [self._delta(part.choice, {"reasoning_details": [detail | {"index": part.place}]})]

    def _media(self, choice: _Choice, media: Media) -> list[bytes]:
        if media.kind is MediaKind.IMAGE and (image := image_object(media, choice.images)) is not None:
            choice.images += 1
            return [self._delta(choice, {"images": [image]})]
        if media.kind is MediaKind.AUDIO and isinstance(media.source, Inline):
            return [self._delta(choice, {"audio": audio_object(media, "", self._context)})]
        self._context.losses.add(f"reply: {media.kind.value}")
        return []

    def _foreign(self, choice: _Choice, part: Foreign) -> list[bytes]:
        units = []
        for spoken in part.instead:
            if isinstance(spoken, Text):
                choice.length += len(spoken.text)
                units.append(self._delta(choice, {"content": spoken.text}))
            else:
                units.extend(self._media(choice, spoken))
        if part.search is not None:
            choice.found.extend(annotations_of(part.search))
        if part.search is not None or not part.instead:
            self._context.losses.add(f"reply: {part.kind}")
        return units

    # The end

    def _finish(self, choice: _Choice, finish: Finish) -> Iterator[bytes]:
        choice.finished = True
        if choice.found and not choice.cited:
            self._context.losses.add(PAGES)
        if choice.cited or choice.found:
            yield self._delta(choice, {"annotations": choice.cited or choice.found})
        reason = finish_word(finish, called=choice.calls > 0).encode()
        yield b'%b,"choices":[{"index":%d,"delta":{},"finish_reason":"%b"}]}\n\n' % (self._head, choice.index, reason)

    def _end(self, finish: Finish) -> list[bytes]:
        units = list(self._finish(self._choices[0], finish))
        for choice in self._choices:
            if not choice.finished:
                units.extend(self._finish(choice, Finish(FinishReason.OTHER)))
        if self._context.head.include_usage and self._usage is not None:
            units.append(b'%b,"choices":[],"usage":%b}\n\n' % (self._head, _encode(usage_object(self._usage))))
        units.append(b"data: [DONE]\n\n")
        return units


def _spaced(part: _Part, text: str) -> str:
    """Return words of reasoning; an empty line parts one thought from the next."""
    part.choice.has_thought = True
    if part.gap:
        text, part.gap = part.gap + text, ""
    return text
