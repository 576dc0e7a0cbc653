"""
In which of somebody's cloud projects an account is to work: what there is, what he says, and whether it can be used.

He says nothing, an id, a number of the list, several of them with commas, `ALL`, or `GOOGLE_ONE` for the project that
Google assigns.

Source: `reference` sheets `providers/gemini-cli` section a, `cli` section 7.1; states of projects:
https://cloud.google.com/resource-manager/reference/rest/v1/projects (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from cliproxy.errors import LoginError
from cliproxy.login.google import Google
from cliproxy.login.token_server import Answer, object_in, plain, words
from cliproxy.wire.http import Ask, Steps, told

PROJECTS = "https://cloudresourcemanager.googleapis.com/v1/projects"
SERVICES = "https://serviceusage.googleapis.com/v1/projects"
SERVICE = "cloudaicompanion.googleapis.com"
ALL, ASSIGNED = "ALL", "GOOGLE_ONE"
GOING = ("DELETE_REQUESTED", "DELETE_IN_PROGRESS")  # states of projects that somebody has deleted
MOST_PAGES = 20
MOST_QUESTIONS = 3
MOST_NAMED = 20  # of somebody's projects, in a message


def projects_of(google: Google) -> Steps[tuple[str, ...]]:
    """Return the ids of an account's projects, as far as it may see them. Raises LoginError."""
    found: dict[str, None] = {}
    page = ""
    for _ in range(MOST_PAGES):
        response = yield from google.get(f"{PROJECTS}?{urlencode({'pageToken': page})}" if page else PROJECTS)
        answer = google.answered(response, "asking for the account's projects", "log in again, and name a project")
        found |= dict.fromkeys(_ids(answer))
        page = plain(answer.get("nextPageToken"))
        if not page:
            break
    return tuple(found)


def chosen(google: Google, projects: Sequence[str], said: str) -> Steps[tuple[str, ...]]:
    """
    Return the projects that somebody wants; none: the one that Google assigns.

    Args:
        google: For whom.
        projects: Those he has.
        said: What he said when he began; "": nothing, so he is asked.

    Raises:
        LoginError: He has no such project, and names no other.
    """
    if not said and not projects:
        return ()
    question = "Which project? Its number or id, several with commas, ALL, or GOOGLE_ONE for the one Google assigns"
    default = "" if said else projects[0]
    for _ in range(MOST_QUESTIONS):
        said = said or (yield from told(Ask(question, (*projects, ALL, ASSIGNED), default)))
        wanted, strangers = _matched(said, projects)
        if not strangers and (wanted or said.upper() == ASSIGNED):
            return wanted
        if "," in said or not projects:
            break
        if strangers:
            question = f"There is no project {strangers[0]}. Which one, then?"
        said = ""
    named = ", ".join(projects[:MOST_NAMED]) or "none that it may list"
    raise LoginError(f"{google.provider}: the account has no such project; it has {named}; log in again and name one")


def check_service(google: Google, project: str) -> Steps[None]:
    """Have Cloud Code switched on in a project. Raises LoginError where it cannot be."""
    service = f"{SERVICES}/{quote(project, safe='')}/services/{SERVICE}"
    state = yield from google.get(service)
    if (object_in(state.body) or {}).get("state") == "ENABLED":
        return
    response = yield from google.post(f"{service}:enable", {})
    _, said = words(object_in(response.body) or {}, google.token)
    if response.status in (200, 201) or (response.status == 400 and "already enabled" in said.lower()):
        return
    raise LoginError(
        f"{google.provider}: Gemini for Google Cloud cannot be switched on in the project {project}:"
        f" {google.told(response)}; switch it on at https://console.cloud.google.com/apis/library/{SERVICE}?"
        f"{urlencode({'project': project})}, then log in again"
    )


def _ids(answer: Answer) -> list[str]:
    projects = answer.get("projects")
    listed = projects if isinstance(projects, list) else ()
    there = [one for one in listed if isinstance(one, dict) and one.get("lifecycleState") not in GOING]
    return [id_ for one in there if (id_ := plain(one.get("projectId")))]


def _matched(said: str, projects: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which projects were named, and what was named that is none."""
    if said.upper() in (ALL, ASSIGNED):
        return tuple(projects) if said.upper() == ALL else (), ()
    wanted: dict[str, None] = {}
    strangers = []
    for name in filter(None, (part.strip() for part in said.split(","))):
        place = int(name) if name.isdecimal() and len(name) < 6 else 0
        if name in projects:
            wanted[name] = None
        elif 0 < place <= len(projects):
            wanted[projects[place - 1]] = None
        else:
            strangers.append(plain(name))
    return tuple(wanted), tuple(strangers)
