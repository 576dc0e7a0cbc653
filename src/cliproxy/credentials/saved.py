"""
What a pool keeps between runs: plain data with absolute times.

No secret is in it. Whether a token or an account is still the same is told by a digest.
"""

from __future__ import annotations

import hashlib

from msgspec import Struct
from msgspec.structs import replace

from cliproxy.credentials.credential import Credential
from cliproxy.credentials.health import Health
from cliproxy.credentials.member import Member
from cliproxy.credentials.quota import MOST_WINDOWS, QuotaWindow, passed
from cliproxy.credentials.roster import Roster
from cliproxy.credentials.scope import OWN, Key, is_key
from cliproxy.errors import Failure

LONGEST_MESSAGE = 500  # characters


class SavedRest(Struct, frozen=True):
    """A scope that rests."""

    key: tuple[str, ...]
    failure: Failure
    failures: int
    rests_since: float  # unix time, as the others
    rests_until: float
    stated_until: float | None = None
    account: str = ""  # digest of whose it is; "": several accounts'


class SavedMember(Struct, frozen=True):
    """What is known of one credential."""

    account: str  # digest
    revoked: str = ""  # why
    token: str = ""  # digest of the one that was revoked
    unit: str = ""  # of the operator's quota
    period: str = ""
    used: int = 0
    begins: float = 0.0  # unix time
    ends: float = 0.0
    windows: tuple[QuotaWindow, ...] = ()


class Saved(Struct, frozen=True):
    """All of it."""

    rests: tuple[SavedRest, ...] = ()
    members: dict[str, SavedMember] = {}  # by id


def saved(roster: Roster, *, now: float) -> Saved:
    """Return what is worth keeping. Rests that are over are not: whoever is asked then will tell."""
    rests = tuple(_saved_rest(key, health, roster) for key, health in roster.healths.items() if health.is_resting(now))
    members = {
        id_: kept
        for id_, one in roster.members.items()
        if (one.revoked or one.windows or one.budget) and (kept := _saved_member(one, now=now)) is not None
    }
    return Saved(rests, members)


def restore(roster: Roster, saved: Saved, *, now: float) -> None:
    """Take over what was kept. What is past, or of nobody here, is left out."""
    for id_, kept in saved.members.items():
        if (member := roster.members.get(id_)) is not None:
            _restore_member(member, kept, now=now)
    shared = roster.shared_scopes()
    for rest in saved.rests:
        if is_key(rest.key) and (_is_same_account(rest, roster) if rest.key[0] in OWN else rest.key[:3] in shared):
            health = _restored_health(rest)
            if health.is_resting(now):
                health.rests_since = min(health.rests_since, now)
                health.rests_until = min(health.rests_until, now + roster.policy.longest_rest)
                roster.healths.put(rest.key, health)
    roster.healths.bound(len(roster.members))
    roster.changes += 1


def _saved_rest(key: Key, health: Health, roster: Roster) -> SavedRest:
    owner = roster.members[key[1]].credential if key[0] in OWN else None
    return SavedRest(
        key,
        replace(health.failure, body=b"", message=health.failure.message[:LONGEST_MESSAGE]),
        health.failures,
        health.rests_since,
        health.rests_until,
        health.stated_until,
        _account_digest(owner) if owner else "",
    )


def _restored_health(saved: SavedRest) -> Health:
    health = Health(saved.failure)
    health.failures = max(1, saved.failures)
    health.rests_since, health.rests_until = saved.rests_since, saved.rests_until
    health.stated_until = saved.stated_until
    return health


def _is_same_account(saved: SavedRest, roster: Roster) -> bool:
    member = roster.members.get(saved.key[1])
    return member is not None and _account_digest(member.credential) == saved.account


def _saved_member(member: Member, *, now: float) -> SavedMember | None:
    """Return what must be kept of a member, or None where that is nothing."""
    windows = tuple(window for window in member.windows if passed(window, now) is window)
    budget = member.budget if member.budget is not None and member.budget.ends > now else None
    if not (member.revoked or budget or windows):
        return None
    kept = SavedMember(_account_digest(member.credential), windows=windows)
    if member.revoked:
        kept = replace(kept, revoked=member.revoked, token=_token_digest(member.credential))
    if budget is not None:
        quota = budget.quota
        kept = replace(
            kept, unit=quota.unit, period=quota.period, used=budget.used, begins=budget.begins, ends=budget.ends
        )
    return kept


def _restore_member(member: Member, saved: SavedMember, *, now: float) -> None:
    if saved.account != _account_digest(member.credential):
        return
    if saved.revoked and saved.token == _token_digest(member.credential):
        member.revoked = saved.revoked
    budget = member.budget
    if budget is not None and (budget.quota.unit, budget.quota.period) == (saved.unit, saved.period):
        budget.used, budget.begins, budget.ends = saved.used, saved.begins, saved.ends
    member.windows = tuple(window for window in saved.windows[:MOST_WINDOWS] if passed(window, now) is window)


def _account_digest(credential: Credential) -> str:
    return _digest(credential.provider, credential.account or credential.id)


def _token_digest(credential: Credential) -> str:
    return _digest(credential.refresh_token.reveal(), credential.secret.reveal())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
