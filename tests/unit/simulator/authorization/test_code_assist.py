"""Google's Code Assist: what an account may have, and taking it up."""

from __future__ import annotations

from typing import Any

import pytest

from cliproxy.simulator.authorization.google import CLOUD
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.people import Person
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import Reply, post

METADATA = {"ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"}


def asker(internet: Internet) -> Any:
    issued = internet.tokens["google"].log_in("ann@example.com", client_id="c", scope=CLOUD)

    def ask(method: str, **body: Any) -> Reply:
        url = f"https://cloudcode-pa.googleapis.com/v1internal:{method}"
        return post(internet, url, {"metadata": METADATA, **body}, {"authorization": f"Bearer {issued.access_token}"})

    return ask


@pytest.mark.parametrize(
    ("person", "asked_for", "given"),
    [
        (Person("ann@example.com"), None, "project-1"),
        (Person("ann@example.com", projects=("a", "b")), "b", "b"),
        (Person("ann@example.com", assigned_project="gen-lang-client-9"), "project-1", "gen-lang-client-9"),
        (Person("ann@example.com", projects=()), None, "gen-lang-client-1"),
    ],
)
def test_onboarding_gives_a_project(person: Person, asked_for: str | None, given: str) -> None:
    internet = Internet(HandClock(), (person,), onboarding_polls=1)
    ask = asker(internet)
    before = ask("loadCodeAssist").json
    more = {"tierId": "free-tier", **({"cloudaicompanionProject": asked_for} if asked_for else {})}

    assert "cloudaicompanionProject" not in before
    assert [tier["id"] for tier in before["allowedTiers"] if tier["isDefault"]] == ["free-tier"]
    assert ask("onboardUser", **more).json["done"] is False
    done = ask("onboardUser", **more).json
    assert (done["done"], done["response"]["cloudaicompanionProject"]["id"]) == (True, given)
    after = ask("loadCodeAssist").json
    assert after["currentTier"]["id"] == "free-tier"
    assert given in internet.people["ann@example.com"].projects


def test_a_paid_tier_is_the_default_of_who_has_it() -> None:
    internet = Internet(HandClock(), (Person("ann@example.com", tier="standard-tier", is_onboarded=True),))
    loaded = asker(internet)("loadCodeAssist").json

    assert loaded["currentTier"]["id"] == "standard-tier"
    assert [tier["id"] for tier in loaded["allowedTiers"] if tier["isDefault"]] == ["standard-tier"]
    assert loaded["cloudaicompanionProject"] == "project-1"


def test_a_wrong_request_is_refused() -> None:
    ask = asker(Internet(HandClock()))

    assert ask("onboardUser", tierId="gold").json["error"]["status"] == "INVALID_ARGUMENT"
    assert ask("onboardUser", tierId="free-tier", metadata={}).status == 400
    assert ask("loadCodeAssist", cloudaicompanionProject="other").status == 403
