"""What a relay sees of real traffic, in every dialect: content, usage, refusal and end."""

from __future__ import annotations

import pytest

from cliproxy.dialects.base import Sighting
from cliproxy.errors import GatewayError
from cliproxy.simulator.recordings import Recording
from cliproxy.testing.recordings import body_of, frames_of, framing_of
from cliproxy.wire.frames import Frame, Framing
from tests.properties.replaying import DIALECTS, every_recording

RECORDINGS = every_recording(("openai_chat", "openai_responses", "anthropic_messages", "gemini"))


def sightings(case: str) -> list[Sighting]:
    dialect, recording = DIALECTS[case.partition("/")[0]], RECORDINGS[case]
    framing = framing_of(recording)
    body = body_of(recording)
    frames = [Frame("", body)] if framing is Framing.WHOLE else frames_of([body], framing)
    return [sighting for frame in frames if (sighting := dialect.sight(frame)) is not None]


def is_error(recording: Recording) -> bool:
    return recording.response.status >= 400


@pytest.mark.parametrize("case", sorted(case for case, recording in RECORDINGS.items() if not is_error(recording)))
def test_every_reply_is_seen_to_end_or_to_fail(case: str) -> None:
    """Health, usage and failing over hang on it."""
    seen = sightings(case)

    assert any(sighting.end or sighting.error is not None for sighting in seen)
    ended = next((place for place, sighting in enumerate(seen) if sighting.end), None)
    if ended is not None and not any(sighting.error for sighting in seen):
        assert any(sighting.content for sighting in seen[: ended + 1])


@pytest.mark.parametrize("case", sorted(RECORDINGS))
def test_signs_are_found_in_every_frame_that_tells_more_than_content(case: str) -> None:
    """A relay looks closer only at blocks with a sign; one that is missed loses usage, or the end."""
    dialect, recording = DIALECTS[case.partition("/")[0]], RECORDINGS[case]
    if framing_of(recording) is Framing.WHOLE:
        return
    for frame in frames_of([body_of(recording)], framing_of(recording)):
        sighting = dialect.sight(frame)
        if sighting is not None and (sighting.end or sighting.usage is not None or sighting.error is not None):
            assert dialect.signs.search(b"event: " + frame.event.encode() + b"\n" + frame.data)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 501, 502, 503, 529])
def test_our_own_errors_are_sighted_as_errors(name: str, status: int) -> None:
    """A gateway behind a gateway: what we write, we can read."""
    if name == "openai_completions":
        return
    dialect = DIALECTS[name]
    body = dialect.encode_error(GatewayError("no", status=status), Framing.EVENT_STREAM)
    (frame,) = frames_of([body])
    sighting = dialect.sight(frame)

    assert sighting is not None
    assert sighting.error is not None
    assert sighting.error.message == "no"
