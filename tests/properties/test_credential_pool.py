"""
The pool against a model that looks at everybody each time: whoever can be asked is found, and nobody else.

The model knows health by scope, half-open tests, bounds and quotas as plain dictionaries, and no order but priority.
How long a failure rests, and what it hits, has tests of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from msgspec import structs

from cliproxy.credentials.budget import period_at
from cliproxy.credentials.cooldown import rest_of
from cliproxy.credentials.credential import Candidate, Credential, Quota, Secret
from cliproxy.credentials.gate import SLACK
from cliproxy.credentials.health import LONGEST_TEST
from cliproxy.credentials.healths import SUSPICION_LASTS
from cliproxy.credentials.pool import CredentialPool, Policy, Saved
from cliproxy.credentials.scope import MODEL, OWN, UPSTREAM, Key, key_hit, keys_of
from cliproxy.credentials.selection import STRATEGIES
from cliproxy.errors import Failure, FailureKind

NOW = 1_790_000_000.0
NAMES, MODELS = ("a", "b", "c", "d", "e"), ("m", "n", "o")
CANDIDATES = tuple(Candidate(name, model) for name in NAMES for model in MODELS)
PLANS = [  # tuples that stay, as those of real plans do
    CANDIDATES,
    tuple(one for one in CANDIDATES if one.model == "m"),
    tuple(one for one in reversed(CANDIDATES) if one.model == "m"),
    tuple(one for one in CANDIDATES if one.model != "o" and one.credential_id in "abc"),
    (Candidate("a", "m"),),
]
SCOPES = ("request", "model", "account", "group:g", "project", "upstream", "nonsense")


def groups(_provider: str, model: str) -> tuple[str, ...]:
    return ("g",) if model in "mn" else ()


def credential(name: str, **changes: object) -> Credential:
    plain = Credential(
        id=name,
        provider="q" if name == "e" else "p",
        secret=Secret("s"),
        account=f"account of {name}",
        project="x" if name in "ab" else "",
    )
    return structs.replace(plain, **changes)


plans = st.sampled_from(PLANS) | st.lists(st.sampled_from(CANDIDATES), min_size=1, unique=True)
changes = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.integers(0, 1),
        "weight": st.integers(1, 3),
        "secret": st.sampled_from([Secret("s"), Secret("t")]),
        "account": st.sampled_from(["one", "another"]),
        "disabled": st.booleans(),
        "concurrent": st.none() | st.integers(0, 2),
        "cools": st.none() | st.booleans(),
        "project": st.sampled_from(["", "x", "y"]),
        "quota": st.none()
        | st.builds(
            Quota, st.integers(1, 4), st.sampled_from(["requests", "tokens"]), st.sampled_from(["hour", "day", "60"])
        ),
    },
)
credentials = st.dictionaries(st.sampled_from(NAMES), changes, min_size=1).map(
    lambda drawn: {name: credential(name, **drawn[name]) for name in sorted(drawn)}
)
policies = st.builds(
    Policy,
    strategy=st.sampled_from(sorted(STRATEGIES)),
    longest_rest=st.sampled_from([60.0, 3600.0]),
    cools=st.booleans(),
    concurrent=st.integers(0, 3),
    concurrent_per_model=st.integers(0, 2),
)


@dataclass
class Rested:
    """What the model knows of a scope."""

    failure: Failure
    failures: int = 0
    since: float = 0.0
    until: float = 0.0
    tester: Candidate | None = None
    tested_since: float = 0.0

    def rests(self, now: float) -> bool:
        return self.since - SLACK <= now < self.until

    def is_tested(self, now: float) -> bool:
        return self.tester is not None and self.tested_since - SLACK <= now < self.tested_since + LONGEST_TEST


@dataclass
class Used:
    """What the model knows of a quota."""

    amount: int = 0
    begins: float = 0.0
    ends: float = 0.0

    def at(self, now: float) -> int:
        return self.amount if self.begins - SLACK <= now < self.ends else 0


@dataclass
class Model:
    """Everything that matters, looked through from end to end."""

    known: dict[str, Credential]
    policy: Policy
    now: float = NOW
    flying: Counter[Candidate] = field(default_factory=Counter)
    answered: Counter[Candidate] = field(default_factory=Counter)
    rested: dict[Key, Rested] = field(default_factory=dict)
    suspected: dict[Key, tuple[str, float]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    used: dict[str, Used] = field(default_factory=dict)

    def keys(self, candidate: Candidate) -> tuple[Key, ...]:
        one = self.known[candidate.credential_id]
        return keys_of(one, candidate.model, groups(one.provider, candidate.model))

    def all_keys(self, name: str) -> set[Key]:
        return {key for model in MODELS for key in self.keys(Candidate(name, model))}

    def in_flight(self, name: str) -> int:
        return sum(count for one, count in self.flying.items() if one.credential_id == name)

    def is_full(self, candidate: Candidate) -> bool:
        own = self.known[candidate.credential_id].concurrent
        most = self.policy.concurrent if own is None else own
        each = self.policy.concurrent_per_model
        return 0 < most <= self.in_flight(candidate.credential_id) or 0 < each <= self.flying[candidate]

    def opens_at(self, candidate: Candidate) -> float:
        """When it can be asked but for others' requests, tests included; `now`: it can."""
        one = self.known.get(candidate.credential_id)
        if one is None or one.disabled or one.id in self.revoked:
            return math.inf
        opens_at = self.now
        if one.quota is not None and self.used.setdefault(one.id, Used()).at(self.now) >= one.quota.amount:
            opens_at = period_at(self.now, one.quota.period)[1]
        for key in self.keys(candidate):
            if key in self.rested and self.rested[key].rests(self.now):
                opens_at = max(opens_at, self.rested[key].until)
        return opens_at

    def test_ends_at(self, candidate: Candidate) -> float:
        tested = [self.rested[key] for key in self.keys(candidate) if key in self.rested]
        ends = [one.tested_since + LONGEST_TEST for one in tested if one.is_tested(self.now)]
        return max(ends, default=self.now)

    def is_ready(self, candidate: Candidate) -> bool:
        if self.opens_at(candidate) > self.now:
            return False
        return not self.is_full(candidate) and self.test_ends_at(candidate) <= self.now

    def ready(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [one for one in candidates if self.is_ready(one)]

    def ready_at(self, candidates: Sequence[Candidate]) -> float | None:
        times = [
            time
            for one in candidates
            if one.credential_id in self.known
            if (time := max(self.opens_at(one), self.test_ends_at(one))) > self.now or not self.is_full(one)
        ]
        first = min(times, default=math.inf)
        return None if first == math.inf else first

    def awaits(self, candidates: Sequence[Candidate]) -> bool:
        return any(self.opens_at(one) <= self.now for one in candidates)

    def count(self, name: str, unit: str, amount: int) -> None:
        quota = self.known[name].quota
        if quota is None or quota.unit != unit or not amount:
            return
        used = self.used.setdefault(name, Used())
        if not used.begins - SLACK <= self.now < used.ends:
            self.used[name] = used = Used(0, *period_at(self.now, quota.period))
        used.amount += amount

    def picked(self, candidate: Candidate) -> None:
        self.flying[candidate] += 1
        self.count(candidate.credential_id, "requests", 1)
        for key in self.keys(candidate):
            if key in self.rested:
                self.rested[key].tester, self.rested[key].tested_since = candidate, self.now

    def landed(self, candidate: Candidate, tokens: int) -> None:
        self.flying[candidate] -= 1
        self.count(candidate.credential_id, "tokens", tokens)

    def well(self, candidate: Candidate) -> None:
        for key in self.keys(candidate):
            self.rested.pop(key, None)
            self.suspected.pop(key, None)

    def nothing_came(self, candidate: Candidate) -> None:
        for key in self.keys(candidate):
            if key in self.rested and self.rested[key].tester == candidate:
                self.rested[key].tester = None
        self.answered[candidate] = min(self.answered[candidate], self.flying[candidate])

    def failed(self, candidate: Candidate, failure: Failure, used: Credential) -> None:
        one = self.known[candidate.credential_id]
        key = key_hit(failure, one, candidate, self.keys(candidate))
        is_stale = failure.kind is FailureKind.UNAUTHORIZED and used.secret != one.secret
        if key is None or is_stale or used.account != one.account:
            return
        if key[0] == UPSTREAM and key not in self.rested:
            suspect, at = self.suspected.setdefault(key, (one.id, self.now))
            if suspect == one.id or not at - SLACK <= self.now < at + SUSPICION_LASTS:
                self.suspected[key] = one.id, self.now
                key = (MODEL, one.id, candidate.model)
        before = self.rested.get(key)
        is_test = before is None or before.tester == candidate
        failures = (before.failures if before else 0) + is_test
        cools = self.policy.cools if one.cools is None else one.cools
        rest = rest_of(failure, failures, now=self.now, longest=self.policy.longest_rest, cools=cools)
        if rest is None:
            return
        after = self.rested[key] = before or Rested(failure)
        after.failures = failures
        if after.tester == candidate:
            after.tester = None
        if not after.rests(self.now) or failure.rests_until is not None or rest.until >= after.until:
            after.failure, after.since, after.until = failure, self.now, rest.until

    def renew(self, fresh: dict[str, Credential]) -> None:
        """Take other credentials; what is known of accounts that stay, stays."""
        before, self.known = self.known, fresh
        for name in fresh.keys() & before.keys():
            old, new = before[name], fresh[name]
            is_other = new.account != old.account
            if new.secret != old.secret or is_other:
                self.revoked.discard(name)
            quotas = [(one.quota.unit, one.quota.period) if one.quota else None for one in (old, new)]
            if is_other or quotas[0] != quotas[1]:
                self.used.pop(name, None)
            for key in [key for key in self.rested if key[0] in OWN and key[1] == name]:
                if is_other:
                    del self.rested[key]
                elif new.secret != old.secret and self.rested[key].failure.kind is FailureKind.UNAUTHORIZED:
                    self.rested[key].until = 0.0
        gone = before.keys() - fresh.keys()
        for name in gone:
            self.revoked.discard(name)
            self.used.pop(name, None)
        for candidate in list(self.flying):
            if candidate.credential_id in gone:
                del self.flying[candidate]
                self.answered.pop(candidate, None)
        if gone:
            shared = {key[:3] for one in fresh.values() for key in keys_of(one, "", ()) if key[0] not in OWN}
            for key in list(self.rested):
                if key[1] not in fresh if key[0] in OWN else key[:3] not in shared:
                    del self.rested[key]
            for one in self.rested.values():
                if one.tester is not None and one.tester.credential_id in gone:
                    one.tester = None


@dataclass(frozen=True)
class Flight:
    """A request that is under way."""

    candidate: Candidate
    used: Credential
    life: int  # of the pool it began in
    conversation: str


class AnyPool(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    flights = Bundle("flights")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model({name: credential(name) for name in NAMES}, Policy())
        self.pool = CredentialPool(self.model.known.values(), self.model.policy, groups=groups)
        self.lives: Counter[str] = Counter()  # how often each was removed, or all were by a restart

    @rule(
        target=flights,
        candidates=plans,
        besides=st.frozensets(st.sampled_from(CANDIDATES), max_size=4),
        conversation=st.sampled_from(["", "", "c", "d"]),
    )
    def pick(self, candidates: Sequence[Candidate], besides: frozenset[Candidate], conversation: str) -> Flight | None:
        model = self.model
        ready = [one for one in model.ready(candidates) if one not in besides]
        picked = self.pool.pick(candidates, now=model.now, conversation=conversation, besides=besides)
        if picked is None:
            assert ready == []
            return None
        assert picked in ready
        highest = max(model.known[one.credential_id].priority for one in ready)
        best = [one for one in ready if model.known[one.credential_id].priority == highest]
        if not conversation:
            assert picked in best
            if model.policy.strategy == "fill-first":
                assert picked == best[0]
            elif model.policy.strategy == "least-connections":
                loads = {one: model.in_flight(one.credential_id) / self.weight(one) for one in best}
                assert loads[picked] == min(loads.values())
        model.picked(picked)
        return Flight(picked, model.known[picked.credential_id], self.lives[picked.credential_id], conversation)

    @rule(candidates=plans)
    def nobody_starves(self, candidates: Sequence[Candidate]) -> None:
        """Taking turns, everybody who is ready gets one before long."""
        model = self.model
        ready = [one for one in model.ready(candidates) if model.known[one.credential_id].quota is None]
        if not ready or "robin" not in model.policy.strategy or len(ready) < len(model.ready(candidates)):
            return
        highest = max(model.known[one.credential_id].priority for one in ready)
        best = {one for one in ready if model.known[one.credential_id].priority == highest}
        turns = 2 * (len(best) + sum(map(self.weight, best)))
        picked = set()
        for _ in range(turns):
            one = self.pool.pick(candidates, now=model.now)
            assert one is not None
            picked.add(one)
            self.pool.abandoned(one, now=model.now)
            model.picked(one)
            model.landed(one, 0)
            model.nothing_came(one)
        assert picked == best

    @rule(flight=flights)
    def answer(self, flight: Flight | None) -> None:
        if self.is_ours(flight) and self.model.flying[flight.candidate]:
            self.pool.answered(flight.candidate, now=self.model.now)
            flying, answered = self.model.flying, self.model.answered
            answered[flight.candidate] = min(answered[flight.candidate] + 1, flying[flight.candidate])
            self.model.well(flight.candidate)

    @rule(flight=consumes(flights), tokens=st.integers(0, 3))
    def succeed(self, flight: Flight | None, tokens: int) -> None:
        if self.is_ours(flight):
            candidate = flight.candidate
            self.pool.succeeded(candidate, now=self.model.now, tokens=tokens)
            self.pool.spoken(flight.conversation)
            self.model.landed(candidate, tokens)
            if self.model.answered[candidate]:
                self.model.answered[candidate] -= 1
            else:
                self.model.well(candidate)

    @rule(flight=consumes(flights), tokens=st.integers(0, 3))
    def abandon(self, flight: Flight | None, tokens: int) -> None:
        if self.is_ours(flight):
            self.pool.abandoned(flight.candidate, now=self.model.now, tokens=tokens)
            self.pool.spoken(flight.conversation)
            self.model.landed(flight.candidate, tokens)
            self.model.nothing_came(flight.candidate)

    @rule(
        flight=consumes(flights),
        kind=st.sampled_from(FailureKind),
        retry_after=st.none() | st.floats(allow_nan=True, allow_infinity=True),
        stated=st.none() | st.floats(-100, 20_000),
        scope=st.sampled_from(SCOPES),
    )
    def fail(
        self, flight: Flight | None, kind: FailureKind, retry_after: float | None, stated: float | None, scope: str
    ) -> None:
        if self.is_ours(flight):
            until = None if stated is None else self.model.now + stated
            failure = Failure(kind, 0, "no", retry_after=retry_after, rests_until=until, scope=scope)
            self.pool.failed(flight.candidate, failure, now=self.model.now, used=flight.used)
            self.pool.spoken(flight.conversation)
            self.model.landed(flight.candidate, 0)
            self.model.failed(flight.candidate, failure, flight.used)
            self.model.nothing_came(flight.candidate)

    @rule(seconds=st.sampled_from([0.5, 1, 2, 29.5, 30, 60, 600, 3600, 7200]))
    def wait(self, seconds: float) -> None:
        self.model.now += seconds

    @rule(seconds=st.sampled_from([0.5, 50, 70, 4000]))
    def set_the_clock_back(self, seconds: float) -> None:
        self.model.now -= seconds

    @rule(name=st.sampled_from(NAMES))
    def revoke(self, name: str) -> None:
        self.pool.revoked(name, "no more", now=self.model.now)
        if name in self.model.known:
            self.model.revoked.add(name)

    @rule(name=st.sampled_from(NAMES))
    def lift(self, name: str) -> None:
        self.pool.lifted(name, now=self.model.now)
        if name in self.model.known:
            for key in self.model.rested.keys() & self.model.all_keys(name):
                del self.model.rested[key]

    @rule(name=st.sampled_from(NAMES), changed=changes)
    def update(self, name: str, changed: dict[str, object]) -> None:
        fresh = credential(name, **changed)
        self.pool.update(fresh)
        if name in self.model.known:
            self.model.renew({**self.model.known, name: fresh})

    @rule(fresh=credentials, policy=policies)
    def reload(self, fresh: dict[str, Credential], policy: Policy) -> None:
        for name in self.model.known.keys() - fresh.keys():
            self.lives[name] += 1
        self.pool.replace(fresh.values(), policy)
        self.model.policy = policy
        self.model.renew(fresh)

    @rule()
    def restart(self) -> None:
        model = self.model
        saved = msgspec.json.decode(msgspec.json.encode(self.pool.saved(now=model.now)), type=Saved)
        self.pool = CredentialPool(model.known.values(), model.policy, groups=groups)
        self.pool.restore(saved, now=model.now)
        self.lives.update(NAMES)
        model.flying.clear()
        model.answered.clear()
        model.suspected.clear()
        model.rested = {key: one for key, one in model.rested.items() if one.rests(model.now)}
        model.used = {name: one for name, one in model.used.items() if one.ends > model.now}
        for one in model.rested.values():
            one.tester = None
            one.since = min(one.since, model.now)
            one.until = min(one.until, model.now + model.policy.longest_rest)

    @invariant()
    def it_knows_who_cannot_be_asked(self) -> None:
        model = self.model
        told = {reason.candidate for reason in self.pool.why(CANDIDATES, now=model.now)}
        assert told == set(CANDIDATES) - set(model.ready(CANDIDATES))

    @invariant()
    def it_knows_when_the_first_is_ready(self) -> None:
        for candidates in PLANS:
            assert self.pool.ready_at(candidates, now=self.model.now) == self.model.ready_at(candidates)

    @invariant()
    def it_knows_whether_a_place_will_be_free(self) -> None:
        for candidates in PLANS:
            assert self.pool.awaits_a_place(candidates, now=self.model.now) == self.model.awaits(candidates)

    @invariant()
    def it_counts_who_is_in_flight(self) -> None:
        for name in NAMES:
            assert self.pool.in_flight(name) == self.model.in_flight(name)

    def weight(self, candidate: Candidate) -> int:
        return self.model.known[candidate.credential_id].weight

    def is_ours(self, flight: Flight | None) -> TypeGuard[Flight]:
        """Tell whether a request was sent by this pool, with a credential that was there ever since."""
        return flight is not None and flight.life == self.lives[flight.candidate.credential_id]


TestAnyPool = AnyPool.TestCase
TestAnyPool.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
