"""Where fuzzing begins: what was recorded, and what once broke something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cliproxy.testing.recordings import body_of, framing_of, request_of
from cliproxy.wire.frames import Framing
from tests.properties.replaying import CODECS, every_recording

CORPUS = Path(__file__).parent / "corpus"
LONGEST_SEED = 20_000  # bytes; longer ones slow the search down


def seeds(target: str) -> Iterator[bytes]:
    """Return inputs for a target; the first byte of each is a choice."""
    for file in sorted((CORPUS / target).glob("*")):
        yield file.read_bytes()
    kind, _, dialect = target.partition(".")
    for recording in every_recording([dialect] if dialect else sorted(CODECS)).values():
        if kind == "request":
            body = request_of(recording) or b""
        elif (kind == "reply") is (framing_of(recording) is Framing.WHOLE):
            body = body_of(recording)
        else:
            continue
        if 0 < len(body) <= LONGEST_SEED:
            yield b"\x03" + body
