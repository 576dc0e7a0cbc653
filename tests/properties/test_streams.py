"""Laws of streams: chunk boundaries, interleaving, arbitrary frames, relays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cliproxy.conversation.events import StreamEvent
from cliproxy.conversation.reply import Reply
from cliproxy.dialects.base import ReplyContext
from cliproxy.dispatch.pipeline import Relay
from cliproxy.simulator.recordings import Recording
from cliproxy.testing.grammar import reply_violations, violations
from cliproxy.testing.grammar.events import event_violations
from cliproxy.testing.recordings import body_of, cutter_for, frames_of, framing_of
from cliproxy.testing.strategies import Chunking, chunkings, event_sequences, replies
from cliproxy.wire.frames import Frame, Framing
from tests.proof.told import differences, told
from tests.properties.replaying import CODECS, DIALECTS, assembled, every_recording, fresh_context, heard, streamed
from tests.properties.shapes import SHAPES, values

RELAYED = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")
STREAMS = {
    case: recording
    for case, recording in every_recording(RELAYED).items()
    if framing_of(recording) is not Framing.WHOLE and len(body_of(recording)) < 40_000
}
streams = st.sampled_from(sorted(STREAMS)).map(lambda case: (case.split("/")[0], STREAMS[case]))


@given(stream=streams, cut=chunkings())
@settings(max_examples=150, deadline=None)
def test_chunk_boundaries_do_not_matter(stream: tuple[str, Recording], cut: Chunking) -> None:
    """A network cuts where it likes, in the middle of a character or of a line end too."""
    _, recording = stream
    body, framing = body_of(recording), framing_of(recording)

    assert frames_of(cut(body), framing) == frames_of([body], framing)


@given(stream=streams, cut=chunkings())
@settings(max_examples=150, deadline=None)
def test_a_relay_gives_out_what_it_was_fed(stream: tuple[str, Recording], cut: Chunking) -> None:
    """Same dialect on both sides: not one byte differs, however it arrived."""
    name, recording = stream
    body, framing = body_of(recording), framing_of(recording)
    cutter = cutter_for(framing)
    relay = Relay(DIALECTS[name], cutter)
    out = [unit for chunk in cut(body) for unit in relay.feed(cutter.feed(chunk))]
    rest = cutter.close()
    out += relay.close(rest, None)

    assert b"".join(out) in (body, body[: len(body) - len(rest)])
    assert relay.ended or relay.error is not None


@pytest.mark.parametrize("name", sorted(CODECS))
@given(events=event_sequences())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_grammatical_and_reads_back(name: str, events: list[StreamEvent]) -> None:
    """Calls may come interleaved: a dialect without room for that still says all of them."""
    assert event_violations(events) == []
    context = fresh_context()
    frames = streamed(CODECS[name], events, context)
    reply, again = assembled(events).reply, assembled(heard(CODECS[name], frames)).reply

    assert violations(name, frames) == []
    assert list(differences(told(reply, name), told(again, name), losses_of(context))) == []


@pytest.mark.parametrize("name", sorted(CODECS))
@given(reply=replies())
@settings(max_examples=40, deadline=None)
def test_a_whole_reply_that_is_written_reads_back(name: str, reply: Reply) -> None:
    """A client that did not ask for a stream gets as much as one that did."""
    context = fresh_context()
    body = CODECS[name].encode_reply(reply, context)
    again = assembled(CODECS[name].decode_reply(body)).reply

    assert reply_violations(name, body) == []
    assert list(differences(told(reply, name), told(again, name), losses_of(context))) == []


def losses_of(context: ReplyContext) -> list[str]:
    return [loss.field for loss in context.losses.found()]


@pytest.mark.parametrize("name", sorted(CODECS))
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_decoders_take_any_frames_and_keep_the_laws(name: str, data: st.DataObject) -> None:
    """An upstream may send anything; a gateway that raises inside a stream leaves its client with half a reply."""
    payloads = data.draw(st.lists(st.one_of(SHAPES[name], SHAPES[name], values), max_size=8))
    frames = [Frame("", json.dumps(payload).encode()) for payload in payloads]
    if data.draw(st.booleans()):
        frames.append(Frame("", b"[DONE]"))
    events = heard(CODECS[name], frames)

    assert event_violations(events) == []
    assert assembled(events).reply is not None
    for other in CODECS:
        assert streamed(CODECS[other], events)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(data=st.binary(max_size=60), event=st.text(max_size=5))
def test_sight_and_decoders_take_any_bytes(name: str, data: bytes, event: str) -> None:
    """Not even JSON, not even UTF-8."""
    DIALECTS[name].sight(Frame(event, data))
    if name in CODECS:
        assert (
            event_violations(heard(CODECS[name], [Frame(event, data), Frame(event, b'{"type":"\xff","id":"\xff"}')]))
            == []
        )
