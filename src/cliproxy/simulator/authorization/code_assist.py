"""
Google's Code Assist as an account meets it: what it may have, and taking it up.

Taking up a tier is an operation that is asked for again until it is done. Whoever has no project there is given one;
who is on the free tier may be given another one than he asked for (`Person.assigned_project`).

Source: the provider sheets `gemini-cli` and `antigravity`, section a; `quota` §1.6.
"""

from typing import Any

import msgspec

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.projects import ApiError
from cliproxy.simulator.authorization.words import told
from cliproxy.simulator.people import Person

FREE, STANDARD = "free-tier", "standard-tier"
GIVEN = "gen-lang-client-1"  # the project of who has none


class _Metadata(msgspec.Struct):
    ideType: str  # noqa: N815 - the vendor's name
    platform: str
    pluginType: str  # noqa: N815 - the vendor's name


class _Asked(msgspec.Struct):
    metadata: _Metadata
    cloudaicompanionProject: str | None = None  # noqa: N815 - the vendor's name
    tierId: str = ""  # noqa: N815 - the vendor's name


class CodeAssist:
    """
    The account calls of cloudcode-pa.googleapis.com.

    Args:
        people: Who has an account, by e-mail; whoever is onboarded is replaced there.
        polls: How often onboarding answers that it is not done.
    """

    def __init__(self, people: dict[str, Person], polls: int = 0) -> None:
        self.polls = polls
        self._people = people
        self._asked: dict[str, int] = {}  # how often each person asked to be onboarded

    def answer(self, request: Request, person: Person) -> Answer:
        """Return the answer to a request with a person's token."""
        asked = _read(request)
        project = asked.cloudaicompanionProject
        if project is not None and project not in person.projects:
            raise ApiError(403, "PERMISSION_DENIED", f"Permission denied on resource project {project}.")
        if request.path.endswith(":loadCodeAssist"):
            return told(_loaded(person))
        if asked.tierId not in (FREE, STANDARD, "legacy-tier", person.tier):
            raise ApiError(400, "INVALID_ARGUMENT", f"Unknown tier {asked.tierId!r}.")
        return self._onboard(person, project)

    def _onboard(self, person: Person, asked_for: str | None) -> Answer:
        count = self._asked.get(person.email, 0)
        self._asked[person.email] = count + 1
        operation: dict[str, Any] = {"name": f"operations/onboard-{person.email}", "done": count >= self.polls}
        if count < self.polls:
            return told(operation)
        project = person.assigned_project or asked_for or next(iter(person.projects), GIVEN)
        projects = person.projects if project in person.projects else (*person.projects, project)
        self._people[person.email] = msgspec.structs.replace(person, is_onboarded=True, projects=projects)
        kind = "type.googleapis.com/google.internal.cloud.code.v1internal.OnboardUserResponse"
        given = {"id": project, "name": project, "projectNumber": "1000"}
        return told({**operation, "response": {"@type": kind, "cloudaicompanionProject": given}})


def _read(request: Request) -> _Asked:
    try:
        return msgspec.json.decode(request.body, type=_Asked)
    except msgspec.MsgspecError as error:
        raise ApiError(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {error}") from error


def _loaded(person: Person) -> dict[str, Any]:
    tiers = dict.fromkeys((FREE, STANDARD, person.tier))
    allowed = [_tier(name, is_default=name == person.tier) for name in tiers]
    loaded: dict[str, Any] = {"allowedTiers": allowed, "ineligibleTiers": [], "gcpManaged": False}
    if person.is_onboarded:
        loaded["currentTier"] = _tier(person.tier, is_default=True)
        loaded["cloudaicompanionProject"] = person.assigned_project or next(iter(person.projects), GIVEN)
    return loaded


def _tier(name: str, *, is_default: bool) -> dict[str, Any]:
    return {
        "id": name,
        "name": "Gemini Code Assist",
        "description": "",
        "isDefault": is_default,
        "userDefinedCloudaicompanionProject": name != FREE,
    }
