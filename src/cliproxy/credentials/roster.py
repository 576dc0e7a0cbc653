"""Who there is, and how they are: the credentials with their health, and what keeps each of them from being asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cliproxy.credentials import reason
from cliproxy.credentials.cooldown import rest_of
from cliproxy.credentials.credential import Candidate, Credential
from cliproxy.credentials.gate import Gate
from cliproxy.credentials.healths import Healths
from cliproxy.credentials.member import Member, Seat
from cliproxy.credentials.policy import Groups, Policy
from cliproxy.credentials.reason import Reason
from cliproxy.credentials.scope import MODEL, OWN, UPSTREAM, Key, is_part, key_hit, keys_of
from cliproxy.errors import Failure, FailureKind

_FOR_GOOD = frozenset({FailureKind.NO_SUCH_MODEL, FailureKind.NOT_ENTITLED})  # nothing that a rest would mend


class Roster:
    """The members of a pool."""

    def __init__(self, policy: Policy, groups: Groups) -> None:
        self.changes = 0  # of what is worth saving
        self.policy = policy
        self.members: dict[str, Member] = {}
        self.healths = Healths()
        self._groups = groups

    def seat(self, candidate: Candidate) -> Seat | None:
        """Return a candidate's seat, or None where its credential is gone."""
        member = self.members.get(candidate.credential_id)
        return None if member is None else member.seat(candidate)

    def keys(self, seat: Seat) -> tuple[Key, ...]:
        """Return the keys of the scopes that a seat is part of."""
        if not seat.keys:
            credential, model = seat.member.credential, seat.candidate.model
            seat.keys = keys_of(credential, model, self._groups(credential.provider, model))
        return seat.keys

    def gate_before(self, seat: Seat, now: float) -> Gate | None:
        """Return what keeps a candidate from being asked, if anything does; what ends by itself goes first."""
        member, most = seat.member, self.policy.concurrent_per_model
        if member.is_barred(now):
            return member
        if len(self.healths) and (health := self.healths.shut(self.keys(seat), now)) is not None:
            return health
        return member if member.is_full or 0 < most <= seat.in_flight else None

    def reasons(self, candidate: Candidate, now: float) -> list[Reason]:
        """Return all that keeps a candidate from being asked."""
        member = self.members.get(candidate.credential_id)
        if member is None:
            return [Reason(candidate, reason.GONE)]
        reasons = list(reason.of_member(member, candidate, now))
        seat, most = member.seat(candidate), self.policy.concurrent_per_model
        if 0 < most <= seat.in_flight:
            reasons.append(Reason(candidate, reason.FULL, scope="model"))
        for key, health in self.healths.among(self.keys(seat)):
            reasons += reason.of_health(health, key, candidate, now)
        return reasons

    def serves(self, candidate: Candidate, now: float) -> bool:
        """Tell whether a candidate may answer, now or after a rest: the account can be asked, and has this model."""
        member = self.members.get(candidate.credential_id)
        if member is None or member.is_out:
            return False
        return not any(
            health.failure.kind in _FOR_GOOD and health.is_resting(now)
            for _, health in self.healths.among(self.keys(member.seat(candidate)))
        )

    def hit(self, failure: Failure, seat: Seat, now: float) -> None:
        """Let rest what a failure of this seat hits, as long as it must."""
        candidate = seat.candidate
        key = key_hit(failure, seat.member.credential, candidate, self.keys(seat))
        if key is not None and key[0] == UPSTREAM and not self.healths.is_confirmed(key, candidate.credential_id, now):
            key = (MODEL, candidate.credential_id, candidate.model)
        if key is not None:
            self.let_rest(key, candidate, failure, now)

    def let_rest(self, key: Key, candidate: Candidate, failure: Failure, now: float) -> None:
        """Let a scope rest for a failure, as long as it must."""
        credential = self.members[candidate.credential_id].credential
        health = self.healths.get(key)
        rest = rest_of(
            failure,
            1 if health is None else health.failures_with(candidate),
            now=now,
            longest=self.policy.longest_rest,
            cools=self.policy.cools if credential.cools is None else credential.cools,
        )
        if rest is None:
            return
        self.healths.failed(key, candidate, failure, rest, now)
        self.healths.bound(len(self.members))
        self.changes += 1

    def end_rests(self, member: Member, scope: str) -> None:
        """A quota that was spent is not: let one request test whoever rests for it."""
        kind, _, id_ = scope.partition(":")
        for key, health in self.healths.items():
            is_meant = key[0] == kind and is_part(key, member.credential) and (not id_ or key[2] == id_)
            if is_meant and health.failure.kind is FailureKind.QUOTA_SPENT:
                health.end_rest()
                self.changes += 1

    def update(self, credential: Credential) -> bool:
        """Go on with a changed credential; tell whether its place among the others must be found anew."""
        return self._renew([(self.members[credential.id], credential)])

    def replace(self, credentials: Iterable[Credential], policy: Policy) -> set[str]:
        """Take the credentials of another configuration; return the ids of those that are gone."""
        self.policy = policy
        before, self.members = self.members, {}
        changed = []
        for credential in credentials:
            member = self.members[credential.id] = before.get(credential.id) or Member(credential)
            self._bound(member)
            if member.credential is not credential:
                changed.append((member, credential))
        self._renew(changed)
        gone = before.keys() - self.members.keys()
        if gone:
            self._forget_scopes_of_nobody()
            for health in self.healths.values():
                if health.tester is not None and health.tester.credential_id in gone:
                    health.tester = None
        return gone

    def shared_scopes(self) -> set[Key]:
        """Return how the keys begin of all scopes that members share."""
        return {
            key[:3] for one in self.members.values() for key in keys_of(one.credential, "", ()) if key[0] not in OWN
        }

    def stand_up(self) -> None:
        """Have nobody sit or wait anywhere."""
        for member in self.members.values():
            member.waiting.clear()
            for seat in member.seats.values():
                seat.places.clear()
        for health in self.healths.values():
            health.waiting.clear()

    def _renew(self, changed: Iterable[tuple[Member, Credential]]) -> bool:
        strangers, renewed, is_moved = set(), set(), False
        for member, credential in changed:
            before, was_revoked = member.credential, member.revoked
            if credential.account != before.account or credential.provider != before.provider:
                strangers.add(credential.id)
                member.forget()
            elif credential.secret != before.secret:
                renewed.add(credential.id)
            member.take(credential)
            self._bound(member)
            self.changes += member.revoked != was_revoked
            if _standing(credential) != _standing(before):
                is_moved = True
                for seat in member.seats.values():
                    seat.keys = ()
        if strangers:
            self.healths.forget(lambda key, _: key[0] in OWN and key[1] in strangers)
        if renewed:
            self._end_rests_of_old_tokens(renewed)
        return is_moved

    def _end_rests_of_old_tokens(self, renewed: Collection[str]) -> None:
        for key, health in self.healths.items():
            if key[0] in OWN and key[1] in renewed and health.failure.kind is FailureKind.UNAUTHORIZED:
                health.end_rest()
                self.changes += 1

    def _forget_scopes_of_nobody(self) -> None:
        shared = self.shared_scopes()
        self.healths.forget(lambda key, _: key[1] not in self.members if key[0] in OWN else key[:3] not in shared)

    def _bound(self, member: Member) -> None:
        own = member.credential.concurrent
        member.most = self.policy.concurrent if own is None else own


def _standing(credential: Credential) -> tuple[object, ...]:
    return credential.priority, credential.provider, credential.base_url, credential.project
