"""
Reasoning proofs, kept for clients that do not send them back.

Chat clients have no official place for them, and others lose them. A vendor that wants its proof in the next turn
refuses the request then, or thinks anew. They are kept by the calls that followed on them, or by the words where
nothing was called, for the client's key alone.

Source: `reference` sheet `translation` section 11.3 (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import (
    PartProof,
    ReasoningDelta,
    ReasoningStart,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallStart,
)
from cliproxy.conversation.reply import Reply
from cliproxy.conversation.request import Conversation, Message, Opaque, Part, Reasoning, Role, Text, ToolCall
from cliproxy.dispatch.kept import Bounds, Kept

_OVERHEAD = 500  # bytes that keeping anything takes
BOUNDS = Bounds(entries=2_000, size=16 * 1024 * 1024, total_size=128 * 1024 * 1024, lifetime=3 * 3600.0)


class _Proved(Struct, frozen=True):
    """What stood before a call or before words, and the proof that hung on them."""

    before: tuple[Reasoning, ...]
    proof: Opaque | None = None


class KeptProofs:
    """What replies proved, by client."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._kept: Kept[_Proved] = Kept(bounds)

    def keep(self, client: str, reply: Reply, *, now: float) -> None:
        """Keep the proofs of a reply that was sent to a client; a reply without any costs a glance."""
        if not any(_proof_of(part) for part in reply.parts):
            return
        called = any(isinstance(part, ToolCall) for part in reply.parts)
        before: list[Reasoning] = []
        for part in reply.parts:
            match part:
                case Reasoning():
                    if part.proof is not None:
                        before.append(part)
                case ToolCall() | Text() if isinstance(part, ToolCall) is called:
                    key = _key(part)
                    if key and (before or part.proof is not None):
                        proved = _Proved(tuple(before), part.proof)
                        self._kept.keep(client, key, proved, _size(proved), now=now)
                    before = []
                case _:
                    pass

    def restored(self, client: str, conversation: Conversation, *, now: float) -> Conversation:
        """Return the conversation with the proofs that the client left out."""
        turns = tuple(self._turn(client, message, now) for message in conversation.messages)
        if all(turn is message for turn, message in zip(turns, conversation.messages, strict=True)):
            return conversation
        return msgspec.structs.replace(conversation, messages=turns)

    def _turn(self, client: str, message: Message, now: float) -> Message:
        if message.role is not Role.ASSISTANT or any(_proof_of(part) for part in message.parts):
            return message
        called = any(isinstance(part, ToolCall) for part in message.parts)
        parts: list[Part] = []
        found = False
        for part in message.parts:
            proved = None
            if isinstance(part, (ToolCall, Text)) and isinstance(part, ToolCall) is called:
                proved = self._kept.get(client, _key(part), now=now)
            if proved is not None:
                found = True
                parts.extend(proved.before)
                assert isinstance(part, (ToolCall, Text))
                parts.append(msgspec.structs.replace(part, proof=proved.proof))
            else:
                parts.append(part)
        if not found:
            return message
        return Message(message.role, tuple(_without_copies(parts)), message.extras)


class ProofTap:
    """Adds up what is worth keeping of a reply that streams through: nothing until it reasons or proves."""

    def __init__(self) -> None:
        self._assembler: Assembler | None = None
        self._known: set[int] = set()  # parts that opened since

    def feed(self, event: StreamEvent) -> None:
        """Take one event."""
        if self._assembler is None:
            if not isinstance(event, ReasoningStart) and not (isinstance(event, ToolCallStart) and event.proof):
                return
            self._assembler = Assembler()
        match event:
            case TextStart(index) | ReasoningStart(index) | ToolCallStart(index):
                self._known.add(index)
            case TextDelta(index) | ReasoningDelta(index) | ToolCallDelta(index) | PartProof(index):
                if index not in self._known:
                    return
            case _:
                return
        self._assembler.feed(event)

    @property
    def listens(self) -> bool:
        """Whether there has been anything worth keeping."""
        return self._assembler is not None

    @property
    def reply(self) -> Reply | None:
        """What there is to keep, or None."""
        return self._assembler.reply if self._assembler is not None else None


def _without_copies(parts: Iterable[Part]) -> Iterable[Part]:
    """Leave out reasoning that came back as words only; it is there with its proof now."""
    return (part for part in parts if not (isinstance(part, Reasoning) and part.proof is None))


def _proof_of(part: Part) -> Opaque | None:
    return part.proof if isinstance(part, (Reasoning, Text, ToolCall)) else None


def _key(part: ToolCall | Text) -> str:
    if isinstance(part, ToolCall):
        return f"call:{part.id}" if part.id else ""
    return "text:" + hashlib.sha256(part.text.strip().encode("utf-8", "surrogatepass")).hexdigest()


def _size(proved: _Proved) -> int:
    proofs = [proved.proof, *(thought.proof for thought in proved.before)]
    words = sum(len(thought.text) for thought in proved.before)
    return _OVERHEAD + words + sum(len(proof.value) for proof in proofs if proof is not None)
