"""
An Antigravity account: whose it is, and the project that Google assigns to it, if it does.

The file is called `antigravity-<e-mail>.json`:

    {"type": "antigravity", "access_token", "refresh_token", "expires_in", "timestamp" (ms), "expired", "email", ...}

Source: `reference` sheet `providers/antigravity`, sections a and b (read 2026-11-21).
"""

from __future__ import annotations

from cliproxy.credentials.files.fields import written
from cliproxy.errors import LoginError
from cliproxy.login.cloud_code import CloudCode
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import LoginSession, NewAccount
from cliproxy.login.google import AUTH, CLOUD, EMAIL, PROFILE, Google, check_grant, email_of
from cliproxy.login.token_server import Granted
from cliproxy.wire.http import Steps

ACCOUNT = CloudCode(ide="ANTIGRAVITY")
SCOPES = (CLOUD, EMAIL, PROFILE, f"{AUTH}cclog", f"{AUTH}experimentsandconfigs")


def antigravity_account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Find out whose tokens they are, and in which project he works; that can wait until the first refresh."""
    check_grant(tokens, "antigravity")
    google = Google("antigravity", tokens.access_token, session.start.proxy)
    email = yield from email_of(google)
    notes = []
    try:
        project = yield from ACCOUNT.assigned(google)
    except (ConnectionError, LoginError) as error:
        project = ""
        notes.append(str(error))
    if not project:
        notes.append("the account has no project yet; it is looked up again at the next refresh of its token")
    end = tokens.expires_at
    fields = {
        "type": "antigravity",
        "access_token": tokens.access_token.reveal(),
        "refresh_token": tokens.refresh_token.reveal(),
        **({} if end is None else {"expires_in": round(end - tokens.at)}),
        "timestamp": round(tokens.at * 1000),
        **({} if end is None else {"expired": written(end)}),
        "email": email,
        **({"project_id": project} if project else {}),
        "disabled": False,
    }
    return NewAccount(name=file_name("antigravity", email), fields=fields, notes=tuple(notes))
