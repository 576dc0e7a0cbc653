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
from cliproxy.conversation.reply import Finish, Usage
from cliproxy.conversation.request import Opaque
from cliproxy.conversation.sequence import InSequence
from cliproxy.conversation.words import Citation
from cliproxy.dialects.anthropic_messages.citations import written as citation_in
from cliproxy.dialects.anthropic_messages.errors import encode_error
from cliproxy.dialects.anthropic_messages.reply import CallIds, reply_id, stop_of, usage_object
from cliproxy.dialects.anthropic_messages.reply_blocks import Block, WholeBlocks, in_steps, proof_block
from cliproxy.dialects.anthropic_messages.schema import NAME
from cliproxy.dialects.base import ReplyContext
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.frames import Framing

_TEXT_HEAD = b'"text_delta","text":'
_SIGNATURE_HEAD = b'"signature_delta","signature":'

_encode = msgspec.json.Encoder().encode


class StreamEncoder:
    """Stream events in, framed events of a Messages stream out."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._in_sequence = InSequence()
        self._block = -1  # the open one, or the last
        self._open = ""  # kind of the open block
        self._redacted = False  # whether the part that flows is; its block opens with the proof
        self._proof: Opaque | None = None  # of the part that flows; it is told last
        self._usage = Usage()
        self._tier = ""
        self._called = False
        self._refused = False
        self._over = False
        self._ids = CallIds(context)
        self._wholes = WholeBlocks(context)

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event."""
        if isinstance(event, TextDelta) and self._open == "text" and event.index == self._in_sequence.flowing:
            return [self._delta(_TEXT_HEAD, event.text)]
        units: list[bytes] = []
        for ordered in self._in_sequence.feed(event):
            units += self._write(ordered)
        return units

    def _write(self, event: StreamEvent) -> list[bytes]:
        if self._over:
            return []
        match event:
            case TextDelta(_, text):
                return [*self._open_text(), self._delta(_TEXT_HEAD, text)]
            case ReasoningDelta(_, text):
                return [self._delta(b'"thinking_delta","thinking":', text)] if self._open == "thinking" else []
            case ToolCallDelta(_, arguments):
                return [self._delta(b'"input_json_delta","partial_json":', arguments)]
            case TextStart(_, refusal):
                self._refused = self._refused or refusal
                return []  # opens with its first word: a text without words is refused when it comes back
            case ReasoningStart(_, redacted):
                self._redacted = redacted
                return [] if redacted else [self._start({"type": "thinking", "thinking": "", "signature": ""})]
            case PartProof(_, proof):
                self._proof = proof
                return []
            case ToolCallStart(index, id_, name, _, proof):
                self._called = True
                block: Block = {"type": "tool_use", "id": self._ids.fitting(id_, index), "name": name, "input": {}}
                before = self._whole(proof_block(proof)) if proof is not None else []
                return [*before, self._start(block)]
            case PartEnd():
                return self._end_part()
            case UsageUpdate(usage):
                self._usage = usage
                return []
            case TextCitation(_, citation):
                return self._cite(citation)
            case ForeignPart(index, part) | MediaPart(index, part):
                return [unit for block in self._wholes.of(part, index) for unit in self._whole(block)]
            case TextLogprobs():
                self._context.losses.add("reply: logprobs")
                return []
            case ReplyStart(id_, model, tier):
                self._tier = tier
                return [self._begin(id_, model)]
            case ReplyEnd(finish):
                return self._end(finish)
            case ReplyError(message, code, status):
                self._over = True
                error = GatewayError(message, status=status or 502, code=code)
                return [encode_error(error, Framing.EVENT_STREAM)]
            case CandidateEnd():
                return []
            case _:
                assert_never(event)

    def _begin(self, id_: str, model: str) -> bytes:
        context = self._context
        message: Block = {
            "id": reply_id(id_, context),
            "type": "message",
            "role": "assistant",
            "model": model or context.head.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_object(self._usage, self._tier),
        }
        return _frame("message_start", {"message": message})

    def _start(self, block: Block) -> bytes:
        self._block += 1
        self._open = str(block["type"])
        return _frame("content_block_start", {"index": self._block, "content_block": block})

    def _stop(self) -> bytes:
        self._open = ""
        return _frame("content_block_stop", {"index": self._block})

    def _open_text(self) -> list[bytes]:
        return [] if self._open == "text" else [self._start({"type": "text", "text": ""})]

    def _delta(self, head: bytes, words: str) -> bytes:
        return (
            b"event: content_block_delta\n"
            b'data: {"type":"content_block_delta","index":%d,"delta":{"type":%b%b}}\n\n'
            % (self._block, head, _encode(words))
        )

    def _cite(self, citation: Citation) -> list[bytes]:
        told = citation_in(citation)
        if told is None:
            self._context.losses.add("reply: citations")
            return []
        delta = {"type": "citations_delta", "citation": told}
        return [*self._open_text(), _frame("content_block_delta", {"index": self._block, "delta": delta})]

    def _end_part(self) -> list[bytes]:
        """End the block; its signature stands right before. That of words or of nothing has a block of its own."""
        proof, self._proof = self._proof, None
        redacted, self._redacted = self._redacted, False
        units: list[bytes] = []
        if redacted:
            data = written(proof, NAME) if proof is not None else ""
            return [self._start({"type": "redacted_thinking", "data": data}), self._stop()] if data else []
        if self._open == "thinking" and proof is not None:
            units.append(self._delta(_SIGNATURE_HEAD, written(proof, NAME)))
            proof = None
        if self._open:
            units.append(self._stop())
        return units if proof is None else [*units, *self._whole(proof_block(proof))]

    def _whole(self, block: Block) -> list[bytes]:
        opening, delta = in_steps(block)
        units = [self._start(opening)]
        if delta is not None:
            units.append(_frame("content_block_delta", {"index": self._block, "delta": delta}))
        return [*units, self._stop()]

    def _end(self, finish: Finish) -> list[bytes]:
        units = self._end_part() if self._open else []
        self._over = True
        stop = stop_of(finish, called=self._called, refused=self._refused)
        usage = usage_object(self._usage)
        return [*units, _frame("message_delta", {"delta": stop, "usage": usage}), _frame("message_stop", {})]


def _frame(kind: str, fields: Block) -> bytes:
    return sse.frame(_encode({"type": kind} | fields), kind)
