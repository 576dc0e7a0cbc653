"""Write every `events.json` anew. What changed is for a person to read."""

from pathlib import Path

import msgspec

from cliproxy import dialects
from cliproxy.dialects.base import Dialect
from cliproxy.discovery import declared
from cliproxy.testing.recordings import decoded, kept, spelled

HERE = Path(__file__).parent


def main() -> None:
    for dialect in declared(dialects, "DIALECT", Dialect).values():
        if dialect.codec is None:
            continue
        for case, recording in kept(HERE, dialect.name).items():
            lines = (msgspec.json.encode(event).decode() for event in spelled(decoded(dialect.codec, recording)))
            (HERE / dialect.name / case / "events.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
