"""One target, hunted by atheris in a process of its own: `python -m tests.fuzz.hunt <target> <corpus> [options]`."""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped,unused-ignore]  # it has no types, and no wheel for some systems

with atheris.instrument_imports(include=["cliproxy"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name, *options = sys.argv[1:]
    target = TARGETS[name]

    def run(data: bytes) -> None:
        target(bytes(data))

    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


main()
