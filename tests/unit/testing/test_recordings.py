"""Recordings on disk."""

from __future__ import annotations

from pathlib import Path

from msgspec import Raw

from cliproxy.conversation.events import ForeignPart, PartEnd, TextDelta
from cliproxy.conversation.request import Foreign
from cliproxy.testing.recordings import body_of, frames_of, framing_of, kept, played, spelled
from cliproxy.wire.frames import Framing

FOLDER = Path(__file__).parents[2] / "recordings"


def test_every_kept_recording_says_whence_it_comes_and_may_be_passed_on() -> None:
    """They are other projects' test data."""
    for dialect in ("openai_chat", "anthropic_messages", "gemini", "openai_responses"):
        for recording in kept(FOLDER, dialect).values():
            assert "/" in recording.source
            assert recording.licence in ("MIT", "Apache-2.0", "Apache-2.0 OR BSD-3-Clause")
            assert recording.fidelity != "reported"


def test_frames_are_the_same_in_one_piece_and_in_many() -> None:
    recording = played("gemini")["text.array"]
    body = body_of(recording)

    assert framing_of(recording) is Framing.JSON_ARRAY
    assert frames_of([body], Framing.JSON_ARRAY) == frames_of([body[:50], body[50:]], Framing.JSON_ARRAY) != []


def test_events_are_spelled_by_name_without_what_is_default() -> None:
    foreign = ForeignPart(1, Foreign("d", "kind", Raw(b'{"a":1}')))

    assert spelled([TextDelta(0, "x"), PartEnd(0), foreign]) == [
        {"TextDelta": {"index": 0, "text": "x"}},
        {"PartEnd": {"index": 0}},
        {"ForeignPart": {"index": 1, "part": {"dialect": "d", "kind": "kind", "body": {"a": 1}}}},
    ]
