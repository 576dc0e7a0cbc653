"""Where records go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from cliproxy.usage.record import UsageRecord


class UsageSink(Protocol):
    """Takes records. It must return at once: a request is waiting."""

    def record(self, usage: UsageRecord) -> None:
        """Take one attempt's record."""
        ...


class FanOut:
    """Hands each record to all sinks; one that raises is told of and harms neither the others nor the request."""

    def __init__(self, sinks: Iterable[UsageSink], on_error: Callable[[Exception], None]) -> None:
        self._sinks = tuple(sinks)
        self._on_error = on_error

    def record(self, usage: UsageRecord) -> None:
        """Take one attempt's record."""
        for sink in self._sinks:
            try:
                sink.record(usage)
            except Exception as error:  # noqa: BLE001 (a sink is anybody's code)
                self._on_error(error)
