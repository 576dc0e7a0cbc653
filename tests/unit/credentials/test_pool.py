"""The pool: who goes next, and who rests."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule
from msgspec import structs

from cliproxy.credentials.cooldown import LONGEST_REST
from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool, Reason
from cliproxy.credentials.selection import STRATEGIES, Strategy, fill_first, round_robin
from cliproxy.errors import Failure, FailureKind

NOW = 1_000_000.0


def credential(name: str, priority: int = 0, secret: str = "s") -> Credential:
    return Credential(id=name, provider="p", secret=Secret(secret), priority=priority)


def pool_of(*names: str, strategy: Strategy = round_robin) -> tuple[CredentialPool, list[Candidate]]:
    pool = CredentialPool([credential(name) for name in names], strategy)
    return pool, [Candidate(name, "m") for name in names]


def limited(retry_after: float | None = None) -> Failure:
    return Failure(FailureKind.RATE_LIMITED, 429, "slow down", retry_after=retry_after)


REVOKED = Failure(FailureKind.UNAUTHORIZED, 401, "who?", scope="account")


def test_round_robin_takes_turns() -> None:
    """In the order of the configuration, and around again."""
    pool, candidates = pool_of("a", "b", "c")

    picked = [pool.pick(candidates, now=NOW) for _ in range(7)]

    assert [one.credential_id for one in picked if one] == list("abcabca")


def test_fill_first_stays_with_the_first_that_is_ready() -> None:
    """And comes back to it when its rest is over."""
    pool, candidates = pool_of("a", "b", strategy=fill_first)
    a, b = candidates
    assert [pool.pick(candidates, now=NOW) for _ in range(3)] == [a, a, a]

    pool.failed(a, limited(10), now=NOW)

    assert [pool.pick(candidates, now=NOW + at) for at in (0, 9.9, 10)] == [b, b, a]


def test_a_rested_credential_is_picked_again() -> None:
    """Cooldowns end on their own: nobody has to call the pool for a credential to come back."""
    pool, [only] = pool_of("a")
    pool.failed(only, limited(10), now=NOW)

    assert pool.pick([only], now=NOW + 9) is None
    assert pool.pick([only], now=NOW + 10) == only


def test_a_higher_priority_goes_first_for_as_long_as_it_is_ready() -> None:
    """Wherever it stands in the configuration."""
    pool = CredentialPool([credential("low"), credential("high", 5), credential("middle", 1)])
    low, high, middle = candidates = [Candidate(name, "m") for name in ("low", "high", "middle")]
    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [high, high]

    pool.failed(high, limited(60), now=NOW)
    assert pool.pick(candidates, now=NOW) == middle
    assert pool.pick(candidates, now=NOW, besides=[middle]) == low


def test_nobody_is_asked_twice_in_one_round() -> None:
    """`besides` names those who were tried."""
    pool, candidates = pool_of("a", "b")

    assert pool.pick(candidates, now=NOW, besides=candidates) is None


def test_a_limit_on_one_model_leaves_the_others() -> None:
    """Vendors count by model."""
    pool, [of_m] = pool_of("a")
    of_n = Candidate("a", "n")
    pool.failed(of_m, limited(60), now=NOW)

    assert pool.pick([of_m], now=NOW) is None
    assert pool.pick([of_n], now=NOW) == of_n


def test_a_revoked_key_is_revoked_for_all_models() -> None:
    """One 401 is enough for all of them."""
    pool, [of_m] = pool_of("a")
    pool.failed(of_m, REVOKED, now=NOW)

    assert pool.pick([Candidate("a", "n")], now=NOW) is None


def test_a_success_ends_every_rest_of_its_model_and_account() -> None:
    """Whoever answers is well: requests side by side can fail and succeed in any order."""
    pool, [only] = pool_of("a")
    pool.failed(only, limited(60), now=NOW)
    pool.failed(only, REVOKED, now=NOW)
    pool.succeeded(only)

    assert pool.pick([only], now=NOW) == only


def test_an_abandoned_attempt_is_no_verdict() -> None:
    """The client left; nobody knows what would have come."""
    pool, [only] = pool_of("a")
    pool.pick([only], now=NOW)
    pool.abandoned(only)

    assert pool.in_flight("a") == 0
    assert pool.pick([only], now=NOW) == only


def test_who_is_picked_is_in_flight_until_it_lands() -> None:
    """However it lands."""
    pool, [only] = pool_of("a")
    for _ in range(3):
        pool.pick([only], now=NOW)
    assert pool.in_flight("a") == 3

    pool.succeeded(only)
    pool.failed(only, limited(), now=NOW)
    assert pool.in_flight("a") == 1
    pool.abandoned(only)
    assert pool.in_flight("a") == 0


def test_it_says_who_rests_until_when_and_why() -> None:
    """For the message to the client, and for whoever operates it."""
    pool, [a, b] = pool_of("a", "b")
    pool.failed(a, limited(10), now=NOW)

    assert pool.why([a, b], now=NOW) == (Reason(a, limited(10), NOW + 10),)
    assert pool.why([a, b], now=NOW + 10) == ()


def test_it_says_when_somebody_is_ready() -> None:
    """The earliest of them; those who are gone are nobody."""
    pool, [a, b] = pool_of("a", "b")
    pool.failed(a, limited(10), now=NOW)
    pool.failed(b, limited(20), now=NOW)

    assert pool.ready_at([a, b, Candidate("gone", "m")], now=NOW) == NOW + 10
    assert pool.ready_at([a, b], now=NOW + 15) == NOW + 15
    assert pool.ready_at([Candidate("gone", "m")], now=NOW) is None


def test_a_candidate_whose_credential_is_gone_is_passed_over() -> None:
    """A request in flight holds the plan it began with, across a reload."""
    pool, [a, b] = pool_of("a", "b")
    pool.replace([credential("b")], round_robin)

    assert pool.pick([a, b], now=NOW) == b
    assert pool.pick([a], now=NOW) is None


def test_a_reload_keeps_the_health_of_those_that_stay() -> None:
    """Saving the configuration must not send everybody back to a limited account."""
    pool, candidates = pool_of("a", "b")
    for candidate in candidates:
        pool.failed(candidate, limited(60), now=NOW)
        pool.failed(candidate, REVOKED, now=NOW)

    pool.replace([credential("a"), credential("b", secret="another")], round_robin)

    assert pool.pick(candidates, now=NOW) == Candidate("b", "m")


def test_a_reload_keeps_whose_turn_it_is() -> None:
    """Else each save would send the next request to the first again."""
    pool, candidates = pool_of("a", "b", "c")
    pool.pick(candidates, now=NOW)
    pool.replace([credential(name) for name in "abc"], round_robin)

    assert pool.pick(candidates, now=NOW) == Candidate("b", "m")


def test_a_reload_may_bring_another_strategy() -> None:
    """It is a setting like any other."""
    pool, candidates = pool_of("a", "b")
    pool.replace([credential("a"), credential("b")], fill_first)

    assert [pool.pick(candidates, now=NOW) for _ in range(2)] == [Candidate("a", "m")] * 2


def test_a_verdict_on_a_secret_that_was_replaced_is_dropped() -> None:
    """The old key was revoked while its last request was on its way; the new one is fine."""
    pool, [only] = pool_of("a")
    old = pool.get("a")
    pool.pick([only], now=NOW)
    pool.replace([credential("a", secret="new")], round_robin)

    pool.failed(only, REVOKED, now=NOW, used=old)

    assert pool.pick([only], now=NOW) == only
    assert pool.in_flight("a") == 1


@pytest.mark.parametrize("count", [1, 3, 10])
def test_turns_are_shared_evenly(count: int) -> None:
    """Over many requests everybody gets as many as the others, give or take one."""
    pool, candidates = pool_of(*(str(number) for number in range(count)))
    picked = Counter(pool.pick(candidates, now=NOW) for _ in range(100))

    assert max(picked.values()) - min(picked.values()) <= 1


NAMES = ("a", "b", "c", "d")
MODELS = ("m", "n")
CANDIDATES = [Candidate(name, model) for name in NAMES for model in MODELS]


class AnyPool(RuleBasedStateMachine):
    """Whatever happens, the pool never picks who rests and never passes over who is ready."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.known = {name: credential(name) for name in NAMES}
        self.pool = CredentialPool(self.known.values())
        self.flying: Counter[str] = Counter()

    def rests(self, candidate: Candidate) -> bool:
        return bool(self.pool.why([candidate], now=self.now))

    @rule(
        target=attempts,
        candidates=st.lists(st.sampled_from(CANDIDATES), min_size=1, unique=True),
        besides=st.sets(st.sampled_from(CANDIDATES), max_size=3),
    )
    def pick(self, candidates: list[Candidate], besides: set[Candidate]) -> tuple[Candidate, Credential] | None:
        ready = [
            one for one in candidates if one.credential_id in self.known and one not in besides and not self.rests(one)
        ]
        picked = self.pool.pick(candidates, now=self.now, besides=besides)
        if picked is None:
            assert ready == []
            return None
        assert picked in ready
        assert self.known[picked.credential_id].priority == max(self.known[r.credential_id].priority for r in ready)
        self.flying[picked.credential_id] += 1
        return picked, self.known[picked.credential_id]

    @rule(attempt=consumes(attempts))
    def succeed(self, attempt: tuple[Candidate, Credential] | None) -> None:
        if attempt is not None:
            self.flying[attempt[0].credential_id] -= 1
            self.pool.succeeded(attempt[0])
            assert not self.rests(attempt[0])

    @rule(attempt=consumes(attempts))
    def abandon(self, attempt: tuple[Candidate, Credential] | None) -> None:
        if attempt is not None:
            rested = self.rests(attempt[0])
            self.flying[attempt[0].credential_id] -= 1
            self.pool.abandoned(attempt[0])
            assert self.rests(attempt[0]) is rested

    @rule(
        attempt=consumes(attempts),
        kind=st.sampled_from(FailureKind),
        retry_after=st.none() | st.floats(0, 1e6),
        scope=st.sampled_from(["model", "account"]),
    )
    def fail(
        self, attempt: tuple[Candidate, Credential] | None, kind: FailureKind, retry_after: float | None, scope: str
    ) -> None:
        if attempt is not None:
            candidate, used = attempt
            self.flying[candidate.credential_id] -= 1
            failure = Failure(kind, 0, "no", retry_after=retry_after, scope=scope)
            self.pool.failed(candidate, failure, now=self.now, used=used)

    @rule(seconds=st.floats(0, LONGEST_REST))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(
        names=st.sets(st.sampled_from(NAMES), min_size=1),
        secret=st.sampled_from(["s", "t"]),
        priority=st.integers(0, 1),
        strategy=st.sampled_from(sorted(STRATEGIES)),
    )
    def reload(self, names: set[str], secret: str, priority: int, strategy: str) -> None:
        resting = {one for one in CANDIDATES if one.credential_id in self.known and self.rests(one)}
        fresh = {name: credential(name, priority if name in "ab" else 0, secret) for name in sorted(names)}
        same = {name for name, one in fresh.items() if self.known.get(name) == one}
        self.known = fresh
        self.pool.replace(fresh.values(), STRATEGIES[strategy])
        for one in CANDIDATES:
            if one.credential_id in fresh:
                assert self.rests(one) is (one in resting and one.credential_id in same)

    @precondition(lambda self: self.known)
    @rule()
    def rest_long_enough(self) -> None:
        """Nobody is starved: after the longest rest there is, everybody is ready."""
        self.now += LONGEST_REST
        everybody = [one for one in CANDIDATES if one.credential_id in self.known]
        assert self.pool.why(everybody, now=self.now) == ()

    @invariant()
    def a_ready_one_is_ready_now(self) -> None:
        known = [one for one in CANDIDATES if one.credential_id in self.known]
        ready_at = self.pool.ready_at(known, now=self.now)
        assert ready_at is not None
        assert (ready_at == self.now) is any(not self.rests(one) for one in known)

    @invariant()
    def those_in_flight_are_counted(self) -> None:
        assert {name: self.pool.in_flight(name) for name in NAMES} == {name: self.flying[name] for name in NAMES}


TestAnyPool = AnyPool.TestCase
TestAnyPool.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(rests=st.lists(st.sampled_from([0, 5]), min_size=2, max_size=6), rounds=st.integers(1, 5))
def test_every_ready_credential_has_its_turn(rests: list[int], rounds: int) -> None:
    """In as many picks as there are ready ones, each is picked once."""
    pool, candidates = pool_of(*(str(number) for number in range(len(rests))))
    for candidate, rest in zip(candidates, rests, strict=True):
        if rest:
            pool.failed(candidate, limited(rest), now=NOW)
    ready = [candidate for candidate, rest in zip(candidates, rests, strict=True) if not rest]

    for _ in range(rounds):
        assert Counter(pool.pick(candidates, now=NOW) for _ in ready) == Counter(ready)


def test_a_changed_priority_does_not_lose_the_turn() -> None:
    """Only the health of a changed credential is forgotten."""
    pool, candidates = pool_of("a", "b")
    pool.pick(candidates, now=NOW)
    changed = [structs.replace(credential(name), priority=1) for name in ("a", "b")]
    pool.replace(changed, round_robin)

    assert pool.pick(candidates, now=NOW) == Candidate("b", "m")
