"""
Stream events: the only form in which a reply travels, whole or streamed.

A reply is `ReplyStart`, then parts one after another or interleaved, each opened by a start event and closed by
`PartEnd`, then at most one `ReplyEnd` or `ReplyError`. Parts are numbered from 0 in the order they open. A
`UsageUpdate` may come anywhere and replaces the one before.
"""

from __future__ import annotations

from msgspec import Struct

from cliproxy.conversation.reply import Finish, Usage
from cliproxy.conversation.request import Foreign, Media, Opaque


class ReplyStart(Struct, frozen=True, gc=False):
    """The upstream has begun. Its id and model may be empty."""

    id: str = ""
    model: str = ""


class TextStart(Struct, frozen=True, gc=False):
    """Words begin; with `refusal`, those of a model that declines."""

    index: int
    refusal: bool = False


class TextDelta(Struct, frozen=True, gc=False):
    """More words of a text part."""

    index: int
    text: str


class ReasoningStart(Struct, frozen=True, gc=False):
    """Thoughts begin; `redacted` ones have a proof and no text."""

    index: int
    redacted: bool = False


class ReasoningDelta(Struct, frozen=True, gc=False):
    """More words of a reasoning part."""

    index: int
    text: str


class ReasoningProof(Struct, frozen=True, gc=False):
    """The proof of a reasoning part; at most one, before its end."""

    index: int
    proof: Opaque


class ToolCallStart(Struct, frozen=True, gc=False):
    """A call begins. `id` may be empty; `name` is not."""

    index: int
    id: str
    name: str


class ToolCallDelta(Struct, frozen=True, gc=False):
    """More of a call's arguments, as JSON text."""

    index: int
    arguments: str


class MediaPart(Struct, frozen=True, gc=False):
    """A picture or sound, whole. It has no `PartEnd`."""

    index: int
    media: Media


class ForeignPart(Struct, frozen=True, gc=False):
    """A part without a neutral meaning, whole. It has no `PartEnd`."""

    index: int
    part: Foreign


class PartEnd(Struct, frozen=True, gc=False):
    """A part is complete."""

    index: int


class UsageUpdate(Struct, frozen=True, gc=False):
    """What has been used so far, all of it."""

    usage: Usage


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
    | ReasoningProof
    | ToolCallStart
    | PartEnd
    | UsageUpdate
    | MediaPart
    | ForeignPart
    | ReplyStart
    | ReplyEnd
    | ReplyError
)
