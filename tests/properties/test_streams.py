"""Laws of streams: chunk boundaries, interleaving, arbitrary frames, relays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cliproxy.conversation.events import StreamEvent
from cliproxy.dispatch.pipeline import Relay
from cliproxy.simulator.recordings import Recording
from cliproxy.testing.grammar import violations
from cliproxy.testing.recordings import body_of, cutter_for, frames_of, framing_of
from cliproxy.testing.strategies import Chunking, chunkings, event_sequences
from cliproxy.wire.frames import Frame, Framing
from tests.properties.laws import broken_laws
from tests.properties.replaying import CODECS, DIALECTS, assembled, every_recording, heard, streamed, told

RELAYED = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")
STREAMS = {
    case: recording
    for case, recording in every_recording(RELAYED).items()
    if framing_of(recording) is not Framing.WHOLE and len(body_of(recording)) < 40_000
}
streams = st.sampled_from(sorted(STREAMS)).map(lambda case: (case.split("/")[0], STREAMS[case]))

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


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
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_grammatical_and_reads_back(name: str, events: list[StreamEvent]) -> None:
    """Calls may come interleaved: a dialect without room for that still says all of them."""
    assert broken_laws(events) == []
    frames = streamed(CODECS[name], events)
    reply, again = assembled(events).reply, assembled(heard(CODECS[name], frames)).reply

    assert violations(name, frames) == []
    assert told(again) == told(reply)
    assert again.finish.reason is reply.finish.reason


CHAT_CHUNKS = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {
                    "delta": st.fixed_dictionaries(
                        {},
                        optional={
                            "content": st.one_of(st.text(max_size=4), values),
                            "reasoning_content": values,
                            "refusal": st.text(max_size=3),
                            "reasoning_details": st.lists(
                                st.fixed_dictionaries(
                                    {"type": st.just("reasoning.text")},
                                    optional={"signature": st.text(max_size=3), "data": st.text(max_size=3)},
                                ),
                                max_size=2,
                            ),
                            "tool_calls": st.lists(
                                st.fixed_dictionaries(
                                    {},
                                    optional={
                                        "index": st.one_of(st.none(), st.integers(0, 2)),
                                        "id": st.sampled_from(("", "a", "b", None)),
                                        "function": st.fixed_dictionaries(
                                            {}, optional={"name": st.sampled_from(("", "f", None)), "arguments": values}
                                        ),
                                    },
                                ),
                                max_size=3,
                            ),
                        },
                    )
                },
                optional={"finish_reason": st.sampled_from((None, "stop", "tool_calls", "odd")), "index": st.just(0)},
            ),
            max_size=2,
        )
    },
    optional={"usage": values, "error": values, "id": st.just("x")},
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(("text", "thinking", "tool_use", "redacted_thinking", "server_tool_use", ""))},
    optional={"text": values, "input": values, "thinking": values, "signature": values, "id": st.just("i")},
)
DELTAS = st.fixed_dictionaries(
    {"type": st.sampled_from(("text_delta", "input_json_delta", "thinking_delta", "signature_delta", "odd"))},
    optional={"text": st.text(max_size=3), "partial_json": st.text(max_size=3), "signature": st.just("s")},
)
MESSAGES_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            (
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
                "ping",
            )
        )
    },
    optional={
        "index": st.integers(0, 2),
        "content_block": st.one_of(BLOCKS, values),
        "delta": st.one_of(DELTAS, st.fixed_dictionaries({"stop_reason": st.sampled_from((None, "end_turn"))})),
        "message": values,
        "usage": values,
    },
)
SHAPES = {"openai_chat": CHAT_CHUNKS, "anthropic_messages": MESSAGES_EVENTS}


@pytest.mark.parametrize("name", sorted(SHAPES))
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_decoders_take_any_frames_and_keep_the_laws(name: str, data: st.DataObject) -> None:
    """An upstream may send anything; a gateway that raises inside a stream leaves its client with half a reply."""
    payloads = data.draw(st.lists(st.one_of(SHAPES[name], SHAPES[name], values), max_size=8))
    frames = [Frame("", json.dumps(payload).encode()) for payload in payloads]
    if data.draw(st.booleans()):
        frames.append(Frame("", b"[DONE]"))
    events = heard(CODECS[name], frames)

    assert broken_laws(events) == []
    assert assembled(events).reply is not None
    for other in SHAPES:
        assert streamed(CODECS[other], events)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(data=st.binary(max_size=60), event=st.text(max_size=5))
def test_sight_and_decoders_take_any_bytes(name: str, data: bytes, event: str) -> None:
    """Not even JSON, not even UTF-8."""
    DIALECTS[name].sight(Frame(event, data))
    if name in CODECS:
        assert (
            broken_laws(heard(CODECS[name], [Frame(event, data), Frame(event, b'{"type":"\xff","id":"\xff"}')])) == []
        )
