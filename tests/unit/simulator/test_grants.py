"""The books of an authorization server: what is good, once, for whom and how long."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cliproxy.simulator.grants import CODE_LIFETIME, DEVICE_LIFETIME, Allowed, Grants, OAuthError, challenge_of
from cliproxy.testing.clock import HandClock

VERIFIER = "v" * 43
EMAIL = "ann@example.com"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def grants(clock: HandClock) -> Grants:
    return Grants(clock, lifetime=60, access="at-", refresh="rt-")


def refused(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(OAuthError) as caught:
        act()
    return caught.value.code, caught.value.because


def allowed(grants: Grants) -> str:
    return grants.code_for(Allowed(EMAIL, "c", "http://back", "scope", challenge_of(VERIFIER), "state"))


def redeem(grants: Grants, code: str, **changes: str) -> object:
    wanted = {"client_id": "c", "redirect_uri": "http://back", "verifier": VERIFIER, "state": "state", **changes}
    return grants.redeem(code, **wanted)


def test_a_code_gives_tokens_once_and_its_second_use_ends_them(grants: Grants) -> None:
    code = allowed(grants)
    issued = grants.redeem(code, client_id="c", redirect_uri="http://back", verifier=VERIFIER)

    assert grants.owner_of(issued.access_token) == EMAIL
    assert issued.access_token.startswith("at-")
    assert refused(lambda: redeem(grants, code)) == ("invalid_grant", "used")
    assert grants.owner_of(issued.access_token) == ""
    assert refused(lambda: grants.refresh(issued.refresh_token, client_id="c")) == ("invalid_grant", "revoked")


@pytest.mark.parametrize("change", ["client_id", "redirect_uri", "verifier", "state"])
def test_a_code_is_bound_to_what_it_was_asked_for_with(grants: Grants, change: str) -> None:
    code = allowed(grants)

    assert refused(lambda: redeem(grants, code, **{change: "x" * 43}))[0] == "invalid_grant"
    assert redeem(grants, code)


def test_a_short_verifier_is_no_verifier(grants: Grants) -> None:
    code = grants.code_for(Allowed(EMAIL, "c", "http://back", challenge=challenge_of("short")))

    assert refused(lambda: redeem(grants, code, verifier="short", state="")) == ("invalid_grant", "verifier")


def test_a_code_lasts_minutes(grants: Grants, clock: HandClock) -> None:
    code = allowed(grants)
    clock.advance(CODE_LIFETIME)

    assert refused(lambda: redeem(grants, code)) == ("invalid_grant", "expired")


def test_access_tokens_end_by_the_clock(grants: Grants, clock: HandClock) -> None:
    issued = grants.log_in(EMAIL, client_id="c")
    clock.advance(59)
    assert grants.owner_of(issued.access_token) == EMAIL
    clock.advance(1)
    assert grants.owner_of(issued.access_token) == ""


def test_a_refresh_token_is_spent_by_its_use_and_a_second_use_ends_the_family(grants: Grants) -> None:
    first = grants.log_in(EMAIL, client_id="c")
    second = grants.refresh(first.refresh_token, client_id="c")

    assert grants.owner_of(first.access_token) == grants.owner_of(second.access_token) == EMAIL
    assert refused(lambda: grants.refresh(first.refresh_token, client_id="c")) == ("invalid_grant", "used")
    assert refused(lambda: grants.refresh(second.refresh_token, client_id="c")) == ("invalid_grant", "revoked")
    assert grants.owner_of(second.access_token) == ""
    assert grants.presented[first.refresh_token] == 2
    assert grants.exchanged[first.refresh_token] == 1


def test_a_family_does_not_drag_another_down(grants: Grants) -> None:
    ann, ben = grants.log_in(EMAIL, client_id="c"), grants.log_in("ben@example.com", client_id="c")
    grants.revoke(EMAIL)

    assert grants.owner_of(ann.access_token) == ""
    assert grants.owner_of(ben.access_token) == "ben@example.com"
    assert grants.refresh(ben.refresh_token, client_id="c").email == "ben@example.com"
    assert grants.owner_of(grants.log_in(EMAIL, client_id="c").access_token) == EMAIL


def test_some_vendors_do_not_rotate(clock: HandClock) -> None:
    grants = Grants(clock, rotates=False)
    issued = grants.log_in(EMAIL, client_id="c")

    assert grants.refresh(issued.refresh_token, client_id="c").refresh_token == issued.refresh_token
    assert grants.exchanged[issued.refresh_token] == 1
    assert refused(lambda: grants.refresh(issued.refresh_token, client_id="d")) == ("invalid_grant", "unknown")


def test_expiry_leaves_the_refresh_token_good(grants: Grants) -> None:
    issued = grants.log_in(EMAIL, client_id="c")
    grants.expire(EMAIL)

    assert grants.owner_of(issued.access_token) == ""
    assert grants.owner_of(grants.refresh(issued.refresh_token, client_id="c").access_token) == EMAIL


def test_a_device_waits_slows_down_and_is_allowed(grants: Grants, clock: HandClock) -> None:
    """Each `slow_down` makes the interval longer by five seconds."""
    device = grants.device_for("c", challenge=challenge_of(VERIFIER))

    def poll(verifier: str = VERIFIER) -> object:
        return grants.poll(device.device_code, client_id="c", verifier=verifier)

    assert refused(poll)[0] == "authorization_pending"
    clock.advance(4)
    assert refused(poll)[0] == "slow_down"
    clock.advance(9)
    assert refused(poll)[0] == "slow_down"
    clock.advance(15)
    assert refused(poll)[0] == "authorization_pending"
    assert grants.decide(device.user_code.lower(), EMAIL)
    assert not grants.decide(device.user_code, EMAIL)
    clock.advance(15)
    assert refused(lambda: poll("x" * 43)) == ("invalid_grant", "verifier")
    clock.advance(15)
    assert poll()
    assert refused(poll) == ("invalid_grant", "unknown")


def test_a_device_may_be_refused_or_forgotten(grants: Grants, clock: HandClock) -> None:
    denied, late = grants.device_for("c"), grants.device_for("c")
    assert denied.user_code != late.user_code
    assert grants.decide(denied.user_code, EMAIL, allow=False)
    assert refused(lambda: grants.poll(denied.device_code, client_id="c"))[0] == "access_denied"
    clock.advance(DEVICE_LIFETIME)

    assert refused(lambda: grants.poll(late.device_code, client_id="c"))[0] == "expired_token"
    assert not grants.decide(late.user_code, EMAIL)
    assert refused(lambda: grants.poll(late.device_code, client_id="d"))[0] == "invalid_grant"


def test_what_is_shown_tells_whose_it_is(grants: Grants) -> None:
    code, issued = allowed(grants), grants.log_in(EMAIL, client_id="c")

    assert grants.holder_of(code) == grants.holder_of(issued.refresh_token) == EMAIL
    assert grants.holder_of("nothing") == ""
