"""When tokens are due: early enough, spread out, and not over and over."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.freshness import due_at, has_run_out, means_of

HOUR = 3600.0
ACCOUNT = Credential(
    id="a.json",
    provider="claude",
    secret=Secret("at"),
    refresh_token=Secret("rt"),
    refreshed_at=1000.0,
    expires_at=1000.0 + 8 * HOUR,
)


def due(lead: float = HOUR, spread: float = 0.0, **changed: Any) -> float | None:
    return due_at(structs.replace(ACCOUNT, **changed), lead=lead, spread=spread)


def test_a_token_is_due_a_lead_before_its_end() -> None:
    assert due() == 1000 + 7 * HOUR


def test_accounts_that_run_out_together_are_spread_over_half_of_the_lead() -> None:
    """The other half is left for failures."""
    assert due(spread=1.0) == 1000 + 7.5 * HOUR
    assert due(spread=0.5) == 1000 + 7.25 * HOUR


def test_a_lead_longer_than_a_life_does_not_make_a_token_due_as_soon_as_it_came() -> None:
    """Else it would be exchanged at every look."""
    assert due(lead=5 * 24 * HOUR) == 1000 + 4 * HOUR
    assert due(refresh_every=24 * HOUR) == 1000 + 4 * HOUR


def test_a_token_of_unknown_end_is_due_by_its_age() -> None:
    assert due(expires_at=None) == 1000 + HOUR
    assert due(expires_at=None, refreshed_at=None) == 0


def test_a_token_of_unknown_age_is_due_by_its_end() -> None:
    assert due(refreshed_at=None) == 1000 + 7 * HOUR


def test_the_operator_s_interval_holds_for_end_and_age() -> None:
    """It goes before the lead; what was never refreshed is due now."""
    assert due(refresh_every=2 * HOUR) == 1000 + 2 * HOUR
    assert due(refresh_every=2 * HOUR, expires_at=None) == 1000 + 2 * HOUR
    assert due(refresh_every=2 * HOUR, refreshed_at=None) == 0
    assert due(refresh_every=0.1) == 1000 + 60


def test_an_account_that_the_operator_has_switched_off_is_never_due() -> None:
    assert due(disabled=True) is None


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ({"refresh_token": Secret("rt-2")}, True),
        ({"details": {"cookie": "another"}}, True),
        ({"details": {"cookie": "one", "service_account": {"private_key_id": "k"}}}, True),
        ({"details": {"cookie": "one", "note": "ours"}, "secret": Secret("at-2"), "priority": 1}, False),
    ],
)
def test_what_a_token_is_got_with_is_told_apart(changed: dict[str, Any], is_other: bool) -> None:
    """Somebody who logs in again is given a new chance; somebody who writes a note is not."""
    before = structs.replace(ACCOUNT, details={"cookie": "one"})

    assert (means_of(structs.replace(before, **changed)) != means_of(before)) is is_other


def test_a_key_that_a_cookie_bought_belongs_to_the_login() -> None:
    """By the same cookie one logs in again, and gets another key; beside a refresh token it is only a new token."""
    by_cookie = structs.replace(ACCOUNT, refresh_token=Secret(""), details={"cookie": "one"})
    other = Secret("another")

    assert means_of(structs.replace(by_cookie, secret=other)) != means_of(by_cookie)
    assert means_of(structs.replace(ACCOUNT, secret=other)) == means_of(ACCOUNT)


def test_a_token_has_run_out_when_a_request_would_come_too_late() -> None:
    end = ACCOUNT.expires_at or 0

    assert not has_run_out(ACCOUNT, now=end - 11)
    assert has_run_out(ACCOUNT, now=end - 10)
    assert has_run_out(structs.replace(ACCOUNT, secret=Secret("")), now=0)
    assert not has_run_out(structs.replace(ACCOUNT, expires_at=None), now=1e12)
