"""Which projects somebody has, which he wants, and whether they can be used."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.cloud_projects import MOST_PAGES, check_service, chosen, projects_of
from cliproxy.login.google import Google
from cliproxy.testing.transport import SimulatedTransport
from cliproxy.transport.steps import drive
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import Talk, answer, talked

GOOGLE = Google("acme", Secret("at-1"))
MINE = ("alpha", "beta", "42")


def choosing(said: str, *answers: str, projects: tuple[str, ...] = MINE) -> Talk[tuple[str, ...]]:
    return talked(chosen(GOOGLE, projects, said), *answers)


def test_projects_are_listed_page_by_page_each_once() -> None:
    first = answer({"projects": [{"projectId": "alpha"}, {"projectId": "beta"}], "nextPageToken": "a b"})
    gone = {"projectId": "gone", "lifecycleState": "DELETE_REQUESTED"}
    second = answer({"projects": [gone, {"projectId": "beta"}, {"projectId": "42", "lifecycleState": "ACTIVE"}]})
    talk = talked(projects_of(GOOGLE), first, second)

    assert talk.result == MINE
    assert [request.url for request in talk.asked] == [
        "https://cloudresourcemanager.googleapis.com/v1/projects",
        "https://cloudresourcemanager.googleapis.com/v1/projects?pageToken=a+b",
    ]


def test_a_list_without_end_ends() -> None:
    assert talked(projects_of(GOOGLE), *[answer({"nextPageToken": "more"})] * MOST_PAGES).result == ()


@pytest.mark.parametrize("body", [{}, {"projects": 7}, {"projects": [7, {"projectId": 7}, {}]}])
def test_an_odd_list_is_empty(body: Any) -> None:
    assert talked(projects_of(GOOGLE), answer(body)).result == ()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("alpha", ("alpha",)),
        ("2", ("beta",)),
        ("42", ("42",)),
        (" beta , 1,beta", ("beta", "alpha")),
        ("all", MINE),
        ("ALL", MINE),
        ("google_one", ()),
    ],
)
def test_an_id_a_number_several_and_all_are_understood(said: str, wanted: tuple[str, ...]) -> None:
    """In the command as in the answer."""
    assert choosing(said).result == wanted
    assert choosing("", said).result == wanted


def test_who_says_nothing_is_asked_and_the_first_is_the_default() -> None:
    talk = choosing("", "")

    assert talk.result == ("alpha",)
    assert talk.questions[0].choices == (*MINE, "ALL", "GOOGLE_ONE")
    assert talk.questions[0].default == "alpha"


def test_who_has_no_project_is_not_asked() -> None:
    assert choosing("", projects=()).result == ()


def test_a_slip_is_asked_again() -> None:
    talk = choosing("", "9", "beta")

    assert talk.result == ("beta",)
    assert "There is no project 9" in talk.questions[1].question


def test_a_project_he_has_not_is_asked_for_anew() -> None:
    """Nobody there, as behind a page: it ends, and what there is is named."""
    assert choosing("gamma", "alpha").result == ("alpha",)
    with pytest.raises(LoginError, match="it has alpha, beta, 42; log in again and name one"):
        choosing("gamma", "", "", "")


@pytest.mark.parametrize(("said", "projects"), [("alpha,gamma", MINE), ("ALL", ())])
def test_what_cannot_be_meant_otherwise_ends_at_once(said: str, projects: tuple[str, ...]) -> None:
    with pytest.raises(LoginError, match="acme: the account has no such project"):
        choosing(said, projects=projects)


@given(said=st.text(min_size=1).filter(lambda text: text.strip()))
def test_no_words_break_it(said: str) -> None:
    """With nobody there to be asked again."""
    try:
        wanted = asyncio.run(drive(chosen(GOOGLE, MINE, said), SimulatedTransport({}), asyncio.sleep))
    except LoginError:
        return
    assert set(wanted) <= set(MINE)


def test_a_service_that_is_on_is_left_alone() -> None:
    talk = talked(check_service(GOOGLE, "a/b"), answer({"state": "ENABLED"}))
    assert talk.asked[0].url == (
        "https://serviceusage.googleapis.com/v1/projects/a%2Fb/services/cloudaicompanion.googleapis.com"
    )


@pytest.mark.parametrize(
    "said",
    [answer({}), answer({}, 201), answer({"error": {"message": "Service was already enabled."}}, 400)],
)
def test_one_that_is_off_is_switched_on(said: HttpResponse) -> None:
    talk = talked(check_service(GOOGLE, "p"), answer({"state": "DISABLED"}), said)
    assert (talk.asked[1].method, talk.asked[1].url[-7:], talk.asked[1].body) == ("POST", ":enable", b"{}")


@pytest.mark.parametrize("status", [400, 403, 500])
def test_one_that_cannot_be_is_named_with_the_page_where_it_can(status: int) -> None:
    refused = answer({"error": {"message": "no rights"}}, status)
    with pytest.raises(LoginError, match=rf"project p: {status} \(no rights\).*https://console.cloud.google.com/.*=p"):
        talked(check_service(GOOGLE, "p"), answer({}, 403), refused)
