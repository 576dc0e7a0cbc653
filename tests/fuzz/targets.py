"""
What is fuzzed, and what must hold whatever the bytes are.

A target returns when all is well and raises where it is not. The first byte chooses what the rest does not say: how a
stream is cut, into which dialect it is translated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.model import ModelInfo
from cliproxy.dialects.base import Codec, Edits
from cliproxy.errors import RequestError
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Cutter, FrameTooLong
from cliproxy.wire.json_array import JsonArray
from cliproxy.wire.sse import EventStream
from tests.properties.replaying import CODECS, CONTEXT, DIALECTS

Target = Callable[[bytes], None]

_MODEL = ModelInfo("m")
_CHUNKS = (1, 2, 3, 7, 64, 1_000_000)  # bytes


class Broken(AssertionError):  # noqa: N818 (says what happened)
    """What must hold does not."""


def _chunks(data: bytes, choice: int) -> list[bytes]:
    size = _CHUNKS[choice % len(_CHUNKS)]
    return [data[start : start + size] for start in range(0, len(data), size)]


def _cutter(make: Callable[[], Cutter]) -> Target:
    def run(data: bytes) -> None:
        """Cut anywhere, the same frames come out, and no byte is lost."""
        choice, stream = data[:1], data[1:]
        whole, cut = make(), make()
        try:
            blocks = [whole.feed(stream), whole.close()]
        except FrameTooLong:
            return
        pieces = [*(cut.feed(chunk) for chunk in _chunks(stream, choice[0] if choice else 0)), cut.close()]
        if b"".join(pieces) != stream or b"".join(blocks) != stream:
            raise Broken("bytes were lost or made up")
        if _frames(cut, pieces) != _frames(whole, blocks):
            raise Broken("the frames depend on how the stream was cut")

    return run


def _frames(cutter: Cutter, blocks: Sequence[bytes]) -> list[object]:
    return [frame for block in blocks if block for frame in cutter.frames(block)]


def _stream(name: str) -> Target:
    def run(data: bytes) -> None:
        """Whatever an upstream streams is events by the rules, which every encoder can write."""
        if not data:
            return
        choice, stream = data[0], data[1:]
        decoder, cutter = CODECS[name].stream_decoder(), EventStream()
        sight = DIALECTS[name].sight
        events: list[StreamEvent] = []
        for block in [*(cutter.feed(chunk) for chunk in _chunks(stream, choice)), cutter.close()]:
            for frame in cutter.frames(block) if block else ():
                sight(frame)
                events += decoder.feed(frame)
        _written([*events, *decoder.close()], _other(choice))

    return run


def _reply(name: str) -> Target:
    def run(data: bytes) -> None:
        """The same of a whole body."""
        if data:
            _written(CODECS[name].decode_reply(data[1:]), _other(data[0]))

    return run


def _written(events: Sequence[StreamEvent], codec: Codec) -> None:
    problems = event_violations(events)
    if problems:
        raise Broken("; ".join(problems[:3]))
    encoder, assembler = codec.stream_encoder(CONTEXT), Assembler()
    for event in events:
        encoder.feed(event)
        assembler.feed(event)
    codec.encode_reply(assembler.reply, CONTEXT)


def _request(name: str) -> Target:
    def run(data: bytes) -> None:
        """A request is refused, or understood; and what is understood every dialect can be told."""
        if not data:
            return
        choice, body = data[0], data[1:]
        try:
            DIALECTS[name].read_head(body, {"model": "m", "method": "generateContent"})
            DIALECTS[name].edit_request(body, Edits(model="other", drop_proofs=bool(choice & 64)))
            conversation = CODECS[name].decode_request(body)
            _other(choice).encode_request(conversation, _MODEL, bool(choice & 128))
        except RequestError:
            pass

    return run


def _other(choice: int) -> Codec:
    names = sorted(CODECS)
    return CODECS[names[choice % len(names)]]


TARGETS: dict[str, Target] = {
    "event_stream": _cutter(EventStream),
    "json_array": _cutter(JsonArray),
    **{f"stream.{name}": _stream(name) for name in CODECS},
    **{f"reply.{name}": _reply(name) for name in CODECS},
    **{f"request.{name}": _request(name) for name in CODECS},
}
