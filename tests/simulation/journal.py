"""What happened in one run, in order: its digest, and the latest of it."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from cliproxy.testing.loop import SimulationError

_KEPT = 40  # events


class Violation(SimulationError):  # noqa: N818 (what must hold did not)
    """Something that must hold at any time did not."""


_SECRETS = re.compile(r"\b(?:sk|at|rt)-\w+")


class Journal:
    """Notes events. Two runs with the same digest are the same run."""

    def __init__(self, time: Callable[[], float]) -> None:
        self.time = time
        self.events = 0
        self.latest: deque[str] = deque(maxlen=_KEPT)
        self._digest = hashlib.blake2b(digest_size=8)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def note(self, event: str) -> None:
        line = f"{self.time():12.3f} {event}"
        self.events += 1
        self.latest.append(line)
        self._digest.update(line.encode())

    def fail(self, reason: str) -> None:
        """What must hold does not: end the run."""
        self.note(f"VIOLATION {reason}")
        raise Violation(f"after {self.time():.3f} s: {reason}")

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While inside, take what is logged: no secret may be in it, and nothing that broke."""
        before = structlog.get_config()
        structlog.configure(processors=[self._hear])
        try:
            yield
        finally:
            structlog.configure(**before)

    def _hear(self, _: object, level: str, fields: MutableMapping[str, Any]) -> str:
        told = str(fields)
        self.note(f"log: {level} {fields['event']}")
        if _SECRETS.search(told):
            self.fail(f"a secret was logged: {told}")
        if "exc_info" in fields:
            self.fail(f"something broke: {told} {traceback.format_exc()}")
        raise structlog.DropEvent
