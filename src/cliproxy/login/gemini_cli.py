"""
A Gemini CLI account: whose it is, and in which cloud projects it works.

The file is called `gemini-<e-mail>-<project>.json`, or `gemini-<e-mail>-all.json` where there are several projects:

    {"token": {...}, "project_id": "p1,p2", "email", "auto", "checked", "type": "gemini"}

Source: `reference` sheets `providers/gemini-cli` sections a and b, `cli` section 7.1 (read 2026-11-21).
"""

from __future__ import annotations

from msgspec import Struct

from cliproxy.credentials.files.fields import written
from cliproxy.errors import LoginError
from cliproxy.login.cloud_code import CloudCode
from cliproxy.login.cloud_projects import ALL, ASSIGNED, check_service, chosen, projects_of
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import LoginSession, NewAccount
from cliproxy.login.google import CLOUD, EMAIL, PROFILE, TOKEN_URL, Google, check_grant, email_of
from cliproxy.login.token_server import Granted
from cliproxy.wire.http import Steps

ACCOUNT = CloudCode(ide="IDE_UNSPECIFIED")
SCOPES = (CLOUD, EMAIL, PROFILE)


class LetIn(Struct, frozen=True):
    """Where somebody may work."""

    projects: tuple[str, ...]
    notes: tuple[str, ...]
    is_checked: bool


def gemini_account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Find out whose tokens they are, and have him let in to his projects."""
    check_grant(tokens, "gemini-cli")
    google = Google("gemini-cli", tokens.access_token, session.start.proxy)
    email = yield from email_of(google)
    said = session.start.options.get("project", "").strip()
    wanted = yield from _wanted(google, said)
    let_in = yield from _let_in(google, wanted)
    projects = let_in.projects
    fields = {
        "token": _token(tokens, session),
        "project_id": ",".join(projects),
        "email": email,
        "auto": not wanted,
        "checked": let_in.is_checked,
        "type": "gemini",
    }
    name = file_name("gemini", email, projects[0] if len(projects) == 1 else "all")
    return NewAccount(name=name, fields=fields, notes=let_in.notes)


def _wanted(google: Google, said: str) -> Steps[tuple[str, ...]]:
    """Return the projects that somebody wants to work in; none: the one that Google assigns."""
    if said.upper() == ASSIGNED:
        return ()
    try:
        projects = yield from projects_of(google)
    except LoginError:
        if said.upper() == ALL:
            raise
        return tuple(dict.fromkeys(filter(None, map(str.strip, said.split(",")))))  # he may know what we cannot see
    return (yield from chosen(google, projects, said))


def _let_in(google: Google, wanted: tuple[str, ...]) -> Steps[LetIn]:
    """Have somebody let in to his projects; of several, those that cannot be used are left out with a note."""
    found: dict[str, None] = {}
    notes: list[str] = []
    doubts: list[str] = []
    failure: LoginError | None = None
    for project in wanted or ("",):
        try:
            settled = yield from ACCOUNT.settled(google, project)
            if settled.project in found:
                continue
            doubts += yield from _doubts(google, settled.project, is_own=settled.project == project)
        except LoginError as error:
            if len(wanted) < 2:
                raise
            failure = error
            notes.append(f"the project {project} is left out: {error}")
            continue
        found[settled.project] = None
        notes += filter(None, [settled.note if project else f"Google assigned the project {settled.project}"])
    if failure is not None and not found:
        raise failure
    return LetIn(tuple(found), (*notes, *doubts), is_checked=not doubts)


def _doubts(google: Google, project: str, *, is_own: bool) -> Steps[tuple[str, ...]]:
    """Return why it is not known whether a project works; of Google's own its users may not always ask."""
    try:
        yield from check_service(google, project)
    except LoginError as error:
        if is_own:
            raise
        return (str(error),)
    return ()


def _token(tokens: Granted, session: LoginSession) -> dict[str, object]:
    """Return the tokens as Google's own libraries store them."""
    expiry = {} if tokens.expires_at is None else {"expiry": written(tokens.expires_at)}
    return {
        "access_token": tokens.access_token.reveal(),
        "token_type": "Bearer",
        "refresh_token": tokens.refresh_token.reveal(),
        **expiry,
        "expires_in": tokens.answer.get("expires_in"),
        "token_uri": TOKEN_URL,
        "client_id": session.client.id,
        "client_secret": session.client.secret.reveal(),
        "scopes": list(SCOPES),
        "universe_domain": "googleapis.com",
    }
