"""Logins by device code: the pace of asking, and every way in which it ends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.device_code import LONGEST_LIFE, DeviceCode, interval_of
from cliproxy.login.flow import Client, LoginKind, LoginSession, NewAccount
from cliproxy.login.pkce import challenge
from cliproxy.login.token_server import Granted
from cliproxy.wire.http import HttpResponse, Steps
from tests.unit.login.steps import NOW, Talk, answer, fields_of, start, talked

OFFERED = {
    "device_code": "dc-secret",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://acme.example/device",
    "verification_uri_complete": "https://acme.example/device?user_code=WDJB-MJHT",
    "expires_in": 600,
    "interval": 3,
}
PENDING = answer({"error": "authorization_pending"}, 400)
GRANTED = answer({"access_token": "at-1", "refresh_token": "rt-1", "expires_in": 3600})


def account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    yield from ()
    return NewAccount(name="acme.json", fields={"access_token": tokens.access_token.reveal(), "at": tokens.at})


FLOW = DeviceCode(
    provider="acme",
    device_url="https://acme.example/code",
    token_url="https://acme.example/token",
    client=Client("ours"),
    account=account,
    scopes=("openid", "models"),
    uses_pkce=True,
    headers=lambda start: (("X-Device", "d-1"),),
)


def begun(offered: dict[str, Any] = OFFERED, flow: DeviceCode = FLOW, **more: Any) -> LoginSession:
    return talked(flow.begin(start(**more)), answer(offered, at=NOW)).result


def finished(*answers: HttpResponse | Exception, session: LoginSession | None = None) -> Talk[NewAccount]:
    return talked(FLOW.finish(session or begun(), {}, now=NOW), *answers)


def test_a_code_is_asked_for_and_shown() -> None:
    talk = talked(FLOW.begin(start(proxy=Secret("http://p:1"))), answer(OFFERED, at=NOW + 2))
    [request], session = talk.asked, talk.result

    assert (request.method, request.url, request.proxy) == ("POST", FLOW.device_url, "http://p:1")
    assert fields_of(request) == {"client_id": "ours", "scope": "openid models", **challenge(session.verifier)}
    assert dict(request.headers)["X-Device"] == "d-1"
    assert len(session.verifier.reveal()) == 43
    assert (session.provider, session.kind, session.state) == ("acme", LoginKind.DEVICE, "")
    assert (session.url, session.user_code) == (OFFERED["verification_uri_complete"], "WDJB-MJHT")
    assert (session.expires_at, session.interval) == (NOW + 602, 3)


def test_some_vendors_want_no_pkce_and_no_scopes() -> None:
    flow = structs.replace(FLOW, uses_pkce=False, scopes=())
    talk = talked(flow.begin(start()), answer(OFFERED))
    end = talked(flow.finish(talk.result, {}, now=NOW), GRANTED)

    assert fields_of(talk.asked[0]) == {"client_id": "ours"}
    assert set(fields_of(end.asked[0])) == {"grant_type", "device_code", "client_id"}


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"verification_uri_complete": ""}, "https://acme.example/device"),
        ({"verification_uri_complete": "javascript:alert(1)"}, "https://acme.example/device"),
        ({"verification_uri_complete": 7}, "https://acme.example/device"),
    ],
)
def test_only_an_address_is_opened_in_a_browser(changes: dict[str, Any], url: str) -> None:
    assert begun({**OFFERED, **changes}).url == url


@pytest.mark.parametrize(
    ("offered", "told"),
    [
        (answer({**OFFERED, "device_code": ""}), "without a token"),
        (answer({**OFFERED, "verification_uri_complete": "", "verification_uri": "file:///x"}), "without a token"),
        (answer({"error": "unauthorized_client"}, 400), "unauthorized_client"),
        (answer(b"<html>", 403), "firewall"),
        (answer(b"<html>", 503), "failed with 503"),
        (ConnectionError("no route"), "no route; check the network"),
    ],
)
def test_a_vendor_that_offers_no_code_is_told(offered: HttpResponse | Exception, told: str) -> None:
    with pytest.raises(LoginError, match=rf"^acme: .*{told}"):
        talked(FLOW.begin(start()), offered)


def test_he_is_asked_for_at_the_vendor_s_pace_until_he_is_done() -> None:
    session = begun(proxy=Secret("http://p:1"))
    talk = finished(PENDING, PENDING, GRANTED, session=session)

    assert talk.pauses == [3, 3, 3]
    assert talk.result.fields["access_token"] == "at-1"
    assert {request.url for request in talk.asked} == {FLOW.token_url}
    assert talk.asked[0].proxy == "http://p:1"
    assert fields_of(talk.asked[0]) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "dc-secret",
        "code_verifier": session.verifier.reveal(),
        "client_id": "ours",
    }


def test_who_asks_too_fast_asks_slower_from_then_on() -> None:
    """RFC 8628 section 3.5: by five seconds, for this and all that follows."""
    slower = answer({"error": "slow_down"}, 400)
    talk = finished(slower, PENDING, slower, answer(b"", 429), GRANTED)

    assert talk.pauses == [3, 8, 8, 13, 18]


def test_lost_answers_and_a_vendor_s_troubles_are_waited_out() -> None:
    """A person is typing meanwhile; one broken connection must not cost him his login."""
    talk = finished(ConnectionError("cut"), answer(b"<html>", 502), PENDING, ConnectionError("cut"), GRANTED)

    assert len(talk.asked) == 5


def test_whatever_its_status_the_words_count() -> None:
    talk = finished(answer({"error": "authorization_pending"}), answer({"error": {"code": "slow_down"}}, 403), GRANTED)

    assert talk.pauses == [3, 3, 8]


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (answer({"error": "access_denied"}, 400), "not allowed on the vendor's page"),
        (answer({"error": "expired_token"}, 400), "not used in time; log in again"),
        (answer({"error": "invalid_grant", "error_description": "dc-secret is used"}, 400), "used before"),
        (answer({"error": "invalid_client"}, 401), r"oauth-clients\.acme"),
        (answer(b"<html>", 403), "firewall"),
        (answer({}), "without a token"),
    ],
)
def test_an_end_is_told_without_secrets(came: HttpResponse, told: str) -> None:
    with pytest.raises(LoginError, match=rf"^acme: .*{told}") as refused:
        finished(PENDING, came)
    assert "dc-secret" not in str(refused.value)


def test_the_clock_ends_it_by_the_pauses_where_nothing_else_tells_the_time() -> None:
    session = begun({**OFFERED, "expires_in": 10, "interval": 4})
    with pytest.raises(LoginError, match="not used in time"):
        finished(PENDING, ConnectionError("cut"), PENDING, session=session)


def test_the_clock_ends_it_by_what_answers_are_stamped_with() -> None:
    """A laptop that slept in between paused for longer than it was told to."""
    with pytest.raises(LoginError, match="not used in time"):
        finished(structs.replace(PENDING, at=NOW + 700))


def test_a_clock_that_goes_back_does_not_make_it_endless() -> None:
    early = structs.replace(PENDING, at=1.0)
    session = begun({**OFFERED, "expires_in": 9})
    with pytest.raises(LoginError, match="not used in time"):
        finished(early, early, early, session=session)


@pytest.mark.parametrize(
    ("said", "seconds"), [(None, 5), (7, 7), ("2", 2), (0, 5), (-3, 5), (0.01, 1), (1e6, 60), ([], 5)]
)
def test_a_pace_that_makes_no_sense_is_not_taken(said: object, seconds: float) -> None:
    assert interval_of(said) == seconds


@pytest.mark.parametrize(("said", "life"), [(None, 900), (60, 60), (1e6, LONGEST_LIFE), ("x", 900)])
def test_no_login_is_open_without_end(said: object, life: float) -> None:
    assert begun({**OFFERED, "expires_in": said}).expires_at == NOW + life


def test_a_cut_while_the_account_is_asked_for_ends_the_login_in_words() -> None:
    def cut(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
        yield from ()
        raise ConnectionError("cut")

    steps = structs.replace(FLOW, account=cut).finish(begun(), {}, now=NOW)
    with pytest.raises(LoginError, match=r"^acme: cut; check the network"):
        talked(steps, GRANTED)


def test_a_session_shows_nothing_that_is_good_for_a_login() -> None:
    session = begun()

    for secret in ("dc-secret", "WDJB", session.verifier.reveal()):
        assert secret not in repr(session)


@given(st.lists(st.binary(min_size=128, max_size=128), min_size=2, max_size=4, unique_by=lambda one: one[32:64]))
def test_logins_at_the_same_time_never_mix(entropies: list[bytes]) -> None:
    sessions = [begun({**OFFERED, "device_code": f"dc-{n}"}, entropy=one) for n, one in enumerate(entropies)]
    asked = [fields_of(finished(GRANTED, session=session).asked[0]) for session in sessions]

    assert [one["device_code"] for one in asked] == [f"dc-{n}" for n in range(len(entropies))]
    assert len({one["code_verifier"] for one in asked}) == len(entropies)
