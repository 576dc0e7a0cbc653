"""Projects in Google's cloud, and their services."""

from __future__ import annotations

import pytest

from cliproxy.simulator.authorization.google import CLOUD
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.people import Person
from cliproxy.testing.clock import HandClock
from tests.unit.simulator.authorization.visiting import get, post

LIST = "https://cloudresourcemanager.googleapis.com/v1/projects"
SERVICE = "https://serviceusage.googleapis.com/v1/projects/{}/services/cloudaicompanion.googleapis.com"


@pytest.fixture
def internet() -> Internet:
    people = Person("ann@example.com", projects=("one", "two")), Person("ben@example.com", projects=())
    return Internet(HandClock(), people)


def bearer(internet: Internet, email: str = "ann@example.com") -> dict[str, str]:
    issued = internet.tokens["google"].log_in(email, client_id="c", scope=CLOUD)
    return {"authorization": f"Bearer {issued.access_token}"}


def test_a_person_sees_his_projects(internet: Internet) -> None:
    listed = get(internet, LIST, headers=bearer(internet)).json

    assert [project["projectId"] for project in listed["projects"]] == ["one", "two"]
    assert get(internet, LIST, headers=bearer(internet, "ben@example.com")).json == {}
    assert get(internet, LIST).status == 401


def test_a_service_is_switched_on_once(internet: Internet) -> None:
    token, service = bearer(internet), SERVICE.format("one")

    assert get(internet, service, headers=token).json["state"] == "DISABLED"
    assert post(internet, service + ":enable", {}, token).status == 200
    assert get(internet, service, headers=token).json["state"] == "ENABLED"
    again = post(internet, service + ":enable", {}, token)
    assert again.status == 400
    assert "already enabled" in again.json["error"]["message"]
    assert get(internet, SERVICE.format("two"), headers=token).json["state"] == "DISABLED"


def test_a_project_of_somebody_else_is_closed(internet: Internet) -> None:
    assert get(internet, SERVICE.format("three"), headers=bearer(internet)).status == 403
    assert get(internet, "https://serviceusage.googleapis.com/v1/x", headers=bearer(internet)).status == 404
    assert post(internet, LIST, {}, bearer(internet)).status == 404
