"""
Which upstreams lack an operation, such as counting tokens: they are not asked for it again for an hour.

A 404 may mean that the path does not exist; the upstream's models answer all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from cliproxy.credentials.credential import Candidate
from cliproxy.dialects.base import Operation

ASKED_AGAIN_AFTER = 3600.0  # seconds
MOST_KEPT = 10_000


class LackedOperations:
    """What each account's upstream was found to lack."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str, Operation], float] = {}  # unix time; the oldest first

    def note(self, candidate: Candidate, operation: Operation, *, now: float) -> None:
        """Remember that an upstream has no such path."""
        if len(self._until) >= MOST_KEPT:
            del self._until[next(iter(self._until))]
        self._until[candidate.credential_id, candidate.model, operation] = now + ASKED_AGAIN_AFTER

    def those_who_may(
        self, candidates: Sequence[Candidate], operation: Operation, *, now: float
    ) -> Sequence[Candidate]:
        """Return the candidates that are not known to lack an operation."""
        if not self._until:
            return candidates
        until = self._until
        left = tuple(one for one in candidates if until.get((one.credential_id, one.model, operation), 0.0) <= now)
        return candidates if len(left) == len(candidates) else left
