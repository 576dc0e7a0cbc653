"""Why somebody is not asked."""

from __future__ import annotations

from cliproxy.credentials.cooldown import Rest
from cliproxy.credentials.credential import Candidate, Quota
from cliproxy.credentials.gate import NEVER
from cliproxy.credentials.health import LONGEST_TEST, Health
from cliproxy.credentials.member import Member
from cliproxy.credentials.reason import Reason, longest, of_health, of_member, over_at
from tests.unit.credentials.pools import credential, spent

A = Candidate("a", "m")


def test_a_member_may_have_several_reasons() -> None:
    """All that keep it from being asked for any model."""
    member = Member(credential("a", disabled=True, quota=Quota(1, "requests", "hour")))
    assert member.budget is not None
    member.budget.count("requests", 1, 0)
    member.revoked, member.most, member.in_flight = "log in again", 1, 1

    assert [reason.state for reason in of_member(member, A, 0)] == ["disabled", "revoked", "quota used up", "full"]
    assert list(of_member(Member(credential("a")), A, 0)) == []


def test_a_scope_rests_or_is_tested() -> None:
    """Or it is half open, and keeps nobody."""
    health = Health(spent())
    health.failed(A, spent(), Rest(110, 5000), 100)

    assert list(of_health(health, ("account", "a"), A, 100)) == [Reason(A, "resting", spent(), 110, "account", 5000)]
    assert list(of_health(health, ("account", "a"), A, 110)) == []
    health.claim(A, 110)
    [tested] = of_health(health, ("account", "a"), A, 110)
    assert (tested.state, tested.rests_until) == ("testing", 110 + LONGEST_TEST)


def test_what_lasts_longest_matters_most() -> None:
    """A rest before a place that another request makes, whenever that is."""
    resting = [Reason(A, "resting", rests_until=until) for until in (10, 30, 20)]

    assert longest(resting) == resting[1]
    assert longest([*resting, Reason(A, "full")]) == resting[1]
    assert longest([*resting, Reason(A, "revoked")]) == Reason(A, "revoked")


def test_all_must_be_over() -> None:
    """Before it can be asked."""
    resting = [Reason(A, "resting", rests_until=until) for until in (10, 30, 20)]

    assert over_at(resting) == 30
    assert over_at([*resting, Reason(A, "full")]) == 30
    assert over_at([Reason(A, "full")]) == NEVER
    assert over_at([*resting, Reason(A, "revoked")]) == NEVER
    assert over_at([]) == -NEVER
