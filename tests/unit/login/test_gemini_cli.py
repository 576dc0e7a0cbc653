"""A Gemini CLI account, from the consent to its file."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.document import read_credentials
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client, NewAccount
from cliproxy.providers.gemini_cli import LOGIN
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import NOW, Talk, answer, fields_of, start, talked

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
TOKENS = answer({"access_token": "ya29.a", "refresh_token": "1//r", "expires_in": 3599, "token_type": "Bearer"})
ANN = answer({"email": "ann@acme.example"})
PAID = answer({"allowedTiers": [{"id": "standard-tier", "isDefault": True}]})
FREE = answer({"allowedTiers": [{"id": "free-tier", "isDefault": True}], "cloudaicompanionProject": "theirs"})
ENABLED = answer({"state": "ENABLED"})
REFUSED = answer({"error": {"message": "no rights"}}, 403)


def listing(*projects: str) -> HttpResponse:
    return answer({"projects": [{"projectId": project} for project in projects]})


def done(project: str) -> HttpResponse:
    return answer({"done": True, "response": {"cloudaicompanionProject": {"id": project}}})


def logged_in(said: str, *answers: HttpResponse | str, client: Client | None = None) -> Talk[NewAccount]:
    session = talked(LOGIN.begin(start(options={"project": said}, client=client))).result
    came = {"code": "4/code", "state": session.state}
    return talked(LOGIN.finish(session, came, now=NOW + 5), TOKENS, ANN, *answers)


def projects_in(account: NewAccount) -> list[str]:
    """Return the projects of the credentials that the file is read as."""
    return [one.project for one in read_credentials(f"auths/{account.name}", msgspec.json.encode(account.fields))]


def test_the_page_asks_for_a_lasting_consent_to_the_cloud() -> None:
    session = talked(LOGIN.begin(start())).result
    page = urlsplit(session.url)
    query = {name: value for name, [value] in parse_qs(page.query).items()}

    assert f"{page.scheme}://{page.netloc}{page.path}" == "https://accounts.google.com/o/oauth2/auth"
    assert query["client_id"].startswith("681255809395-")
    assert query["redirect_uri"] == "http://localhost:8085/oauth2callback"
    assert (query["access_type"], query["prompt"], query["response_type"]) == ("offline", "consent", "code")
    assert CLOUD in query["scope"].split()
    assert query["code_challenge_method"] == "S256"
    assert query["state"] == session.state


def test_one_project_makes_the_go_program_s_file() -> None:
    talk = logged_in("p-1", listing("p-1", "p-2"), PAID, done("p-1"), ENABLED)
    exchange = fields_of(talk.asked[0])

    assert talk.asked[0].url == "https://oauth2.googleapis.com/token"
    assert (exchange["code"], exchange["redirect_uri"]) == ("4/code", "http://localhost:8085/oauth2callback")
    assert talk.result.name == "gemini-ann@acme.example-p-1.json"
    assert talk.result.notes == ()
    assert talk.result.fields == {
        "token": {
            "access_token": "ya29.a",
            "token_type": "Bearer",
            "refresh_token": "1//r",
            "expiry": "2027-01-15T09:00:04Z",
            "expires_in": 3599,
            "token_uri": "https://oauth2.googleapis.com/token",
            "client_id": LOGIN.client.id,
            "client_secret": LOGIN.client.secret.reveal(),
            "scopes": list(LOGIN.scopes),
            "universe_domain": "googleapis.com",
        },
        "project_id": "p-1",
        "email": "ann@acme.example",
        "auto": False,
        "checked": True,
        "type": "gemini",
    }
    [credential] = read_credentials(f"auths/{talk.result.name}", msgspec.json.encode(talk.result.fields))
    assert (credential.provider, credential.project, credential.label) == ("gemini-cli", "p-1", "ann@acme.example")
    assert (credential.secret, credential.refresh_token) == (Secret("ya29.a"), Secret("1//r"))
    assert credential.expires_at == NOW + 5 + 3599


def test_the_operator_s_own_client_goes_into_the_file() -> None:
    """Only the client that a token was given to can renew it."""
    own = Client("own", Secret("shh"))
    fields: Any = logged_in("p-1", listing("p-1"), PAID, done("p-1"), ENABLED, client=own).result.fields

    assert (fields["token"]["client_id"], fields["token"]["client_secret"]) == ("own", "shh")


def test_who_names_none_chooses() -> None:
    talk = logged_in("", listing("p-1", "p-2"), "2", PAID, done("p-2"), ENABLED)

    assert talk.result.name == "gemini-ann@acme.example-p-2.json"
    assert talk.questions[0].default == "p-1"


def test_several_projects_share_a_file() -> None:
    answers = [listing("p-1", "p-2", "p-3"), PAID, done("p-3"), ENABLED, PAID, done("p-1"), ENABLED]
    account = logged_in("p-3,1", *answers).result

    assert account.name == "gemini-ann@acme.example-all.json"
    assert account.fields["project_id"] == "p-3,p-1"
    assert projects_in(account) == ["p-3", "p-1"]


@pytest.mark.parametrize("said", ["ALL", "1,2,3"])
def test_of_several_projects_those_that_work_are_taken(said: str) -> None:
    """The others are named, with the reason."""
    answers = [listing("p-1", "p-2", "p-3"), PAID, done("p-1"), ENABLED, REFUSED, PAID, done("p-3"), REFUSED, REFUSED]
    account = logged_in(said, *answers).result

    assert projects_in(account) == ["p-1"]
    assert [note.partition(":")[0] for note in account.notes] == [
        "the project p-2 is left out",
        "the project p-3 is left out",
    ]


def test_where_none_of_all_works_the_login_fails() -> None:
    with pytest.raises(LoginError, match="no rights"):
        logged_in("ALL", listing("p-1", "p-2"), REFUSED, REFUSED)


@pytest.mark.parametrize("said", ["p-1", "ALL"])
def test_the_only_one_wanted_must_work(said: str) -> None:
    with pytest.raises(LoginError, match="no rights"):
        logged_in(said, listing("p-1"), PAID, done("p-1"), REFUSED, REFUSED)


def test_a_free_account_works_in_google_s_project_and_is_told() -> None:
    account = logged_in("p-1", listing("p-1"), FREE, done("theirs"), ENABLED).result

    assert account.name == "gemini-ann@acme.example-theirs.json"
    assert projects_in(account) == ["theirs"]
    assert "not in p-1" in account.notes[0]


def test_all_projects_of_a_free_account_are_one() -> None:
    account = logged_in("ALL", listing("p-1", "p-2"), FREE, done("theirs"), ENABLED, FREE, done("theirs")).result

    assert account.name == "gemini-ann@acme.example-theirs.json"
    assert projects_in(account) == ["theirs"]


@pytest.mark.parametrize(("said", "before"), [("GOOGLE_ONE", []), ("", [listing()]), ("", [REFUSED])])
def test_who_wants_none_or_has_none_gets_google_s(said: str, before: list[HttpResponse]) -> None:
    account = logged_in(said, *before, FREE, done("theirs"), ENABLED).result

    assert projects_in(account) == ["theirs"]
    assert (account.fields["auto"], account.fields["checked"]) == (True, True)
    assert "assigned the project theirs" in account.notes[0]


@pytest.mark.parametrize(("said", "before"), [("GOOGLE_ONE", []), ("p-1", [listing("p-1")])])
def test_google_s_own_project_may_not_be_asked_about(said: str, before: list[HttpResponse]) -> None:
    account = logged_in(said, *before, FREE, done("theirs"), REFUSED, REFUSED).result

    assert account.fields["checked"] is False
    assert "no rights" in account.notes[1]


def test_a_project_is_taken_at_its_word_where_none_can_be_listed() -> None:
    """The right to list is another than the right to use."""
    assert projects_in(logged_in("p-1", REFUSED, PAID, done("p-1"), ENABLED).result) == ["p-1"]
    with pytest.raises(LoginError, match="asking for the account's projects failed"):
        logged_in("all", REFUSED)
