"""An Antigravity account, from the consent to its file."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client, LoginSession, NewAccount
from cliproxy.providers.antigravity import LOGIN
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import NOW, Talk, answer, fields_of, start, talked

OURS = Client("1071006060591-x", Secret("shh"))
TOKENS = answer({"access_token": "ya29.a", "refresh_token": "1//r", "expires_in": 3599}, at=NOW + 7)
ANN = answer({"email": "ann@acme.example"})


def begun() -> LoginSession:
    return talked(LOGIN.begin(start(client=OURS))).result


def logged_in(*answers: HttpResponse | Exception) -> Talk[NewAccount]:
    session = begun()
    return talked(LOGIN.finish(session, {"code": "c", "state": session.state}, now=NOW), TOKENS, *answers)


def test_the_page_asks_for_what_the_sheet_lists() -> None:
    page = urlsplit(begun().url)
    query = {name: value for name, [value] in parse_qs(page.query).items()}

    assert f"{page.scheme}://{page.netloc}{page.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert query["redirect_uri"] == "http://localhost:51121/oauth-callback"
    assert [scope.rpartition("/")[2] for scope in query["scope"].split()] == [
        "cloud-platform",
        "userinfo.email",
        "userinfo.profile",
        "cclog",
        "experimentsandconfigs",
    ]


def test_a_missing_client_secret_is_named_before_anybody_consents() -> None:
    with pytest.raises(LoginError, match=r"oauth-clients\.antigravity\.client-secret"):
        talked(LOGIN.begin(start()))


def test_the_file_is_the_go_program_s() -> None:
    talk = logged_in(ANN, answer({"cloudaicompanionProject": {"id": "p-1"}}))
    asked = msgspec.json.decode(talk.asked[2].body)

    assert fields_of(talk.asked[0])["client_secret"] == "shh"
    assert asked["metadata"]["ideType"] == "ANTIGRAVITY"
    assert talk.result.name == "antigravity-ann@acme.example.json"
    assert talk.result.notes == ()
    assert talk.result.fields == {
        "type": "antigravity",
        "access_token": "ya29.a",
        "refresh_token": "1//r",
        "expires_in": 3599,
        "timestamp": (NOW + 7) * 1000,
        "expired": "2027-01-15T09:00:06Z",
        "email": "ann@acme.example",
        "project_id": "p-1",
        "disabled": False,
    }
    [credential] = read_credentials(f"auths/{talk.result.name}", msgspec.json.encode(talk.result.fields))
    assert (credential.project, credential.expires_at) == ("p-1", NOW + 7 + 3599)


@pytest.mark.parametrize(
    "answers",
    [
        (ConnectionError("gone"),),
        (answer({"error": {"message": "not eligible"}}, 403),),
        (answer({}), *[answer({"done": False})] * 5),
    ],
)
def test_without_a_project_the_login_stands(answers: tuple[HttpResponse | Exception, ...]) -> None:
    """It is looked up after the next refresh; until then the person knows why."""
    account = logged_in(ANN, *answers).result

    assert "project_id" not in account.fields
    assert len(account.notes) == 2
    assert "next refresh" in account.notes[1]


def test_without_an_address_it_does_not() -> None:
    with pytest.raises(LoginError, match="whose account"):
        logged_in(answer({}))
