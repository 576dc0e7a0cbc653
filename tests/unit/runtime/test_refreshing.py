"""One account's refreshes: planning, backing off, and not asking in vain."""

from __future__ import annotations

import pytest
from msgspec import structs

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import RefreshFailed, Revoked
from cliproxy.runtime.refreshing import FIRST_BACK_OFF, JUST_NOW, LONGEST_BACK_OFF, SHORTEST_BACK_OFF, Refreshing

NOW = 1_800_000_000.0
ACCOUNT = Credential(
    id="a.json",
    provider="acme",
    secret=Secret("at-1"),
    refresh_token=Secret("rt-1"),
    refreshed_at=NOW - 1800,
    expires_at=NOW + 1800,
)
FAILURE = Failure(FailureKind.UNREACHABLE, 0, "no route", scope="account")


def planned() -> Refreshing:
    account = Refreshing("auths/a.json")
    account.plan(ACCOUNT, lead=600, spread=0)
    return account


def is_planned(account: Refreshing) -> bool:
    return account.state.next_at is not None


def test_failures_back_off_further_each_time_up_to_an_hour() -> None:
    account = planned()
    pauses = []
    for _ in range(6):
        account.failed(RefreshFailed(FAILURE), now=NOW, spread=0)
        assert account.due is not None
        pauses.append(account.due - NOW)

    assert pauses == [FIRST_BACK_OFF, 600, 1200, 2400, LONGEST_BACK_OFF, LONGEST_BACK_OFF]
    account.plan(ACCOUNT, lead=600, spread=0)
    assert account.due == NOW + LONGEST_BACK_OFF, "a reload that changes no token is no reason to try sooner"
    account.renewed(now=NOW)
    account.plan(ACCOUNT, lead=600, spread=0)
    assert account.due == NOW + 1200


def test_who_waits_may_ask_sooner_but_not_at_once() -> None:
    """Fifty clients whose account's token has run out must not ask a broken server fifty times a second."""
    account = planned()
    account.failed(RefreshFailed(FAILURE), now=NOW, spread=0)

    with pytest.raises(RefreshFailed, match="no route") as failed:
        account.check_sense(ACCOUNT, now=NOW + 10)
    assert failed.value.failure.retry_after == SHORTEST_BACK_OFF - 10
    account.check_sense(ACCOUNT, now=NOW + SHORTEST_BACK_OFF)
    account.check_sense(ACCOUNT, now=NOW - 7200)  # the clock was set back: nobody waits for two hours


def test_a_token_that_is_refused_right_after_it_came_is_not_the_trouble() -> None:
    account = planned()
    account.renewed(now=NOW)

    with pytest.raises(RefreshFailed, match="just now"):
        account.check_sense(ACCOUNT, now=NOW + 1)
    account.check_sense(ACCOUNT, now=NOW + JUST_NOW)
    account.check_sense(structs.replace(ACCOUNT, expires_at=NOW), now=NOW + 1)


def test_a_revoked_account_rests_until_there_is_another_refresh_token() -> None:
    account = planned()
    account.failed(Revoked(FAILURE), now=NOW, spread=0)
    account.plan(ACCOUNT, lead=600, spread=0)
    assert not is_planned(account)
    with pytest.raises(Revoked):
        account.check_sense(ACCOUNT, now=NOW + 1e6)

    account.plan(structs.replace(ACCOUNT, secret=Secret("at-2")), lead=600, spread=0)
    assert not is_planned(account)
    account.plan(structs.replace(ACCOUNT, refresh_token=Secret("rt-2")), lead=600, spread=0)
    assert account.state.next_at == NOW + 1200
    assert account.state.failure is None


def test_new_tokens_from_elsewhere_end_a_back_off() -> None:
    account = planned()
    account.failed(RefreshFailed(FAILURE), now=NOW, spread=0)
    anew = structs.replace(ACCOUNT, secret=Secret("at-2"), expires_at=NOW + 3600, refreshed_at=NOW)
    account.plan(anew, lead=600, spread=0)

    assert account.due == NOW + 3000
    assert account.knows(anew)
    assert not account.knows(ACCOUNT)
