"""
What a reply goes through on its way back: blocks of whole frames in, units for the client out.

`Relay` passes them on and only looks for usage, refusal and end; `Translate` decodes to events and encodes to units;
`Fold` decodes and adds the events up for a client that wants one body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import ReplyEnd, ReplyError, StreamEvent, TextDelta, UsageUpdate
from cliproxy.conversation.reply import Usage
from cliproxy.dialects.base import Dialect, StreamDecoder, StreamEncoder
from cliproxy.dispatch.proofs import ProofTap
from cliproxy.wire import sse
from cliproxy.wire.frames import Cutter, Frame, Framing


class Pipeline(Protocol):
    """Blocks in, units out. Afterwards it knows what the reply cost and how it ended."""

    usage: Usage
    ended: bool
    error: ReplyError | None  # once it is set, the client has been told

    def feed(self, block: bytes) -> list[bytes]:
        """Return what the client is to get for a block of whole frames."""
        ...

    def close(self, rest: bytes, broken: ReplyError | None) -> list[bytes]:
        """
        Return what the client is to get at the end.

        Args:
            rest: What came after the last whole frame.
            broken: Why the upstream's stream broke off; None where it closed it.
        """
        ...


class Relay:
    """Same dialect on both sides: the bytes, as they came."""

    def __init__(
        self,
        dialect: Dialect,
        cutter: Cutter,
        framing: Framing = Framing.EVENT_STREAM,
        hear: Callable[[bytes], None] | None = None,
        *,
        hides_usage: bool = False,
    ) -> None:
        """`hear` is given what the client gets, block by block; frames that tell nothing but usage may be hidden."""
        self.usage = Usage()
        self.ended = False
        self.error: ReplyError | None = None
        self._cutter = cutter
        self._framing = framing
        self._hear = hear
        self._sight = dialect.sight
        self._has_signs = dialect.signs.search
        self._hides_usage = hides_usage
        self._drops_comments = framing is Framing.EVENT_STREAM and not dialect.takes_comments

    def feed(self, block: bytes) -> list[bytes]:
        """Pass a block on."""
        if self._has_signs(block):
            self._look(block)
            if self._hides_usage:
                block = self._without_usage(block)
        if self._hear is not None:
            self._hear(block)
        if self._drops_comments and sse.has_comments(block):
            block = sse.rewritten(self._cutter.frames(block))
        return [block]

    def close(self, rest: bytes, broken: ReplyError | None) -> list[bytes]:
        """Pass on a last frame that only lacks its end mark; of a stream that broke off, nothing but the bracket."""
        if broken is not None:
            return [b"\n]"] if self.ended and self._framing is Framing.JSON_ARRAY else []
        if rest and self._cutter.frames(rest):
            self._look(rest)
            if self._hear is not None:
                self._hear(rest)
        return [rest] if rest and (self.ended or self.error is not None) else []

    def _without_usage(self, block: bytes) -> bytes:
        """Return a block without the frames that tell of nothing else."""
        frames = self._cutter.frames(block)
        left = [frame for frame in frames if not self._tells_usage_alone(frame)]
        return block if len(left) == len(frames) else sse.rewritten(left)

    def _tells_usage_alone(self, frame: Frame) -> bool:
        seen = self._sight(frame)
        return seen is not None and seen.usage is not None and not (seen.content or seen.end or seen.error)

    def _look(self, block: bytes) -> None:
        for frame in self._cutter.frames(block):
            sighting = self._sight(frame)
            if sighting is None:
                continue
            if sighting.usage is not None:
                self.usage = merged(self.usage, sighting.usage)
            self.ended = self.ended or sighting.end
            self.error = self.error or sighting.error


class Translate:
    """Frames to events to units."""

    def __init__(
        self,
        decoder: StreamDecoder,
        encoder: StreamEncoder,
        cutter: Cutter,
        declared: AsDeclared | None = None,
        *,
        proofs: ProofTap | None = None,
        hear: Callable[[bytes], None] | None = None,
    ) -> None:
        """`proofs` is given the events as the client is told them, `hear` the units."""
        self.usage = Usage()
        self.ended = False
        self.error: ReplyError | None = None
        self._decode = decoder.feed
        self._close = decoder.close
        self._encode = encoder.feed
        self._frames = cutter.frames
        self._declared = declared
        self._proofs = proofs
        self._hear = hear
        self._is_watched = declared is not None or proofs is not None or hear is not None
        self._text_is_watched = hear is not None

    def feed(self, block: bytes) -> list[bytes]:
        """Translate a block."""
        units: list[bytes] = []
        for frame in self._frames(block):
            for event in self._decode(frame):
                units.extend(self._write(event))
        return units

    def close(self, rest: bytes, broken: ReplyError | None) -> list[bytes]:
        """Translate what is left, and the end."""
        units = self.feed(rest) if rest and broken is None else []
        events = self._close()
        if broken is not None and not any(isinstance(event, ReplyEnd) for event in events):
            events = [broken]
        for event in events:
            units.extend(self._write(event))
        return units

    def write(self, events: list[StreamEvent]) -> list[bytes]:
        """Encode the events of a whole reply."""
        return [unit for event in events for unit in self._write(event)]

    def _write(self, event: StreamEvent) -> list[bytes]:
        if self.error is not None or self.ended:
            return []
        if type(event) is TextDelta and not self._text_is_watched:  # what most events are
            return self._encode(event)
        match event:
            case UsageUpdate(usage):
                self.usage = usage
            case ReplyEnd():
                self.ended = True
            case ReplyError():
                self.error = event
            case _:
                pass
        return self._watched(event) if self._is_watched else self._encode(event)

    def _watched(self, event: StreamEvent) -> list[bytes]:
        units: list[bytes] = []
        for told in self._declared.feed(event) if self._declared is not None else (event,):
            if self._proofs is not None:
                self._proofs.feed(told)
                self._text_is_watched = self._text_is_watched or self._proofs.listens
            units += self._encode(told)
        if self._hear is not None:
            for unit in units:
                self._hear(unit)
        return units


class _Collector:
    """An encoder that writes nothing and adds everything up."""

    def __init__(self) -> None:
        self.assembler = Assembler()

    def feed(self, event: StreamEvent) -> list[bytes]:
        self.assembler.feed(event)
        return []


class Fold(Translate):
    """Frames to events to one reply."""

    def __init__(self, decoder: StreamDecoder, cutter: Cutter, declared: AsDeclared | None = None) -> None:
        self._collector = _Collector()
        super().__init__(decoder, self._collector, cutter, declared)

    @property
    def assembler(self) -> Assembler:
        """What the reply's events add up to."""
        return self._collector.assembler


def merged(earlier: Usage, later: Usage) -> Usage:
    """Return two reports on one reply as one: later numbers count, where they are there."""
    return Usage(
        later.input_tokens or earlier.input_tokens,
        later.cached_tokens or earlier.cached_tokens,
        later.cache_write_tokens or earlier.cache_write_tokens,
        later.output_tokens or earlier.output_tokens,
        later.reasoning_tokens or earlier.reasoning_tokens,
    )
