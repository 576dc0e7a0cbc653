"""
Stream events -> Messages streams.

Source: `reference` sheets `claude-messages` section 6, `translation` section 12.2, `real clients` section 2 (read
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
from cliproxy.conversation.sequence import InSequence
from cliproxy.dialects.anthropic_messages.errors import encode_error
from cliproxy.dialects.anthropic_messages.messages import NAME
from cliproxy.dialects.anthropic_messages.reply import call_id, declared, reply_id, restored, stop_of, usage_object
from cliproxy.dialects.base import ReplyContext
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing

_encode = msgspec.json.Encoder().encode


class StreamEncoder:
    """Stream events in, framed events of a Messages stream out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._in_sequence = InSequence()
        self._block = -1  # the open one, or the last
        self._redacted: int | None = None  # a redacted part whose proof is still to come
        self._usage = Usage()
        self._called = False
        self._refused = False
        self._ids: set[str] = set()
        self._declared = declared(context)

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        if isinstance(event, TextDelta) and event.index == self._in_sequence.flowing:
            return [self._delta(b'"text_delta","text":', event.text)]
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
            case TextStart(_, refusal):
                self._refused = self._refused or refusal
                return [self._start({"type": "text", "text": ""})]
            case ReasoningStart(index, redacted):
                if redacted:
                    self._redacted = index
                    return []
                return [self._start({"type": "thinking", "thinking": "", "signature": ""})]
            case PartProof(index, proof):
                if index == self._redacted:
                    return [self._start({"type": "redacted_thinking", "data": written(proof, NAME)})]
                return [self._delta(b'"signature_delta","signature":', written(proof, NAME))]
            case ToolCallStart(index, id_, name):
                self._called = True
                head: dict[str, object] = {
                    "type": "tool_use",
                    "id": call_id(id_, index, self._context, self._ids),
                    "name": restored(name, self._declared),
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
            case TextCitation() | TextLogprobs() | CandidateEnd():
                return []
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
        stop = stop_of(finish, called=self._called, refused=self._refused)
        return [
            _frame("message_delta", {"delta": stop, "usage": usage_object(self._usage)}),
            _frame("message_stop", {}),
        ]


def _frame(kind: str, fields: dict[str, object]) -> bytes:
    return sse.frame(_encode({"type": kind} | fields), kind)
