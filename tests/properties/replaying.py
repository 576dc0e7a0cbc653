"""Every recording there is, decoded, and the context that encoders are given in tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cliproxy import dialects
from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import StreamEvent
from cliproxy.dialects.base import Codec, Dialect, Losses, ReplyContext, RequestHead
from cliproxy.discovery import declared
from cliproxy.simulator.recordings import DIALECTS as PLAYED
from cliproxy.simulator.recordings import Recording
from cliproxy.testing.recordings import frames_of, kept, played
from cliproxy.wire.frames import Frame

FOLDER = Path(__file__).parent.parent / "recordings"
DIALECTS = declared(dialects, "DIALECT", Dialect)
CODECS: dict[str, Codec] = {name: dialect.codec for name, dialect in DIALECTS.items() if dialect.codec is not None}
CONTEXT = ReplyContext(RequestHead("asked", stream=True), None, "exchange1", 1_700_000_000.0)


def every_recording(names: Sequence[str]) -> dict[str, Recording]:
    """Return all recordings of these dialects, kept and played, by `dialect/case`."""
    return {
        f"{name}/{case}": recording
        for name in names
        for source in (kept(FOLDER, name), played(name) if name in PLAYED else {})
        for case, recording in source.items()
    }


def fresh_context() -> ReplyContext:
    """Return the context with nothing lost yet."""
    return msgspec.structs.replace(CONTEXT, losses=Losses())


def assembled(events: Sequence[StreamEvent]) -> Assembler:
    assembler = Assembler()
    for event in events:
        assembler.feed(event)
    return assembler


def streamed(codec: Codec, events: Sequence[StreamEvent], context: ReplyContext = CONTEXT) -> list[Frame]:
    """Return the frames that an encoder writes for these events."""
    encoder = codec.stream_encoder(context)
    return frames_of([unit for event in events for unit in encoder.feed(event)])


def heard(codec: Codec, frames: Sequence[Frame]) -> list[StreamEvent]:
    """Return what a decoder makes of these frames."""
    decoder = codec.stream_decoder()
    return [event for frame in frames for event in decoder.feed(frame)] + decoder.close()
