"""
Stream events: the only form in which a reply travels, whole or streamed.

A reply is `ReplyStart`, then parts one after another or interleaved, each opened by a start event and closed by
`PartEnd`, then at most one `ReplyEnd` or `ReplyError`. Parts are numbered from 0 in the order they open. A
`UsageUpdate` may come anywhere and replaces the one before.

Where several replies were asked for, each part tells which it belongs to. `ReplyEnd` tells of the first why it ended,
`CandidateEnd`, somewhere before it, of each other.
"""

from __future__ import annotations

from msgspec import Struct

from cliproxy.conversation.reply import Finish, Usage
from cliproxy.conversation.request import Foreign, Media, Opaque
from cliproxy.conversation.words import Citation, Logprob


class ReplyStart(Struct, frozen=True, gc=False):
    """The upstream has begun. What it does not tell is empty."""

    id: str = ""
    model: str = ""
    service_tier: str = ""  # in which it was served


class TextStart(Struct, frozen=True, gc=False):
    """Words begin; with `refusal`, those of a model that declines."""

    index: int
    refusal: bool = False
    candidate: int = 0


class TextDelta(Struct, frozen=True, gc=False):
    """More words of a text part."""

    index: int
    text: str


class ReasoningStart(Struct, frozen=True, gc=False):
    """Thoughts begin; `redacted` ones have a proof and no text."""

    index: int
    redacted: bool = False
    candidate: int = 0


class ReasoningDelta(Struct, frozen=True, gc=False):
    """More words of a reasoning part."""

    index: int
    text: str


class PartProof(Struct, frozen=True, gc=False):
    """The proof of a part of reasoning or text; at most one, before its end. A call has its own when it begins."""

    index: int
    proof: Opaque


class TextCitation(Struct, frozen=True, gc=False):
    """Where words of a text part, said or about to be said, come from."""

    index: int
    citation: Citation


class TextLogprobs(Struct, frozen=True, gc=False):
    """How likely the tokens of a text part were, those since the last such event."""

    index: int
    logprobs: tuple[Logprob, ...]


class ToolCallStart(Struct, frozen=True, gc=False):
    """A call begins. `id` may be empty; `name` is not. With `free_text` its arguments are plain text."""

    index: int
    id: str
    name: str
    free_text: bool = False
    proof: Opaque | None = None
    candidate: int = 0


class ToolCallDelta(Struct, frozen=True, gc=False):
    """More of a call's arguments, as JSON text or, of a call with `free_text`, as words."""

    index: int
    arguments: str


class MediaPart(Struct, frozen=True, gc=False):
    """A picture or sound, whole. It has no `PartEnd`."""

    index: int
    media: Media
    candidate: int = 0


class ForeignPart(Struct, frozen=True, gc=False):
    """A part without a neutral meaning, whole. It has no `PartEnd`."""

    index: int
    part: Foreign
    candidate: int = 0


class PartEnd(Struct, frozen=True, gc=False):
    """A part is complete."""

    index: int


class UsageUpdate(Struct, frozen=True, gc=False):
    """What has been used so far, all of it."""

    usage: Usage


class CandidateEnd(Struct, frozen=True, gc=False):
    """A candidate other than the first is complete."""

    candidate: int
    finish: Finish


class ReplyEnd(Struct, frozen=True, gc=False):
    """The reply is complete."""

    finish: Finish


class ReplyError(Struct, frozen=True, gc=False):
    """The upstream broke off. `status` is the HTTP status that says the same; 0 where nobody knows."""

    message: str
    code: str = ""
    status: int = 0


StreamEvent = (
    TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | TextStart
    | ReasoningStart
    | PartProof
    | TextCitation
    | TextLogprobs
    | ToolCallStart
    | PartEnd
    | UsageUpdate
    | MediaPart
    | ForeignPart
    | ReplyStart
    | CandidateEnd
    | ReplyEnd
    | ReplyError
)
