"""
A second opinion on who rests: the plainest possible account of what refusals say, without heaps, turns or scopes of
its own.

Of each rest it knows the earliest moment at which somebody may be asked again and the latest at which they must be
ready to; between the two the pool is free.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from msgspec import Struct

from cliproxy.credentials.credential import Credential
from cliproxy.errors import Failure, FailureKind

Shared = tuple[str, ...]  # what shares a refusal: kind of scope, whose it is, and more
Groups = Callable[[str, str], tuple[str, ...]]

Stated = Callable[[str, str], float | None]

TEST_LASTS = 30.0  # seconds that somebody who is tested may stay silent
MET_WITHIN = 60.0  # seconds after a stated reset
SET_BACK = 60.0  # seconds that a clock may go back before its times mean nothing
UNSAVED = 5.0  # seconds of health that a crash may cost
LONG = 1800.0  # seconds, where nobody says how long and only a person or a new period can help

_HARMLESS = {
    FailureKind.BAD_REQUEST,
    FailureKind.PROOF_REFUSED,
    FailureKind.CONTENT_REFUSED,
    FailureKind.TOO_LARGE,
}
_PASSING = {
    FailureKind.RATE_LIMITED,
    FailureKind.OVERLOADED,
    FailureKind.SERVER_ERROR,
    FailureKind.UNREACHABLE,
    FailureKind.NO_CONTENT,
    FailureKind.WRONG_ANSWER,
}


class Rest(Struct):
    """One rest, and the test that ends it."""

    earliest: float  # unix time
    latest: float  # unix time
    why: str
    noted_at: float  # unix time
    tested_at: float | None = None  # unix time
    tested_by: str = ""  # the credential
    is_lifted: bool = False  # the pool is free to end it now

    def forbids(self, now: float) -> str:
        """Return why somebody must not be asked now, or nothing."""
        if self.is_lifted:
            return ""
        if now < self.earliest:
            return f"rests for {self.earliest - now:.3f} s ({self.why})"
        if self.tested_at is not None and self._is_tested(now):
            return f"is being tested since {now - self.tested_at:.3f} s ({self.why})"
        return ""

    def is_surely_over(self, now: float) -> bool:
        """Tell whether nothing of it can keep anybody from being asked."""
        return now > self.latest and not self._is_tested(now)

    def _is_tested(self, now: float) -> bool:
        return self.tested_at is not None and abs(now - self.tested_at) < TEST_LASTS


class Rests:
    """Who rests, by whatever shares a refusal."""

    def __init__(self, groups: Groups, cap: float, stated: Stated) -> None:
        """`stated` tells what an upstream has said to a key about a model, whatever was understood of it."""
        self._stated = stated
        self._groups = groups
        self._cap = cap
        self._rests: dict[Shared, Rest] = {}
        self._now = 0.0  # unix time at which it was looked at last
        self._behind: dict[Shared, set[Shared]] = {}  # who rests for the sake of all at an upstream
        self._ended: deque[tuple[float, Shared, Rest]] = deque(maxlen=100)  # when, and by whom

    def of(self, credential: Credential, model: str) -> Iterator[Rest]:
        """Yield the rests that hold for a credential on a model."""
        if self._rests:
            for place in self._places(credential, model):
                if (rest := self._rests.get(place)) is not None:
                    yield rest

    def refused(self, credential: Credential, model: str, failure: Failure, now: float) -> None:
        """Note a refusal."""
        if failure.kind in _HARMLESS or failure.scope == "request":
            return
        place = self._place(credential, model, failure.scope)
        if failure.scope == "upstream":  # the pool may ask one account more before it believes that it is all of them
            own = self._place(credential, model, "model")
            self._rest(place, failure, credential, model, now).is_lifted = True
            self._behind.setdefault(place, set()).add(own)
            place = own
        self._rest(place, failure, credential, model, now)

    def _rest(self, place: Shared, failure: Failure, credential: Credential, model: str, now: float) -> Rest:
        earliest, latest = self._bounds(failure, now)
        truth = self._stated(credential.secret.reveal(), model)
        if truth is not None and truth > now:
            latest = min(latest, truth + MET_WITHIN)
        known = self._rests.get(place)
        if known is not None and now < known.latest:  # of two that are told at the same time either may count
            earliest, latest = min(earliest, known.earliest), max(latest, known.latest)
        rest = self._rests[place] = Rest(earliest, latest, f"{failure.kind.value}, {failure.scope}", now)
        return rest

    def looked_at(self, now: float) -> None:
        """Note the time. Where the clock was set back, what it told before means nothing any more."""
        for rest in self._rests.values() if now < self._now - SET_BACK else ():
            rest.is_lifted = True
        self._now = now

    def tested(self, credential: Credential, model: str, now: float) -> None:
        """Note that somebody who has rested is asked again."""
        for rest in self.of(credential, model):
            rest.tested_at, rest.tested_by = now, credential.id

    def answered(self, credential: Credential, model: str, now: float) -> None:
        """Note a success: it ends all rests that held."""
        for place in self._places(credential, model):
            if (rest := self._rests.pop(place, None)) is not None:
                self._ended.append((now, place, rest))
            for behind in self._behind.pop(place, ()):
                if behind in self._rests:
                    self._rests[behind].is_lifted = True

    def completed(self, credential: Credential, model: str) -> None:
        """Note the end of a reply: content that began to come before the rest did may count for it, or not."""
        for rest in self.of(credential, model):
            rest.is_lifted = True

    def untested(self, credential: Credential, model: str) -> None:
        """Note that a test came to nothing."""
        for rest in self.of(credential, model):
            if rest.tested_by == credential.id:
                rest.tested_at = None

    def unlock(self, now: float) -> None:
        """The process is started anew: what is over is forgotten, and what it did not save perhaps."""
        for ended_at, place, rest in self._ended:
            if abs(now - ended_at) < UNSAVED:
                self._rests.setdefault(place, rest).is_lifted = True
        self._ended.clear()
        for rest in self._rests.values():
            rest.tested_at = None
            if abs(now - rest.noted_at) < UNSAVED or rest.earliest < now + UNSAVED:
                rest.is_lifted = True

    def reconsider(self, credential: Credential) -> None:
        """Windows were seen that are not spent: the pool is free to end what rests for quota."""
        for place, rest in self._rests.items():
            if place[1] == credential.id and rest.why.startswith(FailureKind.QUOTA_SPENT.value):
                rest.is_lifted = True

    def forgive(self, credential: Credential) -> None:
        """Somebody has new secrets: from now on they may be asked, and need not be."""
        for place, rest in self._rests.items():
            if place[1] == credential.id:
                rest.is_lifted = True

    def _bounds(self, failure: Failure, now: float) -> tuple[float, float]:
        stated = failure.rests_until
        if stated is not None and stated > now:
            until = min(stated, now + self._cap)
            return until, until + MET_WITHIN
        if failure.retry_after is not None:
            return now + min(max(failure.retry_after, 1.0), self._cap), now + self._cap
        return now + (1.0 if failure.kind in _PASSING else min(LONG, self._cap)), now + self._cap

    def _places(self, credential: Credential, model: str) -> Iterator[Shared]:
        yield ("model", credential.id, model)
        yield ("account", credential.id)
        yield ("upstream", "", credential.provider, credential.base_url, model)
        if credential.project:
            yield ("project", "", credential.provider, credential.project, model)
        for group in self._groups(credential.provider, model):
            yield (f"group:{group}", credential.id)

    def _place(self, credential: Credential, model: str, scope: str) -> Shared:
        if scope == "account" or scope.startswith("group:"):
            return (scope, credential.id)
        if scope == "upstream":
            return ("upstream", "", credential.provider, credential.base_url, model)
        if scope == "project" and credential.project:
            return ("project", "", credential.provider, credential.project, model)
        return ("model", credential.id, model)
