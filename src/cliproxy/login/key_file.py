"""
A service account's key file, as Google gave it -> an account.

Nobody is asked anything over the network: the file is read, its key tried, and both put into a file of ours.

Source: `reference` sheets `providers/vertex` sections a and b, `cli` section 7.4 (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from cliproxy.errors import LoginError
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.login.private_key import WrongKey
from cliproxy.login.service_account import WrongAddress, token_url
from cliproxy.login.token_server import Answer, object_in, plain, text
from cliproxy.wire.http import Steps

LONGEST = 256 * 1024  # characters
LONGEST_WAIT = 600.0  # seconds that a person has to name a file
LOCATION = "us-central1"

_LOCATION = re.compile(r"[a-z][a-z0-9-]{1,40}")
_REPLACED = str.maketrans("/\\: ", "___-")  # in a project's id
_REMEDY = "download the key file anew in the Google Cloud console (IAM, Service accounts, Keys) and import that"


class KeyFile(Struct, frozen=True):
    """The import."""

    provider: str

    @property
    def kind(self) -> LoginKind:
        """A person brings a file."""
        return LoginKind.KEY_FILE

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Ask for the file. Raises LoginError where the options are wrong."""
        yield from ()
        self._options(start)
        return LoginSession(
            provider=self.provider,
            kind=self.kind,
            expires_at=start.now + LONGEST_WAIT,
            question="Path of the service account's key file (JSON)",
            start=start,
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """Make an account of the file's content, which is the `answer`. Raises LoginError."""
        from cliproxy.login import signing  # noqa: PLC0415 (slow to import, and few need it)

        yield from ()
        if now > session.expires_at:
            raise LoginError(f"{self.provider}: the file came too late; start again")
        location, prefix = self._options(session.start)
        given = self._opened(answer.get("answer", ""))
        project, email = self._named(given, "project_id"), self._named(given, "client_email")
        try:
            token_url(given)
            key = signing.as_pem(signing.private_key(text(given.get("private_key")), thorough=True))
        except WrongKey as wrong:
            raise self._refused(f"the private key of {email} {wrong}") from None
        except WrongAddress as wrong:
            raise self._refused(f"the file of {email} cannot be used: {wrong}") from None
        fields = {
            "service_account": {**given, "private_key": key},
            "project_id": project,
            "email": email,
            "location": location,
            "type": "vertex",
            "label": f"{project} ({email})",
            **({"prefix": prefix} if prefix else {}),
        }
        assumed = frozenset() if _said(session.start, "location") else frozenset(("location",))
        return NewAccount(name=file_name("vertex", project.translate(_REPLACED)), fields=fields, assumed=assumed)

    def _options(self, start: LoginStart) -> tuple[str, str]:
        """Return location and prefix."""
        location = _said(start, "location").lower() or LOCATION
        prefix = _said(start, "prefix").strip("/")
        if not _LOCATION.fullmatch(location):
            raise LoginError(f"{self.provider}: {plain(location)!r} is no location; it is written like {LOCATION}")
        if "/" in prefix:
            raise LoginError(f"{self.provider}: the prefix {plain(prefix)!r} has a / inside; leave that out")
        return location, prefix

    def _opened(self, content: str) -> Answer:
        if not content.strip():
            raise self._refused("the key file is empty")
        if len(content) > LONGEST:
            raise self._refused(f"the key file is longer than {LONGEST} characters, so it is none")
        given = object_in(content.lstrip("\ufeff").encode(errors="replace"))
        if given is None:
            raise self._refused("the key file is no JSON object, or only half of one")
        if given.get("type") != "service_account":
            kind = plain(given.get("type")) or "nothing"
            raise self._refused(f'the file is no key file of a service account: its type is "{kind}"')
        return given

    def _named(self, given: Answer, name: str) -> str:
        found = plain(given.get(name))
        if not found:
            raise self._refused(f"the key file has no {name}")
        return found

    def _refused(self, why: str) -> LoginError:
        return LoginError(f"{self.provider}: {why}; {_REMEDY}")


def _said(start: LoginStart, name: str) -> str:
    return start.options.get(name, "").strip()
