"""Health by scope: of those scopes only that have failed, and not answered since."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cliproxy.credentials.cooldown import Rest
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import SLACK
from cliproxy.credentials.health import Health
from cliproxy.credentials.scope import Key
from cliproxy.errors import Failure

MOST_EACH = 32  # scopes on average, for each credential; clients may ask for any number of models that nobody has
FEW = 4096
SUSPICION_LASTS = 60.0  # seconds


class Healths:
    """What is not well, by key. A candidate is not asked while any of its keys is shut."""

    def __init__(self) -> None:
        self._kept: dict[Key, Health] = {}
        self._suspected: dict[Key, tuple[str, float]] = {}  # by which credential's failure, at which unix time

    def __len__(self) -> int:
        return len(self._kept) + len(self._suspected)

    def items(self) -> Iterator[tuple[Key, Health]]:
        """Yield every scope that has failed."""
        return iter(self._kept.items())

    def values(self) -> Iterator[Health]:
        """Yield the health of each of them."""
        return iter(self._kept.values())

    def get(self, key: Key) -> Health | None:
        """Return a scope's health, or None where it is well."""
        return self._kept.get(key)

    def among(self, keys: Sequence[Key]) -> Iterator[tuple[Key, Health]]:
        """Yield those of the scopes that have failed."""
        for key in keys:
            health = self._kept.get(key)
            if health is not None:
                yield key, health

    def is_confirmed(self, key: Key, credential_id: str, now: float) -> bool:
        """
        Tell whether a failure that would hit many accounts is to be believed: another of them has met the same lately.

        The first is taken for its own account's, so that one more is asked.
        """
        if key in self._kept:
            return True
        suspect, at = self._suspected.get(key, (credential_id, now))
        if suspect != credential_id and at - SLACK <= now < at + SUSPICION_LASTS:
            return True
        self._suspected[key] = credential_id, now
        return False

    def shut(self, keys: Sequence[Key], now: float) -> Health | None:
        """Return what is shut, if anything is."""
        for key in keys:
            health = self._kept.get(key)
            if health is not None and health.is_shut(now):
                return health
        return None

    def tested_by(self, keys: Sequence[Key], candidate: Candidate) -> Iterator[Health]:
        """Yield what a candidate is testing."""
        return (health for _, health in self.among(keys) if health.tester == candidate)

    def claim(self, keys: Sequence[Key], candidate: Candidate, now: float) -> None:
        """Let a candidate test what is half open."""
        for _, health in self.among(keys):
            health.claim(candidate, now)

    def free(self, keys: Sequence[Key], candidate: Candidate) -> None:
        """Let others test what this candidate has tested to no end."""
        for _, health in self.among(keys):
            health.free(candidate)

    def well(self, keys: Sequence[Key]) -> bool:
        """Forget all failures of these scopes; tell whether there were any."""
        for key in keys:
            self._suspected.pop(key, None)
        return self._forget([key for key, _ in self.among(keys)])

    def failed(self, key: Key, candidate: Candidate, failure: Failure, rest: Rest, now: float) -> None:
        """Let a scope rest."""
        if key not in self._kept:
            self._kept[key] = Health(failure)
        self._kept[key].failed(candidate, failure, rest, now)

    def put(self, key: Key, health: Health) -> None:
        """Take over what was known before."""
        self._kept[key] = health

    def forget(self, is_over: Callable[[Key, Health], bool]) -> bool:
        """Forget some of them; tell whether there were any."""
        return self._forget([key for key, health in self._kept.items() if is_over(key, health)])

    def bound(self, credentials: int) -> None:
        """Forget the oldest where there are too many."""
        while len(self._kept) > FEW + MOST_EACH * credentials:
            self._kept.pop(next(iter(self._kept))).open()
        while len(self._suspected) > FEW:
            del self._suspected[next(iter(self._suspected))]

    def _forget(self, keys: Sequence[Key]) -> bool:
        for key in keys:
            self._kept.pop(key).open()
        return bool(keys)
