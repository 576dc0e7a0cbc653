"""What the simulation would notice: each of these pools has one fault, and is found out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.pool import CredentialPool
from cliproxy.errors import Failure
from tests.simulation.story import simulate
from tests.simulation.watched_pool import WatchedPool

SEEDS = range(3, 40)
REQUESTS = 150


class Forgetful(CredentialPool):
    """No refusal makes anybody rest."""

    def failed(self, candidate: Candidate, failure: Failure, **more: Any) -> None:
        super().abandoned(candidate, now=more["now"])


class Sulking(CredentialPool):
    """Whoever was refused once is never asked again."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self._refused: set[Candidate] = set()
        super().__init__(*args, **more)

    def failed(self, candidate: Candidate, failure: Failure, **more: Any) -> None:
        self._refused.add(candidate)
        super().failed(candidate, failure, **more)

    def pick(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        conversation: str = "",
        besides: Collection[Candidate] = (),
    ) -> Candidate | None:
        others = [*besides, *(one for one in candidates if one in self._refused)]
        return super().pick(candidates, now=now, conversation=conversation, besides=others)


class Restless(CredentialPool):
    """Conversations are at home nowhere."""

    def pick(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        conversation: str = "",
        besides: Collection[Candidate] = (),
    ) -> Candidate | None:
        return super().pick(candidates, now=now, besides=besides)


class Partial(CredentialPool):
    """The last of all candidates is asked only when nobody else is left."""

    def pick(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        conversation: str = "",
        besides: Collection[Candidate] = (),
    ) -> Candidate | None:
        others = [*besides, *candidates[-1:]] if len(candidates) > 1 else besides
        picked = super().pick(candidates, now=now, conversation=conversation, besides=others)
        return picked or super().pick(candidates, now=now, conversation=conversation, besides=besides)


class Leaky(CredentialPool):
    """A client that leaves takes its place along."""

    def abandoned(self, candidate: Candidate, **more: Any) -> None:
        """Nothing is given back."""


class WatchedForgetful(WatchedPool, Forgetful): ...


class WatchedSulking(WatchedPool, Sulking): ...


class WatchedRestless(WatchedPool, Restless): ...


class WatchedPartial(WatchedPool, Partial): ...


class WatchedLeaky(WatchedPool, Leaky): ...


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        (WatchedForgetful, "which rests"),
        (WatchedSulking, "is ready"),
        (WatchedRestless, "a conversation went to"),
        (WatchedPartial, "gets no turn"),
        (WatchedLeaky, "still in flight"),
    ],
)
def test_a_faulty_pool_is_found_out(pool: type[WatchedPool], told: str) -> None:
    """A check that cannot fail says nothing about what passes it."""
    failures = (simulate(seed, REQUESTS, pool).failure for seed in SEEDS)

    assert any(told in failure for failure in failures)


def test_a_failure_repeats_from_its_seed() -> None:
    """Somebody else must be able to look at it, down to the last event."""
    broken = next(one for seed in SEEDS if (one := simulate(seed, REQUESTS, WatchedForgetful)).failure)
    again = simulate(broken.scenario.seed, REQUESTS, WatchedForgetful)

    assert (again.failure, again.digest, again.latest) == (broken.failure, broken.digest, broken.latest)
