"""Sees to it that a conversation stays with the credential it has been with, while that can take it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from msgspec import Struct

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import Policy
from tests.simulation.journal import Journal


class _Stay(Struct):
    asked_at: float  # unix time
    places: set[str]  # the credentials it has been with


class Homes:
    """Where conversations have been."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._stays: dict[str, _Stay] = {}

    def visited(
        self,
        candidates: Sequence[Candidate],
        one: Candidate,
        conversation: str,
        policy: Policy,
        now: float,
        *,
        besides: Collection[Candidate],
        is_ready: Callable[[Candidate], bool],
    ) -> bool:
        """
        Note where a conversation goes. Lent out, it may stay there or come back; it moves on only where it must.

        Returns whether it is new, and could go anywhere.
        """
        stay = self._stays.get(conversation)
        if stay is None or not policy.keeps_conversations or now - stay.asked_at >= policy.conversation_lasts - 1:
            self._stays[conversation] = _Stay(now, {one.credential_id})
            return True
        if one.credential_id not in stay.places:
            known = [candidate for candidate in candidates if candidate.credential_id in stay.places]
            if len(known) == len(stay.places) and all(place not in besides and is_ready(place) for place in known):
                self._journal.fail(f"a conversation went to {one} though {known} had it and are ready")
        stay.asked_at = now
        stay.places.add(one.credential_id)
        return False
