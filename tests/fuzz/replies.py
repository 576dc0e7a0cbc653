"""Replies, whole and streamed, of each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cliproxy.conversation.assemble import Assembler
from cliproxy.conversation.declared import AsDeclared
from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.request import Tool
from cliproxy.dialects.base import Codec
from cliproxy.dispatch.pipeline import Pipeline, Relay, Translate
from cliproxy.dispatch.proofs import ProofTap
from cliproxy.testing.grammar.events import event_violations
from cliproxy.wire.frames import Frame
from cliproxy.wire.sse import EventStream
from tests.fuzz.laws import Target, chosen, chunks, must, must_be_json
from tests.properties.replaying import CODECS, DIALECTS, fresh_context

_TOOLS = (Tool("get_weather"), Tool("apply_patch", free_text=True))


def stream(name: str) -> Target:
    def run(data: bytes) -> None:
        """Whatever an upstream streams is events by the rules, which every encoder can write."""
        if not data:
            return
        decoder, cutter = CODECS[name].stream_decoder(), EventStream()
        events: list[StreamEvent] = []
        for block in (cutter.feed(data[1:]), cutter.close()):
            for frame in cutter.frames(block) if block else ():
                DIALECTS[name].sight(frame)
                events += decoder.feed(frame)
        _must_be_written([*events, *decoder.close()], chosen(data[0]))

    return run


def whole(name: str) -> Target:
    def run(data: bytes) -> None:
        """The same of a whole body."""
        if data:
            DIALECTS[name].sight(Frame("", data[1:]))
            _must_be_written(CODECS[name].decode_reply(data[1:]), chosen(data[0]))

    return run


def pipeline(name: str) -> Target:
    def run(data: bytes) -> None:
        """What a client gets does not depend on how the network cut the upstream's stream."""
        if not data:
            return
        choice, upstream = data[0], data[1:]
        for make in (_relay, _translate):
            at_once, in_chunks = make(name, choice), make(name, choice)
            first = _through(at_once, [upstream])
            second = _through(in_chunks, chunks(upstream, choice))
            must(_frames(first) == _frames(second), "what the client gets depends on how the stream was cut")
            must(at_once.usage == in_chunks.usage, "the usage depends on how the stream was cut")
            must(at_once.ended == in_chunks.ended, "the end depends on how the stream was cut")
            must(make is _translate or not DIALECTS[name].takes_comments or upstream.startswith(first), "made up")

    return run


def _relay(name: str, _choice: int) -> Pipeline:
    return Relay(DIALECTS[name], EventStream())


def _translate(name: str, choice: int) -> Pipeline:
    encoder = chosen(choice // 8)
    declared = AsDeclared(_TOOLS, {"weather": "get_weather"}, takes_free_text=encoder.takes_free_text, id_="x")
    decoder, written = CODECS[name].stream_decoder(), encoder.stream_encoder(fresh_context())
    return Translate(decoder, written, EventStream(), declared, proofs=ProofTap())


def _through(pipeline: Pipeline, pieces: Iterable[bytes]) -> bytes:
    cutter = EventStream()
    units: list[bytes] = []
    for piece in pieces:
        block = cutter.feed(piece)
        if block:
            units += pipeline.feed(block)
    return b"".join([*units, *pipeline.close(cutter.close(), None)])


def _frames(upstream: bytes) -> list[Frame]:
    return EventStream().frames(upstream)  # blank lines that stand after an event are nobody's


def _must_be_written(events: Sequence[StreamEvent], codec: Codec) -> None:
    problems = event_violations(events)
    must(not problems, "; ".join(problems[:3]))
    encoder, assembler, written = codec.stream_encoder(fresh_context()), Assembler(), EventStream()
    for event in events:
        for frame in written.frames(written.feed(b"".join(encoder.feed(event)))):
            if frame.data != b"[DONE]":
                must_be_json(frame.data, "a frame")
        assembler.feed(event)
    must_be_json(codec.encode_reply(assembler.reply, fresh_context()), "a reply")
