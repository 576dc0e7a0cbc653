"""
Health of one scope: a model of an account, an account, a project that several share ...

While it rests nobody in the scope is asked. Then it is half open: one request tests it, for all who share the scope.
Content opens it, a failure lets it rest again, and a test that comes to nothing makes way for another.
"""

from __future__ import annotations

from cliproxy.credentials.cooldown import Rest
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import SLACK, Gate
from cliproxy.errors import Failure

LONGEST_TEST = 30.0  # seconds without an answer, then another request may test


class Health(Gate):
    """A scope that has failed, and has not answered since."""

    __slots__ = ("failure", "failures", "rests_since", "rests_until", "stated_until", "tested_since", "tester")

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure  # for which it rests
        self.failures = 0  # in a row; of requests side by side only one counts
        self.rests_since = 0.0  # unix time, as the others
        self.rests_until = 0.0
        self.stated_until: float | None = None  # where the upstream asked for it; may be later than it rests
        self.tester: Candidate | None = None
        self.tested_since = 0.0

    def is_resting(self, now: float) -> bool:
        """Tell whether nobody is to be asked. A clock that was set back ends a rest: one request will tell."""
        return self.rests_since - SLACK <= now < self.rests_until

    def is_tested(self, now: float) -> bool:
        """Tell whether somebody is testing it."""
        return self.tester is not None and self.tested_since - SLACK <= now < self.tested_since + LONGEST_TEST

    def is_shut(self, now: float) -> bool:
        """Tell whether a request must not be sent: it rests, or another is testing it."""
        return self.is_resting(now) or self.is_tested(now)

    def opens_at(self, now: float) -> float:
        """Return when it is open at the latest; `now`: it is."""
        rested = self.rests_until if self.is_resting(now) else now
        return max(rested, self.tested_since + LONGEST_TEST) if self.is_tested(now) else rested

    def claim(self, candidate: Candidate, now: float) -> None:
        """Let this one test it."""
        self.tester = candidate
        self.tested_since = now

    def free(self, candidate: Candidate) -> None:
        """Let another test it, if this one did."""
        if self.tester == candidate:
            self.tester = None
            self.open()

    def failures_with(self, candidate: Candidate) -> int:
        """
        Return how many failures in a row there are with one of this candidate.

        One more if it is the first, or of the test. Every other request began before the rest did: it says the same
        once again.
        """
        return self.failures + 1 if not self.failures or self.tester == candidate else self.failures

    def failed(self, candidate: Candidate, failure: Failure, rest: Rest, now: float) -> None:
        """Rest. A later failure shortens no rest, unless the upstream states an earlier end."""
        self.failures = self.failures_with(candidate)
        if self.tester == candidate:
            self.tester = None
        if self.is_resting(now) and rest.until < self.rests_until and failure.rests_until is None:
            return
        self.failure = failure
        self.rests_since = now
        self.rests_until, self.stated_until = rest

    def end_rest(self) -> None:
        """Be half open at once: something says that it may be well again."""
        self.rests_until = 0.0
        self.open()
