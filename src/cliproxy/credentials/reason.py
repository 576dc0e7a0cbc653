"""Why a candidate is not asked now: what explanations, errors and the wait for a rest are made of."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Struct

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.gate import NEVER
from cliproxy.credentials.health import Health
from cliproxy.credentials.member import Member
from cliproxy.credentials.scope import Key, scope_of
from cliproxy.errors import Failure

GONE, DISABLED, REVOKED, USED_UP = "gone", "disabled", "revoked", "quota used up"
FULL, RESTING, TESTING = "full", "resting", "testing"

PLACES = frozenset({FULL, TESTING})  # what ends when another request does


class Reason(Struct, frozen=True):
    """Why a candidate is not asked now."""

    candidate: Candidate
    state: str  # `gone`, `disabled`, `revoked`, `quota used up`, `resting`, `testing` (another request does), `full`
    failure: Failure | None = None  # for which it rests
    rests_until: float | None = None  # unix time; None: waiting alone does not help
    scope: str = ""  # what rests, in the words of `Failure.scope`
    stated_until: float | None = None  # unix time that the upstream stated, where it rests no longer than the cap
    words: str = ""  # why it was revoked

    @property
    def ends_at(self) -> float:
        """When it is over by itself."""
        return math.inf if self.rests_until is None else self.rests_until


def of_member(member: Member, candidate: Candidate, now: float) -> Iterator[Reason]:
    """Yield why a credential cannot be asked for any model."""
    if member.credential.disabled:
        yield Reason(candidate, DISABLED)
    if member.revoked:
        yield Reason(candidate, REVOKED, words=member.revoked)
    budget = member.budget
    if budget is not None and (opens_at := budget.opens_at(now)) > now:
        yield Reason(candidate, USED_UP, rests_until=opens_at, scope="account")
    if member.is_full:
        yield Reason(candidate, FULL, scope="account")


def of_health(health: Health, key: Key, candidate: Candidate, now: float) -> Iterator[Reason]:
    """Yield why nobody in a scope can be asked."""
    if health.is_resting(now):
        yield Reason(candidate, RESTING, health.failure, health.rests_until, scope_of(key), health.stated_until)
    elif health.is_tested(now):
        yield Reason(candidate, TESTING, health.failure, health.opens_at(now), scope_of(key))


def longest(reasons: list[Reason]) -> Reason:
    """Return the one that matters most: which is over last."""
    return max(reasons, key=lambda reason: (reason.state not in PLACES, reason.ends_at))


def over_at(reasons: list[Reason]) -> float:
    """
    Return the unix time at which all are over, NEVER where waiting alone does not help.

    Who rests as well will hardly be full then.
    """
    lasting = [reason for reason in reasons if reason.state != FULL] or reasons
    return max((reason.ends_at for reason in lasting), default=-NEVER)
