"""What our decoders make of real traffic; what must hold of it in every direction is `tests/proof`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cliproxy.testing.recordings import decoded, spelled
from tests.properties.replaying import CODECS, FOLDER, every_recording

RECORDINGS = every_recording(list(CODECS))


@pytest.mark.parametrize(
    "snapshot", sorted(FOLDER.glob("*/*/events.json")), ids=lambda file: f"{file.parts[-3]}/{file.parts[-2]}"
)
def test_decoding_equals_the_reviewed_snapshot(snapshot: Path) -> None:
    """A change in what we make of real traffic is seen, and meant."""
    dialect, case = snapshot.parts[-3:-1]
    events = decoded(CODECS[dialect], RECORDINGS[f"{dialect}/{case}"])

    assert spelled(events) == json.loads(snapshot.read_text("utf-8"))
