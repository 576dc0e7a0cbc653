"""Recordings on disk."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Raw

from cliproxy.conversation.events import ForeignPart, PartEnd, ReplyEnd, ReplyError, ReplyStart, TextDelta
from cliproxy.conversation.request import Foreign
from cliproxy.dialects.gemini import DIALECT as GEMINI
from cliproxy.simulator.recordings import Answered
from cliproxy.testing.recordings import body_of, decoded, frames_of, framing_of, kept, played, spelled
from cliproxy.wire.frames import Framing

FOLDER = Path(__file__).parents[2] / "recordings"


def test_every_kept_recording_says_whence_it_comes_and_may_be_passed_on() -> None:
    """They are other projects' test data."""
    for dialect in ("openai_chat", "anthropic_messages", "gemini", "openai_responses", "openai_completions"):
        for recording in kept(FOLDER, dialect).values():
            assert "/" in recording.source
            assert recording.licence in ("MIT", "Apache-2.0", "Apache-2.0 OR BSD-3-Clause")
            assert recording.fidelity != "reported"


def test_frames_are_the_same_in_one_piece_and_in_many() -> None:
    recording = played("gemini")["text.array"]
    body = body_of(recording)

    assert framing_of(recording) is Framing.JSON_ARRAY
    assert frames_of([body], Framing.JSON_ARRAY) == frames_of([body[:50], body[50:]], Framing.JSON_ARRAY) != []


def test_an_answer_is_decoded_however_it_lay_on_the_wire() -> None:
    """One reply in three framings says the same; a refusal is read whole, also where it comes in an array."""
    codec = GEMINI.codec
    assert codec is not None
    array = played("gemini")["text.array"]
    first, last = (type(events[0]) for events in (decoded(codec, array), decoded(codec, array)[::-1]))
    error = Answered(403, {}, body=[{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}])
    refused = decoded(codec, msgspec.structs.replace(array, response=error))

    assert (first, last) == (ReplyStart, ReplyEnd)
    assert [type(event) for event in refused] == [ReplyError]


def test_events_are_spelled_by_name_without_what_is_default() -> None:
    foreign = ForeignPart(1, Foreign("d", "kind", Raw(b'{"a":1}')))

    assert spelled([TextDelta(0, "x"), PartEnd(0), foreign]) == [
        {"TextDelta": {"index": 0, "text": "x"}},
        {"PartEnd": {"index": 0}},
        {"ForeignPart": {"index": 1, "part": {"dialect": "d", "kind": "kind", "body": {"a": 1}}}},
    ]
