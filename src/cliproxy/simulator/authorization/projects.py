"""
Projects in Google's cloud: which a person has, and which services are switched on there. At first none is.

Source: the provider sheet `gemini-cli`, section a ("Project discovery and onboarding");
https://cloud.google.com/service-usage/docs/reference/rest/v1/services (states).
"""

import re

from cliproxy.simulator.answer import Answer, Request
from cliproxy.simulator.authorization.words import told
from cliproxy.simulator.people import Person

SERVICE = re.compile(r"/v1/(projects/([^/]+)/services/([^/:]+))(:enable)?")


class ApiError(Exception):
    """A refusal of one of Google's services."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(status, kind, message)
        self.status = status
        self.kind = kind
        self.message = message


def api_error(status: int, kind: str, message: str) -> Answer:
    """Return a refusal as Google's services write it."""
    return told({"error": {"code": status, "message": message, "status": kind}}, status)


class Projects:
    """The Cloud Resource Manager, and Service Usage."""

    def __init__(self) -> None:
        self.enabled: set[str] = set()  # names of services: `projects/<id>/services/<host>`

    def answer(self, request: Request, person: Person) -> Answer:
        """Return the answer to a request with a person's token."""
        if request.host == "cloudresourcemanager.googleapis.com":
            if (request.method, request.path) != ("GET", "/v1/projects"):
                raise ApiError(404, "NOT_FOUND", "Method not found.")
            return told(_listed(person))
        found = SERVICE.fullmatch(request.path)
        if found is None or request.method != ("POST" if found[4] else "GET"):
            raise ApiError(404, "NOT_FOUND", "Method not found.")
        if found[2] not in person.projects:
            raise ApiError(403, "PERMISSION_DENIED", f"Permission denied on resource project {found[2]}.")
        return self._enable(found[1]) if found[4] else told(self._state(found[1]))

    def _enable(self, name: str) -> Answer:
        if name in self.enabled:
            raise ApiError(400, "FAILED_PRECONDITION", f"Service {name} is already enabled.")
        self.enabled.add(name)
        return told({"name": "operations/acf.1", "done": True, "response": {"service": self._state(name)}})

    def _state(self, name: str) -> dict[str, str]:
        return {"name": name, "state": "ENABLED" if name in self.enabled else "DISABLED"}


def _listed(person: Person) -> dict[str, object]:
    if not person.projects:
        return {}
    projects = [
        {"projectNumber": str(1000 + index), "projectId": project, "lifecycleState": "ACTIVE", "name": project}
        for index, project in enumerate(person.projects)
    ]
    return {"projects": projects}
