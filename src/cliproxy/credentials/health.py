"""Health of one credential, on one model or as a whole account."""

from __future__ import annotations

from dataclasses import dataclass

from cliproxy.credentials.cooldown import rest_after
from cliproxy.errors import Failure


@dataclass(slots=True)
class Health:
    """What has happened lately, and until when to rest."""

    rests_until: float = 0.0  # unix time
    failures: int = 0  # in a row
    last: Failure | None = None

    def is_resting(self, now: float) -> bool:
        """Tell whether it is not to be asked now."""
        return now < self.rests_until

    def failed(self, failure: Failure, now: float) -> None:
        """Note a failure, and rest for it. Failures of requests that ran side by side count as one."""
        if not self.is_resting(now):
            self.failures += 1
        self.last = failure
        self.rests_until = max(self.rests_until, now + rest_after(failure, max(self.failures, 1)))

    def succeeded(self) -> None:
        """Note a success: all is forgotten."""
        self.rests_until = 0.0
        self.failures = 0
        self.last = None
