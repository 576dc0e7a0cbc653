"""
What a dialect is: the functions that read and write one API's requests, replies, streams and errors.

A dialect that is only relayed so far has no `codec`: its bytes pass through, and a pair that would need one answers
501. All functions here are pure; ids and times reach an encoder in its `ReplyContext`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.events import ReplyError, StreamEvent
from cliproxy.conversation.model import ModelInfo
from cliproxy.conversation.reply import Reply, Usage
from cliproxy.conversation.request import Conversation, Effort, Foreign, Part
from cliproxy.errors import GatewayError
from cliproxy.wire import sse
from cliproxy.wire.body import UNREADABLE, close_body, mended, open_body, put
from cliproxy.wire.frames import Frame, Framing

ABSENT = Raw()  # the default of a field whose value may have any shape
LONGEST_LOSS_NAME = 120  # characters
_MOST_TOKENS = 2**53 - 1  # what every client can read


class Operation(enum.Enum):
    """What is asked for."""

    GENERATE = "generate"
    COUNT_TOKENS = "count_tokens"
    COMPACT = "compact"  # a long conversation made shorter, by the upstream


def nothing() -> str:
    """Say nothing."""
    return ""


class RequestHead(Struct, frozen=True, gc=False):
    """What a request says about itself, read without parsing below the top level."""

    model: str
    stream: bool = False
    session: str = ""  # what the client sends to name its conversation; "": nothing
    start: Callable[[], str] = nothing  # how the conversation begins, as a digest; found out when asked for
    framing: Framing = Framing.WHOLE  # how the client wants its reply to lie on the wire
    include_usage: bool = True  # whether a stream is to tell its usage
    continues: str = ""  # the reply that this request goes on from, by its id
    stores: bool = False  # whether the upstream is to keep the reply, so that others can go on from it


class Loss(Struct, frozen=True, gc=False):
    """Something the target dialect could not say: where it stood in the client's request, in the client's words."""

    field: str


class Losses:
    """Collects what an encoder could not say, each once."""

    def __init__(self) -> None:
        self._fields: dict[str, None] = {}

    def add(self, field: str) -> None:
        """Note one field, by its path in the client's request."""
        self._fields[field[:LONGEST_LOSS_NAME]] = None

    def extras(self, where: str, extras: Iterable[str]) -> None:
        """Note fields that the conversation model does not know, by their names."""
        for name in extras:
            self.add(f"{where}.{name}" if where else name)

    def found(self) -> tuple[Loss, ...]:
        """Return them in the order they were noted."""
        return tuple(Loss(field) for field in self._fields)


class ReplyContext(Struct, frozen=True):
    """What an encoder of replies needs beside the reply: what was asked, and the ids and times it may not invent."""

    head: RequestHead
    request: Conversation | None  # what was asked; None where it was relayed unread
    id: str  # the exchange's, from which ids are made that the upstream left out
    now: float  # unix time
    losses: Losses = msgspec.field(default_factory=Losses)  # what of the reply could not be said: `reply: ...`
    body: bytes = b""  # the client's request, for fields that a reply echoes as they came


class Encoded(Struct, frozen=True):
    """A request in the target's words, and what did not make it there."""

    body: bytes
    losses: tuple[Loss, ...] = ()
    names: Mapping[str, str] = {}  # tools renamed for the target: theirs -> the client's


class Edits(Struct, frozen=True):
    """What a relayed request needs changed. None: leave it."""

    model: str | None = None
    stream: bool | None = None
    effort: Effort | None = None  # already in words that the model takes
    drop_proofs: bool = False  # the upstream refused one: none goes along this time


class Sighting(NamedTuple):
    """What one frame, or one whole reply body, tells without being translated."""

    content: bool = False  # something the client came for; nothing is failed over after it
    end: bool = False  # the reply is complete
    usage: Usage | None = None
    error: ReplyError | None = None


class StreamDecoder(Protocol):
    """Frames in, events out."""

    def feed(self, frame: Frame) -> list[StreamEvent]:
        """Return what the frame says."""
        ...

    def close(self) -> list[StreamEvent]:
        """
        The upstream ended the stream: end open parts and the reply.

        A stream that broke off before it said why it ended gives a `ReplyError`.
        """
        ...


class StreamEncoder(Protocol):
    """Events in, framed units out."""

    def feed(self, event: StreamEvent) -> list[bytes]:
        """Return what is to be written for the event, framed."""
        ...


@dataclass(frozen=True, slots=True)
class Codec:
    """The translations between a dialect and the conversation model."""

    decode_request: Callable[[bytes], Conversation]
    encode_request: Callable[[Conversation, ModelInfo, bool], Encoded]  # for this model; streamed or not
    decode_reply: Callable[[bytes], list[StreamEvent]]  # a whole reply is a short stream
    encode_reply: Callable[[Reply, ReplyContext], bytes]
    stream_decoder: Callable[[], StreamDecoder]
    stream_encoder: Callable[[ReplyContext], StreamEncoder]
    takes_free_text: bool = False  # whether there are tools that take words


@dataclass(frozen=True, slots=True)
class Counting:
    """The translations of a question how many tokens a request has."""

    decode_request: Callable[[bytes], Conversation]
    encode_request: Callable[[Conversation, ModelInfo], Encoded]
    decode_reply: Callable[[bytes], int | None]
    encode_reply: Callable[[int], bytes]


class Heard(NamedTuple):
    """What one frame, or one whole reply body, adds to what can be gone on from."""

    items: tuple[bytes, ...] = ()  # of the reply, in the dialect's JSON
    id: str = ""  # the reply's, once it is complete; `items` are then all of them, or none where they came before


@dataclass(frozen=True, slots=True)
class Continuing:
    """How requests of a dialect go on from a reply that they name by its id."""

    items: Callable[[bytes], tuple[bytes, ...]]  # what a request says beside what came before
    continued: Callable[[bytes, Sequence[bytes]], bytes]  # a request, and what came before -> the same, said in full
    is_taken_back: Callable[[bytes], bool]  # whether an upstream of this dialect takes such an item
    heard: Callable[[Frame], Heard | None]
    signs: re.Pattern[bytes]  # what a frame holds if `heard` says anything of it
    not_found: Callable[[str], GatewayError]  # the vendor's own error for an id that nobody knows


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API shape."""

    name: str
    read_head: Callable[[bytes, Mapping[str, str]], RequestHead]  # body; what path and query say: model, method, alt
    edit_request: Callable[[bytes, Edits], bytes]  # top level only
    framing: Callable[[str, bool], Framing | None]  # content type, streamed -> framing; None: not this dialect's
    sight: Callable[[Frame], Sighting | None]  # stateless
    signs: re.Pattern[bytes]  # what a frame holds if `sight` says more of it than "content"
    keep_alive: Mapping[Framing, bytes]  # what its clients take for silence
    encode_error: Callable[[GatewayError, Framing], bytes]  # a whole body, or a unit within a stream already begun
    list_models: Callable[[Sequence[ModelInfo]], bytes]
    show_model: Callable[[ModelInfo], bytes]
    takes_comments: bool = True  # whether its clients know comment lines in an event stream
    repair: Callable[[bytes], bytes] | None = None  # of a relayed request: what clients say and the vendor refuses
    codec: Codec | None = None
    counting: Counting | None = None
    continuing: Continuing | None = None


def edit_top_level(body: bytes, edits: Edits) -> bytes:
    """Return a request whose model and stream flag stand at its top level, edited there, the rest as it came."""
    top = open_body(body)
    if edits.model is not None:
        put(top, "model", edits.model)
    if edits.stream is not None:
        put(top, "stream", edits.stream)
    return close_body(top)


def events_or_whole(content_type: str, streamed: bool) -> Framing | None:
    """Return the framing of a dialect that streams by events only, whatever was asked."""
    if content_type == sse.CONTENT_TYPE:
        return Framing.EVENT_STREAM
    return Framing.WHOLE if content_type.endswith("json") else None


def unknown_fields(raw: Raw | bytes, known: Collection[str]) -> dict[str, Raw]:
    """Return the fields of a JSON object that are not in `known`, but for those that are null. Each is its own copy."""
    return {
        name: value.copy()
        for name, value in _decode_object(raw).items()
        if name not in known and bytes(value) != b"null"
    }


def fields_of(struct: type[Struct]) -> frozenset[str]:
    """Return the names under which a struct's fields stand in JSON."""
    return frozenset(struct.__struct_encode_fields__)


def given(raw: Raw) -> bool:
    """Tell whether a field of any shape is there, and not null."""
    return bool(raw) and bytes(raw) != b"null"


def count_of(tokens: int | None) -> int:
    """Return a number of tokens that an upstream told; of one that cannot be, the nearest that can."""
    return min(tokens, _MOST_TOKENS) if tokens and tokens > 0 else 0


def copied(raw: Raw) -> Raw | None:
    """Return a field's value as its own copy, so that it outlives the body; None where it is absent."""
    return raw.copy() if given(raw) else None


def text_of(raw: Raw) -> str:
    """
    Return a value that should be text: a string as it is, lists of texts joined, anything else as JSON.

    It never fails: broken characters become U+FFFD.
    """
    value = bytes(raw)
    if value[:1] == b'"':
        return _string(value)
    if value in (b"null", b""):
        return ""
    if value[:1] == b"[":
        try:
            return "".join(_text_item(item) for item in msgspec.json.decode(value, type=list[Raw]))
        except UNREADABLE:
            pass
    return value.decode("utf-8", "replace")


def _string(value: bytes) -> str:
    try:
        return msgspec.json.decode(value, type=str)
    except UNREADABLE:
        return msgspec.json.decode(mended(value), type=str)


def _text_item(raw: Raw) -> str:
    if bytes(raw)[:1] == b"{":
        return text_of(_decode_object(raw).get("text", ABSENT))
    return text_of(raw)


def said(parts: Iterable[Part], dialect: str, losses: Losses, where: str) -> Iterator[Part]:
    """Return parts in words that this dialect has: another's foreign part gives way to what may stand instead."""
    for part in parts:
        if not isinstance(part, Foreign) or part.dialect == dialect:
            yield part
        elif part.instead:
            yield from part.instead
        else:
            losses.add(f"{where}: {part.kind}")


_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
