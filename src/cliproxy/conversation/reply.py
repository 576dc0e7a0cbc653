"""What a reply's events add up to: its parts, why it ended, and what it cost."""

from __future__ import annotations

import enum

from msgspec import Struct

from cliproxy.conversation.request import Part


class Usage(Struct, frozen=True, gc=False):
    """Tokens of one reply. Totals include their parts, whichever way the vendor counts."""

    input_tokens: int = 0
    cached_tokens: int = 0  # part of input_tokens
    cache_write_tokens: int = 0  # part of input_tokens
    output_tokens: int = 0
    reasoning_tokens: int = 0  # part of output_tokens


class FinishReason(enum.Enum):
    """Why a reply ended."""

    STOP = "stop"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_CALL = "tool_call"
    LENGTH = "length"
    CONTEXT_FULL = "context_full"
    FILTERED = "filtered"
    PAUSED = "paused"
    OTHER = "other"


class Finish(Struct, frozen=True, gc=False):
    """Why a reply ended, in our word and in the upstream's."""

    reason: FinishReason
    raw: str = ""
    stop_sequence: str | None = None  # the one that was met, where the upstream tells


class Candidate(Struct, frozen=True, gc=False):
    """One of several replies to choose from."""

    parts: tuple[Part, ...]
    finish: Finish


class Reply(Struct, frozen=True, gc=False):
    """A whole reply. `others` are the candidates after the first, in order."""

    id: str
    model: str
    parts: tuple[Part, ...]
    finish: Finish
    usage: Usage
    others: tuple[Candidate, ...] = ()
    service_tier: str = ""

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """The parts of all candidates, for dialects that have one: see `sequence`."""
        if not self.others:
            return self.parts
        return self.parts + tuple(part for other in self.others for part in other.parts)
