"""Health by scope: what is kept, and for how long."""

from __future__ import annotations

from cliproxy.credentials.cooldown import Rest
from cliproxy.credentials.credential import Candidate
from cliproxy.credentials.healths import FEW, MOST_EACH, SUSPICION_LASTS, Healths
from cliproxy.credentials.scope import Key
from tests.unit.credentials.pools import limited

A, B = Candidate("a", "m"), Candidate("b", "m")
MODEL: Key = ("model", "a", "m")
ACCOUNT: Key = ("account", "a")
UPSTREAM: Key = ("upstream", "p", "", "m")


def with_rests(*keys: Key) -> Healths:
    healths = Healths()
    for key in keys:
        healths.failed(key, A, limited(), Rest(110, None), 100)
    return healths


def test_any_scope_that_rests_shuts_a_candidate_out() -> None:
    """And the others of its account, where it is the account that rests."""
    healths = with_rests(ACCOUNT)

    assert healths.shut((ACCOUNT, MODEL), 105) is healths.get(ACCOUNT)
    assert healths.shut((MODEL, UPSTREAM), 105) is None
    assert healths.shut((ACCOUNT, MODEL), 110) is None


def test_who_is_well_leaves_nothing_behind() -> None:
    """The pool holds troubles, not credentials."""
    healths = with_rests(ACCOUNT, MODEL)

    assert healths.well((ACCOUNT, MODEL))
    assert len(healths) == 0
    assert not healths.well((ACCOUNT, MODEL))


def test_a_failure_for_all_accounts_is_believed_when_a_second_meets_it() -> None:
    """One 529 of one account does not stop all of them: one more is asked."""
    healths = Healths()

    assert not healths.is_confirmed(UPSTREAM, "a", 100)
    assert not healths.is_confirmed(UPSTREAM, "a", 101)
    assert healths.is_confirmed(UPSTREAM, "b", 102)


def test_suspicion_does_not_last() -> None:
    """Nor past an answer."""
    healths = Healths()
    healths.is_confirmed(UPSTREAM, "a", 100)
    assert not healths.is_confirmed(UPSTREAM, "b", 100 + SUSPICION_LASTS)

    healths.well((UPSTREAM,))
    assert not healths.is_confirmed(UPSTREAM, "a", 101 + SUSPICION_LASTS)


def test_what_rests_for_all_is_not_doubted_again() -> None:
    """Its test has failed."""
    assert with_rests(UPSTREAM).is_confirmed(UPSTREAM, "a", 100)


def test_it_is_bounded() -> None:
    """Clients may ask for any number of models that nobody has."""
    healths = with_rests(*(("model", "a", str(number)) for number in range(FEW + MOST_EACH + 10)))
    healths.bound(1)

    assert len(healths) == FEW + MOST_EACH
    assert healths.get(("model", "a", "0")) is None


def test_it_is_known_what_somebody_tests() -> None:
    """Others may wait for that."""
    healths = with_rests(ACCOUNT, MODEL)
    healths.claim((ACCOUNT,), A, 110)

    assert list(healths.tested_by((ACCOUNT, MODEL), A)) == [healths.get(ACCOUNT)]
    assert list(healths.tested_by((ACCOUNT, MODEL), B)) == []
    healths.free((ACCOUNT, MODEL), A)
    assert list(healths.tested_by((ACCOUNT, MODEL), A)) == []
