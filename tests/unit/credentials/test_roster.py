"""Who there is, and what they share."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.policy import Policy, no_groups
from cliproxy.credentials.roster import Roster
from tests.unit.credentials.pools import NOW, credential, limited, spent


def roster_of(*names: str) -> Roster:
    roster = Roster(Policy(), no_groups)
    roster.replace([credential(name, project="x") for name in names], Policy())
    return roster


def rest(roster: Roster, name: str, scope: str) -> None:
    seat = roster.seat(Candidate(name, "m"))
    assert seat is not None
    roster.hit(spent(NOW + 600, scope), seat, NOW)


def test_it_tells_who_is_gone() -> None:
    """Their own scopes go with them, and shared ones with the last."""
    roster = roster_of("a", "b")
    rest(roster, "a", "account")
    rest(roster, "a", "project")

    assert roster.replace([credential("b", project="x")], Policy()) == {"a"}
    assert [key[0] for key, _ in roster.healths.items()] == ["project"]
    assert roster.replace([credential("c")], Policy()) == {"b"}
    assert len(roster.healths) == 0


def test_who_tested_and_is_gone_tests_no_more() -> None:
    """The others who share it need not wait for a verdict that nobody brings."""
    roster = roster_of("a", "b")
    rest(roster, "a", "project")
    seat = roster.seat(Candidate("b", "m"))
    assert seat is not None
    roster.healths.claim(roster.keys(seat), Candidate("a", "m"), NOW + 600)
    assert roster.gate_before(seat, NOW + 600) is not None

    roster.replace([credential("b", project="x")], Policy())
    assert roster.gate_before(seat, NOW + 600) is None


def test_a_move_changes_what_is_shared() -> None:
    """To another project, or another address; and nothing else must be found anew."""
    roster = roster_of("a", "b")
    rest(roster, "a", "project")
    seat = roster.seat(Candidate("b", "m"))
    assert seat is not None
    assert roster.gate_before(seat, NOW) is not None

    assert roster.update(credential("b", project="y"))
    assert roster.gate_before(seat, NOW) is None
    assert not roster.update(credential("b", "new", project="y", weight=3))


def test_an_end_of_a_quota_s_rest_leaves_other_rests() -> None:
    """A rate limit is not lifted by a new week."""
    roster = roster_of("a", "b")
    for name in "ab":
        rest(roster, name, "account")
    seat = roster.seat(Candidate("a", "n"))
    assert seat is not None
    roster.hit(limited(60), seat, NOW)
    roster.end_rests(roster.members["a"], "account")

    assert [bool(roster.reasons(Candidate(*one), NOW)) for one in (("a", "m"), ("a", "n"), ("b", "m"))] == [
        False,
        True,
        True,
    ]


def test_everybody_can_stand_up() -> None:
    """Places are found anew after a reload; nobody is held by a gate until then."""
    roster = roster_of("a")
    rest(roster, "a", "account")
    roster.stand_up()

    assert [health.waiting for health in roster.healths.values()] == [{}]
    assert roster.members["a"].waiting == {}
