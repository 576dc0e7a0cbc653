"""
Stream events -> legacy Completions streams.

Only what has text, a reason for the end, or usage becomes a chunk; thoughts and calls have no place.

Source: `reference` sheets `openai-completions`, `translation` section 12.2 (read 2026-11-21).
"""

from __future__ import annotations

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
from cliproxy.conversation.reply import Finish, FinishReason, Usage
from cliproxy.conversation.words import Logprob
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_completions.logprobs import logprobs_object
from cliproxy.dialects.openai_completions.reply import echo_of, finish_word, reply_id, said_of, usage_object
from cliproxy.dialects.openai_family import error_object
from cliproxy.errors import GatewayError
from cliproxy.wire import sse

_encode = msgspec.json.Encoder().encode


class _Choice:
    """Where one choice is."""

    def __init__(self, index: int, offset: int) -> None:
        self.index = index
        self.offset = offset  # character at which the next token begins, of those that are told of
        self.refused = False
        self.finished = False


class StreamEncoder:
    """Stream events in, framed chunks out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._losses = context.losses
        self._echo = echo_of(context)
        self._choices: list[_Choice] = []
        self._parts: dict[int, _Choice] = {}
        self._usage: Usage | None = None
        self._head = b""

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        match event:
            case TextDelta(index, text):
                return [self._text(self._parts[index], text)]
            case TextStart(index, refusal, candidate):
                units, choice = self._choice(candidate)
                self._parts[index] = choice
                choice.refused = choice.refused or refusal
                return units
            case PartEnd() | ReasoningDelta() | ToolCallDelta():
                return []
            case ReasoningStart():
                return self._lost("reasoning")
            case ToolCallStart():
                return self._lost("tool call")
            case TextLogprobs(index, logprobs):
                return [self._logprobs(self._parts[index], logprobs)]
            case TextCitation():
                return self._lost("citation")
            case PartProof(index):
                return self._lost("proof") if index in self._parts else []
            case MediaPart(_, media):
                return self._lost(media.kind.value)
            case ForeignPart(_, part, candidate):
                units, choice = self._choice(candidate)
                return units + [self._text(choice, spoken.text) for spoken in said_of((part,), self._context)]
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case ReplyStart(id_, model, service_tier):
                if service_tier:
                    self._lost("service_tier")
                self._begin(id_, model)
                return self._choice(0)[0]
            case CandidateEnd(candidate, finish):
                units, choice = self._choice(candidate)
                return [*units, self._finish(choice, finish)]
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                error = GatewayError(message, status=status or 502, code=code)
                return [sse.frame(_encode({"error": error_object(error)}))]
            case _:
                assert_never(event)

    def _lost(self, what: str) -> list[bytes]:
        self._losses.add(f"reply: {what}")
        return []

    def _begin(self, id_: str, model: str) -> None:
        context = self._context
        head = {
            "id": reply_id(id_, context),
            "object": "text_completion",
            "created": int(context.now),
            "model": model or context.head.model,
        }
        self._head = b"data: " + _encode(head)[:-1]

    def _choice(self, candidate: int) -> tuple[list[bytes], _Choice]:
        """Return a choice, and what opens it and those of lower numbers: the prompt, where it is wanted back."""
        units = []
        while len(self._choices) <= candidate:
            choice = _Choice(len(self._choices), len(self._echo))
            self._choices.append(choice)
            if self._echo:
                units.append(self._text(choice, self._echo))
        return units, self._choices[candidate]

    def _text(self, choice: _Choice, text: str) -> bytes:
        return b'%b,"choices":[{"index":%d,"text":%b,"logprobs":null,"finish_reason":null}]}\n\n' % (
            self._head,
            choice.index,
            _encode(text),
        )

    def _logprobs(self, choice: _Choice, logprobs: tuple[Logprob, ...]) -> bytes:
        told = logprobs_object(logprobs, choice.offset)
        choice.offset += sum(len(logprob.token) for logprob in logprobs)
        return b'%b,"choices":[{"index":%d,"text":"","logprobs":%b,"finish_reason":null}]}\n\n' % (
            self._head,
            choice.index,
            _encode(told),
        )

    def _finish(self, choice: _Choice, finish: Finish) -> bytes:
        choice.finished = True
        word = finish_word(finish, refused=choice.refused).encode()
        return b'%b,"choices":[{"index":%d,"text":"","logprobs":null,"finish_reason":"%b"}]}\n\n' % (
            self._head,
            choice.index,
            word,
        )

    def _end(self, finish: Finish) -> list[bytes]:
        units = [self._finish(self._choices[0], finish)]
        others = [choice for choice in self._choices if not choice.finished]
        units.extend(self._finish(choice, Finish(FinishReason.OTHER)) for choice in others)
        if self._context.head.include_usage and self._usage is not None:
            units.append(b'%b,"choices":[],"usage":%b}\n\n' % (self._head, _encode(usage_object(self._usage))))
        units.append(b"data: [DONE]\n\n")
        return units
