"""How an account is let in to Cloud Code."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import LoginError
from cliproxy.login.cloud_code import CloudCode, Settled
from cliproxy.login.google import Google
from cliproxy.wire.http import HttpResponse
from tests.unit.login.steps import Talk, answer, talked

CLOUD = CloudCode(ide="IDE_UNSPECIFIED")
GOOGLE = Google("acme", Secret("at-1"))
METADATA = {"ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"}
PAID = {"allowedTiers": [{"id": "free-tier"}, {"id": "standard-tier", "isDefault": True}]}
FREE = {"allowedTiers": [{"id": "free-tier", "isDefault": True}]}
NOT_YET = answer({"done": False})


def done(project: Any = None) -> HttpResponse:
    return answer({"done": True, "response": {} if project is None else {"cloudaicompanionProject": project}})


def settled(*answers: HttpResponse | Exception | str, wanted: str = "") -> Talk[Settled]:
    return talked(CLOUD.settled(GOOGLE, wanted), *answers)


def bodies(talk: Talk[Any]) -> list[Any]:
    return [msgspec.json.decode(request.body) for request in talk.asked]


def test_a_project_of_one_s_own_is_loaded_and_let_in() -> None:
    talk = settled(answer(PAID), NOT_YET, NOT_YET, done({"id": "p-1"}), wanted="p-1")
    onboarding = {"tierId": "standard-tier", "metadata": METADATA, "cloudaicompanionProject": "p-1"}

    assert talk.result == Settled("p-1")
    assert [request.url.rpartition(":")[2] for request in talk.asked] == ["loadCodeAssist", *["onboardUser"] * 3]
    assert bodies(talk) == [{"metadata": METADATA, "cloudaicompanionProject": "p-1"}, *[onboarding] * 3]
    assert talk.pauses == [5.0, 5.0]


def test_who_wants_none_gets_the_one_that_google_has_for_him() -> None:
    talk = settled(answer(PAID | {"cloudaicompanionProject": {"id": "given"}}), done("given"))

    assert talk.result == Settled("given")
    assert bodies(talk)[1]["cloudaicompanionProject"] == "given"


def test_who_has_none_is_given_one_first() -> None:
    talk = settled(answer(FREE), NOT_YET, done("made"), done({"id": "made"}))

    assert talk.result == Settled("made")
    assert bodies(talk)[1] == {"tierId": "free-tier", "metadata": METADATA}
    assert bodies(talk)[3]["cloudaicompanionProject"] == "made"
    assert talk.pauses == [2.0]


def test_an_account_without_a_tier_is_of_the_oldest() -> None:
    assert bodies(settled(answer({}), done("p"), wanted="p"))[1]["tierId"] == "legacy-tier"


@pytest.mark.parametrize(
    ("tiers", "wanted", "project"),
    [
        (FREE, "p-1", "theirs"),
        ({}, "p-1", "theirs"),
        (PAID, "gen-lang-client-7", "theirs"),
        (PAID, "p-1", "p-1"),
    ],
)
def test_free_accounts_work_where_google_puts_them_and_are_told(
    tiers: dict[str, Any], wanted: str, project: str
) -> None:
    result = settled(answer(tiers), done("theirs"), wanted=wanted).result

    assert result.project == project
    assert (wanted in result.note) is (project == "theirs")


def test_no_project_at_all_says_how_to_make_one() -> None:
    with pytest.raises(LoginError, match=r"projectcreate.*log in again"):
        settled(answer(FREE), done())


def test_an_onboarding_without_end_ends_after_a_minute() -> None:
    """The original asks for ever."""
    with pytest.raises(LoginError, match=r"acme: Google is still setting the account up in the project p-1 after 60"):
        settled(answer(PAID), *[NOT_YET] * 12, wanted="p-1")


@pytest.mark.parametrize("said", [answer({"error": {"message": "not eligible"}}, 403), answer(b"<html>", 502)])
def test_a_refusal_is_told_in_google_s_words(said: HttpResponse) -> None:
    with pytest.raises(LoginError, match=r"acme: .*failed with (403 \(not eligible\)|502); log in again"):
        settled(said)
    with pytest.raises(LoginError, match="setting the account up in the project p-1 failed"):
        settled(answer(PAID), said, wanted="p-1")


@pytest.mark.parametrize("odd", [[], 7, {"id": 7}, {}, None])
def test_odd_answers_are_no_project(odd: Any) -> None:
    with pytest.raises(LoginError, match="no project"):
        settled(answer({"allowedTiers": odd, "cloudaicompanionProject": odd}), done(odd))


ACCOUNT = Credential(id="a.json", provider="antigravity", secret=Secret("old"), proxy=Secret("direct"))


def test_a_file_without_a_project_learns_it_with_its_next_token() -> None:
    talk = talked(CLOUD.learned(ACCOUNT, "new"), answer({"cloudaicompanionProject": "p-1"}))

    assert talk.result == {"project_id": "p-1"}
    assert dict(talk.asked[0].headers)["Authorization"] == "Bearer new"
    assert talk.asked[0].proxy == "direct"


def test_a_file_with_one_asks_nothing() -> None:
    with_one = Credential(id="a.json", provider="antigravity", secret=Secret("old"), project="p")
    assert talked(CLOUD.learned(with_one, "new")).result == {}


@pytest.mark.parametrize(
    "answers", [(ConnectionError("gone"),), (answer({}, 500),), (answer({}), done()), (answer({}), *[NOT_YET] * 5)]
)
def test_a_project_that_is_not_found_costs_no_token(answers: tuple[HttpResponse | Exception, ...]) -> None:
    """The new token is paid for. Ten seconds are waited, no more: a request may be waiting for it."""
    assert talked(CLOUD.learned(ACCOUNT, "new"), *answers).result == {}
