"""
Proofs on their way through dialects that did not make them.

A vendor's proof is only good at that vendor. When one leaves in another dialect it is tagged with the dialect it came
from, so that it is recognised, and sent home, when a client brings it back in a later turn.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cliproxy.conversation.request import Conversation, Message, Opaque, Part, Reasoning, Text, ToolCall

_MARK = "#"  # in no base64 alphabet
_ON = "."  # between the maker and what the proof hangs on
_PLACES = ("text", "call")


def written(proof: Opaque, dialect: str) -> str:
    """Return the proof as it stands in a body of this dialect: as it is at home, tagged elsewhere."""
    if proof.dialect == dialect:
        return proof.value
    maker = f"{proof.dialect}{_ON}{proof.on}" if proof.on else proof.dialect
    return f"{maker}{_MARK}{proof.value}"


def read(value: str, dialect: str) -> Opaque:
    """Return what a body of this dialect holds as a proof, with the dialect that made it."""
    tag, mark, bare = value.partition(_MARK)
    maker, _, on = tag.partition(_ON)
    if mark and maker.isidentifier() and (not on or on in _PLACES):
        # A client that joins neighbouring thoughts joins their proofs: the first is whole.
        return Opaque(maker, bare.partition(tag + mark)[0], on)
    return Opaque(dialect, value)


def without_proofs(conversation: Conversation) -> Conversation:
    """Return the conversation with nothing in it that an upstream could find to be another's, or too old."""
    return msgspec.structs.replace(
        conversation,
        messages=tuple(
            Message(message.role, tuple(_unproved(message.parts)), message.extras) for message in conversation.messages
        ),
    )


def _unproved(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        match part:
            case Reasoning() if part.proof is not None:
                if part.text:
                    yield msgspec.structs.replace(part, proof=None)
            case Text() | ToolCall() if part.proof is not None:
                yield msgspec.structs.replace(part, proof=None)
            case _:
                yield part
