"""What came of one property of one exchange, in one direction."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """A property that was looked at: it holds where there are no faults."""

    name: str  # of the property
    here: str  # the dialect that was recorded
    there: str  # the one it was taken to
    faults: tuple[str, ...] = ()


def tried(name: str, here: str, there: str, look: Callable[[], Iterable[str]]) -> Outcome:
    """Look at a property; whatever is raised is a fault, with the place it came from."""
    try:
        return Outcome(name, here, there, tuple(look()))
    except Exception as error:  # noqa: BLE001 (a codec may fail in any way; the walk goes on)
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = str(error).partition("\n")[0]
        return Outcome(
            name, here, there, (f"raised {type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {told}",)
        )
