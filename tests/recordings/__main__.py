"""
Write every `events.json` anew, or those of the dialects named. What changed is printed, and for a person to read.

    python -m tests.recordings [openai_chat ...]
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import msgspec

from cliproxy import dialects
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.testing.recordings import decoded, kept, spelled

HERE = Path(__file__).parent


def main(named: Collection[str]) -> None:
    """Write the snapshots of these dialects; of all that have a codec, where none is named."""
    for dialect in declared(dialects, "DIALECT", Dialect).values():
        if dialect.codec is None or (named and dialect.name not in named):
            continue
        for case, recording in kept(HERE, dialect.name).items():
            lines = (msgspec.json.encode(event).decode() for event in spelled(decoded(dialect.codec, recording)))
            _write(HERE / dialect.name / case / "events.json", "[\n" + ",\n".join(lines) + "\n]\n")


def _write(file: Path, text: str) -> None:
    before = file.read_text("utf-8") if file.exists() else None
    if text != before:
        file.write_text(text, "utf-8")
        sys.stdout.write(f"{'new' if before is None else 'changed'}: {file.relative_to(HERE).parent}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
