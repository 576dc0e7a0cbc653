"""
How an account is let in to Google's Cloud Code: which tier it has, and in which project it works.

    loadCodeAssist {metadata, cloudaicompanionProject?}       {allowedTiers[{id, isDefault}], cloudaicompanionProject}
    onboardUser {tierId, metadata, cloudaicompanionProject?}  {done, response{cloudaicompanionProject}}, until `done`

A project is a text or `{id}`. An account that names none may be given one by Google.

Source: `reference` sheets `providers/gemini-cli`, `providers/antigravity`, section a (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.errors import LoginError
from cliproxy.login.google import Google
from cliproxy.login.token_server import Answer, plain
from cliproxy.wire.http import Steps, Wait

URL = "https://cloudcode-pa.googleapis.com/v1internal"
LEGACY = "legacy-tier"
LONGEST_ONBOARDING = 60.0  # seconds of waiting, and as many more as the answers take
LONGEST_LOOK_UP = 10.0  # seconds, of which a login, or a request with a new token, waits for nothing but a project

_AGAIN = "log in again in a few minutes"
_FREE_TIERS = ("free", "free-tier", "legacy", LEGACY)
_OF_THE_STUDIO = "gen-lang-client-"  # how projects begin that came with a key of Google's AI Studio


class Standing(Struct, frozen=True):
    """How an account stands."""

    tier: str
    project: str = ""  # that Google assigned


class Settled(Struct, frozen=True):
    """Where an account works in the end."""

    project: str
    note: str = ""  # where that is not what somebody wanted


class CloudCode(Struct, frozen=True):
    """Cloud Code, as one kind of account knows it."""

    ide: str  # what its interface calls this kind

    @property
    def metadata(self) -> Mapping[str, str]:
        """What every request says."""
        return {"ideType": self.ide, "platform": "PLATFORM_UNSPECIFIED", "pluginType": "GEMINI"}

    def standing(self, google: Google, project: str = "") -> Steps[Standing]:
        """Return how an account stands, in its project if it has one. Raises LoginError."""
        body = {"metadata": self.metadata, **_named(project)}
        response = yield from google.post(f"{URL}:loadCodeAssist", body)
        answer = google.answered(response, "asking Cloud Code for the account", _AGAIN)
        return Standing(_default_tier(answer), _project(answer))

    def onboarded(
        self, google: Google, tier: str, project: str = "", *, every: float, longest: float = LONGEST_ONBOARDING
    ) -> Steps[str]:
        """
        Have an account let in, and return the project that Google names.

        Args:
            google: Who asks.
            tier: As which it comes.
            project: In which it wants to work; "": in one that Google assigns.
            every: Seconds between two questions whether it is done.
            longest: Seconds to wait in all.

        Raises:
            LoginError: It was refused, or is not done by then.
        """
        body = {"tierId": tier, "metadata": self.metadata, **_named(project)}
        for _ in range(int(longest / every)):
            response = yield from google.post(f"{URL}:onboardUser", body)
            answer = google.answered(response, f"setting the account up{_in(project)}", _AGAIN)
            if answer.get("done") is True:
                inner = answer.get("response")
                return _project(inner) if isinstance(inner, dict) else ""
            yield Wait(every)
        raise LoginError(
            f"{google.provider}: Google is still setting the account up{_in(project)} after"
            f" {longest:.0f} seconds; it goes on without us, so {_AGAIN}"
        )

    def settled(self, google: Google, wanted: str = "") -> Steps[Settled]:
        """
        Let an account work in a project, and return the one it got.

        Free accounts work where Google puts them, whatever project they want.

        Args:
            google: Who asks.
            wanted: His own project; "": the one that Google assigns.

        Raises:
            LoginError: It was refused, or there is no project.
        """
        standing = yield from self.standing(google, wanted)
        project = wanted or standing.project or (yield from self.onboarded(google, standing.tier, every=2.0))
        if not project:
            raise LoginError(
                f"{google.provider}: Google assigns this account no project; create one at"
                " https://console.cloud.google.com/projectcreate, then log in again and name it"
            )
        named = (yield from self.onboarded(google, standing.tier, project, every=5.0)) or project
        if not wanted or named == wanted:
            return Settled(named)
        if wanted.startswith(_OF_THE_STUDIO) or standing.tier.lower() in _FREE_TIERS:
            return Settled(named, f"Google lets this free account work in its project {named} only, not in {wanted}")
        return Settled(wanted)

    def assigned(self, google: Google) -> Steps[str]:
        """Return the project that Google assigns to an account, "" where it assigns none. Raises LoginError."""
        standing = yield from self.standing(google)
        if standing.project:
            return standing.project
        return (yield from self.onboarded(google, standing.tier, every=2.0, longest=LONGEST_LOOK_UP))

    def learned(self, credential: Credential, access_token: str) -> Steps[Mapping[str, object]]:
        """Look up the project of an account whose file has none, once it has a new token; without one it goes on."""
        if credential.project:
            return {}
        try:
            project = yield from self.assigned(Google(credential.provider, Secret(access_token), credential.proxy))
        except (ConnectionError, LoginError):
            return {}
        return {"project_id": project} if project else {}


def _named(project: str) -> dict[str, str]:
    return {"cloudaicompanionProject": project} if project else {}


def _in(project: str) -> str:
    return f" in the project {project}" if project else ""


def _project(answer: Answer) -> str:
    named = answer.get("cloudaicompanionProject")
    return plain(named.get("id") if isinstance(named, dict) else named)


def _default_tier(answer: Answer) -> str:
    tiers = answer.get("allowedTiers")
    for tier in tiers if isinstance(tiers, list) else ():
        if isinstance(tier, dict) and tier.get("isDefault") is True and (id_ := plain(tier.get("id"))):
            return id_
    return LEGACY
