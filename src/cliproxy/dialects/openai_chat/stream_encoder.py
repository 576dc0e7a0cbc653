"""
Stream events -> Chat Completions streams.

Source: `reference` sheets `openai-chat` section 6, `translation` section 12.2, `real clients` section 2 (read
2026-11-21).
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from cliproxy.conversation.events import (
    CandidateEnd,
    ForeignPart,
    MediaPart,
    PartEnd,
    ReasoningDelta,
    PartProof,
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
from cliproxy.conversation.reply import Finish, Usage
from cliproxy.dialects.base import ReplyContext
from cliproxy.dialects.openai_chat.messages import NAME
from cliproxy.dialects.openai_chat.messages_encoder import reasoning_detail
from cliproxy.dialects.openai_chat.reply import call_id, finish_word, reply_id, usage_object
from cliproxy.dialects.openai_family import error_object
from cliproxy.errors import GatewayError
from cliproxy.wire import sse

_encode = msgspec.json.Encoder().encode


class StreamEncoder:
    """Stream events in, framed chunks out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._calls: dict[int, int] = {}  # part -> index among calls
        self._refusing: set[int] = set()
        self._redacted: set[int] = set()
        self._thoughts: dict[int, int] = {}  # part -> index among thoughts
        self._gap = ""  # what is to stand before the next words of reasoning
        self._has_thought = False
        self._usage: Usage | None = None
        self._head = b""
        self._text = self._reasoning = b""  # a chunk up to its words

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        match event:
            case TextDelta(index, text):
                if index in self._refusing:
                    return [self._delta({"refusal": text})]
                return [b'%b%b},"finish_reason":null}]}\n\n' % (self._text, _encode(text))]
            case ReasoningDelta(_, text):
                return [b'%b%b},"finish_reason":null}]}\n\n' % (self._reasoning, _encode(self._spaced(text)))]
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
                self._gap = "\n\n" if self._has_thought else ""
                if redacted:
                    self._redacted.add(index)
                return []
            case PartProof(index, proof):
                detail = reasoning_detail("", written(proof, NAME), redacted=index in self._redacted)
                return [self._delta({"reasoning_details": [detail | {"index": self._thoughts[index]}]})]
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
            case TextCitation() | TextLogprobs() | CandidateEnd():
                return []
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
        self._reasoning = self._head + b',"choices":[{"index":0,"delta":{"reasoning_content":'
        return self._delta({"role": "assistant", "content": ""})

    def _spaced(self, text: str) -> str:
        """Return words of reasoning; an empty line parts one thought from the next."""
        self._has_thought = True
        if self._gap:
            text, self._gap = self._gap + text, ""
        return text

    def _delta(self, delta: dict[str, object]) -> bytes:
        return b'%b,"choices":[{"index":0,"delta":%b,"finish_reason":null}]}\n\n' % (self._head, _encode(delta))

    def _call_delta(self, part: int, fragment: dict[str, object]) -> bytes:
        return self._delta({"tool_calls": [{"index": self._calls[part]} | fragment]})

    def _end(self, finish: Finish) -> list[bytes]:
        reason = finish_word(finish, called=bool(self._calls))
        units = [b'%b,"choices":[{"index":0,"delta":{},"finish_reason":"%b"}]}\n\n' % (self._head, reason.encode())]
        if self._context.head.include_usage and self._usage is not None:
            units.append(b'%b,"choices":[],"usage":%b}\n\n' % (self._head, _encode(usage_object(self._usage))))
        units.append(b"data: [DONE]\n\n")
        return units
