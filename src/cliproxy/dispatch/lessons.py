"""When an account's replies are looked through for what they tell of its quota."""

from __future__ import annotations

LEARNS_EVERY = 5.0  # seconds between two looks; refusals are always looked through
MOST_LESSONS = 20_000


class Lessons:
    """When each account's replies were last looked through for what they tell of its quota."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}  # unix time

    def is_due(self, credential_id: str, *, now: float) -> bool:
        """Tell whether to look again, and count it as done. Reading ten headers of every reply would cost too much."""
        if 0 <= self._until.get(credential_id, 0.0) - now <= LEARNS_EVERY:
            return False
        if len(self._until) >= MOST_LESSONS:
            self._until.clear()
        self._until[credential_id] = now + LEARNS_EVERY
        return True
