"""
Recorded exchanges with vendors: those that the simulator plays, and those kept beside the tests for their oddities.

A folder of recordings holds `<dialect>/<case>/recording.json`, in the simulator's form with source and licence.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from cliproxy.conversation.events import StreamEvent
from cliproxy.dialects.base import Codec
from cliproxy.simulator.recordings import Recording, cases, forms, recorded
from cliproxy.wire.frames import Cutter, Frame, Framing
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream

FILE = "recording.json"
REFUSED = 400  # the lowest status that says so


def played(dialect: str) -> dict[str, Recording]:
    """Return the simulator's recordings of one dialect, by case and form."""
    return {f"{case}.{form}": recorded(dialect, case, form) for case in cases(dialect) for form in forms(dialect, case)}


def kept(folder: Path, dialect: str) -> dict[str, Recording]:
    """Return the recordings that lie in a folder, of one dialect, by case."""
    return {file.parent.name: read(file) for file in sorted(folder.glob(f"{dialect}/*/{FILE}"))}


def read(file: Path) -> Recording:
    """Return one recording."""
    return msgspec.json.decode(file.read_bytes(), type=Recording)


def body_of(recording: Recording) -> bytes:
    """Return the answer as it was on the wire."""
    return b"".join(recording.response.pieces)


def framing_of(recording: Recording) -> Framing:
    """Return how the answer lay on the wire."""
    if recording.response.stream is not None:
        return Framing.EVENT_STREAM
    return Framing.JSON_ARRAY if isinstance(recording.response.body, list) else Framing.WHOLE


def cutter_for(framing: Framing) -> Cutter:
    """Return what cuts a stream of this framing."""
    return JsonArray() if framing is Framing.JSON_ARRAY else EventStream()


def frames_of(chunks: Sequence[bytes], framing: Framing = Framing.EVENT_STREAM) -> list[Frame]:
    """Return the frames of a stream that arrived in these chunks, a last one without its end mark included."""
    cutter = cutter_for(framing)
    frames = [frame for chunk in chunks for frame in cutter.frames(cutter.feed(chunk))]
    return frames + cutter.frames(cutter.close())


def request_of(recording: Recording) -> bytes | None:
    """Return the request's body; None where it was not recorded."""
    return None if recording.request.body is None else msgspec.json.encode(recording.request.body)


def decoded(codec: Codec, recording: Recording) -> list[StreamEvent]:
    """Return the events that an answer says, streamed or whole. A refusal is whole, also in an array of one."""
    framing = framing_of(recording)
    body = body_of(recording)
    if framing is Framing.WHOLE:
        return codec.decode_reply(body)
    frames = frames_of([body], framing)
    if recording.response.status >= REFUSED:
        return codec.decode_reply(frames[0].data)
    decoder = codec.stream_decoder()
    return [event for frame in frames for event in decoder.feed(frame)] + decoder.close()


def spelled(events: Sequence[StreamEvent]) -> list[dict[str, object]]:
    """Return events as JSON values, each under its name, for a snapshot."""
    return [{type(event).__name__: _fields(event)} for event in events]


def _fields(value: object) -> object:
    match value:
        case Raw():
            return msgspec.json.decode(value)
        case Struct():
            names = value.__struct_fields__
            defaults = dict(zip(reversed(names), reversed(value.__struct_defaults__), strict=False))
            told = ((name, getattr(value, name)) for name in names)
            return {name: _fields(inner) for name, inner in told if name not in defaults or inner != defaults[name]}
        case tuple():
            return [_fields(inner) for inner in value]
        case Enum():
            return value.value
        case _:
            return value
