"""What a credential is doing, and what outlives a change of its token."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate, Credential, Quota, Secret
from cliproxy.credentials.gate import NEVER
from cliproxy.credentials.member import MOST_IDLE_SEATS, Member
from tests.unit.credentials.pools import credential


def test_it_is_barred_while_it_is_full_or_out() -> None:
    """Whatever its models are like."""
    member = Member(credential("a"))
    member.in_flight = 3
    assert member.opens_at(0) == 0
    member.most = 3
    assert (member.is_barred(0), member.opens_at(0)) == (False, NEVER)
    member.most, member.revoked = 0, "log in again"
    assert (member.is_barred(0), member.opens_at(0)) == (True, NEVER)

    assert Member(credential("a", disabled=True)).is_barred(0)


def test_it_is_barred_while_its_quota_is_used_up() -> None:
    """Until the period ends."""
    member = Member(credential("a", quota=Quota(1, "requests", "hour")))
    assert member.budget is not None
    member.budget.count("requests", 1, 0)

    assert (member.is_barred(0), member.opens_at(0)) == (True, 3600)


def test_another_token_ends_a_revocation() -> None:
    """It was the token that was revoked. Any other change leaves it."""

    def after(changed: Credential) -> str:
        member = Member(credential("a", refresh_token=Secret("r")))
        member.revoked = "log in again"
        member.take(changed)
        return member.revoked

    assert after(credential("a", refresh_token=Secret("r"), weight=5, label="me")) == "log in again"
    assert after(credential("a", refresh_token=Secret("r2"))) == ""
    assert after(credential("a", "s2", refresh_token=Secret("r"))) == ""


def test_a_weight_is_at_least_one() -> None:
    """Nobody is configured never to be asked by a weight."""
    assert Member(credential("a", weight=0)).weight == 1


def test_seats_are_bounded() -> None:
    """Clients may ask for any number of models. Who is in flight keeps his."""
    member = Member(credential("a"))
    first = member.seat(Candidate("a", "first"))
    first.in_flight = 1
    for number in range(10 * MOST_IDLE_SEATS):
        member.seat(Candidate("a", str(number)))

    assert len(member.seats) <= MOST_IDLE_SEATS + 1
    assert member.seat(Candidate("a", "first")) is first


def test_a_turn_moves_on_by_its_weight() -> None:
    """From the present one, where it was away."""
    seat = Member(credential("a", weight=4)).seat(Candidate("a", "m"))

    assert (seat.take_turn(0), seat.next_turn) == (0, 0.25)
    assert (seat.take_turn(10), seat.next_turn) == (10, 10.25)
