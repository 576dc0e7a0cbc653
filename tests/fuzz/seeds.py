"""Where fuzzing begins: what was recorded, and what once broke something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cliproxy.simulator.recordings import Recording
from cliproxy.testing.recordings import body_of, framing_of, request_of
from cliproxy.wire.frames import Framing
from tests.fuzz.keys import with_key
from tests.properties.replaying import CODECS, every_recording

CORPUS = Path(__file__).parent / "corpus"
LONGEST_SEED = 6_000  # bytes; longer ones slow the search down
MOST_SEEDS = 60
MOST_WORDS = 300
CHOICE = b"\x03"  # the first byte of every input says what its bytes leave open

_OF_DIALECT = {
    "json_array": "gemini",
    "envelope": "gemini",
    "turns": "openai_responses",
    "continuation": "openai_responses",
}
_SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "schema")
_WORDS = ("data:", "base64,", "null", "true", "[]", "{}", "-1", "1e999", "\\\\ud800", "\\xff", "\\x0d")
_WORD = re.compile(rb'"[A-Za-z_.]{2,40}"')


def known(target: str) -> dict[str, bytes]:
    """Return, by name, the inputs that once broke a target, or show what no recording does."""
    return {file.name: file.read_bytes() for file in sorted((CORPUS / target).glob("*"))}


def seeds(target: str) -> Iterator[bytes]:
    """Return inputs for a target: what is known, and some of what was recorded, spread over all of it."""
    yield CHOICE
    yield from known(target).values()
    yield from with_key(target)
    kind, _, dialect = target.partition(".")
    dialect = dialect or _OF_DIALECT.get(kind, "")
    recorded = every_recording([dialect] if dialect else sorted(CODECS)).values()
    short = sorted({seed for one in recorded for seed in _taken(kind, one) if 0 < len(seed) <= LONGEST_SEED})
    for seed in short[:: max(1, len(short) // MOST_SEEDS)]:
        yield CHOICE + seed


def words(inputs: Iterable[bytes]) -> list[str]:
    """Return the strings that these inputs use most, as a dictionary of the fuzzer writes them."""
    counted = Counter(word for one in inputs for word in set(_WORD.findall(one)))
    return [*_WORDS, *(word.decode().replace('"', '\\"') for word, _ in counted.most_common(MOST_WORDS))]


def _taken(kind: str, recording: Recording) -> Iterator[bytes]:
    request = request_of(recording) or b""
    whole = framing_of(recording) is Framing.WHOLE
    match kind:
        case "request" | "counting" | "turns":
            yield request
        case "continuation":
            yield request
            yield body_of(recording)
        case "schemas":
            yield from _schemas(recording.request.body)
        case "reply" if whole:
            yield body_of(recording)
        case "stream" | "pipeline" | "event_stream" | "json_array" | "envelope" if not whole:
            yield body_of(recording)
        case _:
            pass


def _schemas(value: Any) -> Iterator[bytes]:
    if isinstance(value, list):
        for item in value:
            yield from _schemas(item)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in _SCHEMAS and isinstance(inner, dict):
                yield msgspec.json.encode(inner)
            yield from _schemas(inner)
