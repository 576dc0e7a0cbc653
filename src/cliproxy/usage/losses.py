"""How often which field of a request was lost between which two dialects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cliproxy.usage.record import UsageRecord

MOST_KINDS = 2000  # names may hold words of a client, who could invent more without end
MOST_OF_ONE = 500  # losses of one record that are looked at by name
OTHER = "(other)"

_PLACE = re.compile(r"\[\d+\]")


class LossKind(NamedTuple):
    """Losses that are counted together."""

    client: str  # dialect
    upstream: str  # dialect
    name: str  # of the field, without the places in lists


class LossCounts:
    """A usage sink that counts losses. They are few kinds; beyond `MOST_KINDS` they are counted as `OTHER`."""

    def __init__(self) -> None:
        self._counts: dict[LossKind, int] = {}

    def record(self, usage: UsageRecord) -> None:
        """Count what one attempt lost."""
        for name in usage.losses[:MOST_OF_ONE]:
            self._add(LossKind(usage.dialect, usage.upstream_dialect, _PLACE.sub("[]", name)), 1)
        rest = len(usage.losses) - MOST_OF_ONE
        if rest > 0:
            self._add(LossKind(usage.dialect, usage.upstream_dialect, OTHER), rest)

    def counts(self) -> Mapping[LossKind, int]:
        """Return how often each kind was lost since the start."""
        return dict(self._counts)

    def _add(self, kind: LossKind, count: int) -> None:
        if kind not in self._counts and len(self._counts) >= MOST_KINDS:
            kind = kind._replace(name=OTHER)
        self._counts[kind] = self._counts.get(kind, 0) + count
