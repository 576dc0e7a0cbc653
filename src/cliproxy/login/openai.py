"""
OpenAI's logins: whose account an id token names, and a device flow of its own.

That flow is JSON, and what it ends with is no token but a code with its verifier, which then buys tokens as a code from
a browser does.

Source: `reference` sheet `providers/codex`, sections a and b (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from cliproxy.credentials.credential import Secret
from cliproxy.credentials.files.claims import claims, openai_claims
from cliproxy.credentials.files.fields import written
from cliproxy.errors import LoginError
from cliproxy.login.device_code import Verdict, interval_of, polled
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import Client, LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.login.token_server import (
    JSON,
    Granted,
    asking,
    granted,
    heard,
    object_in,
    plain,
    refused,
    text,
    token_in,
)
from cliproxy.wire.http import HeaderList, HttpRequest, HttpResponse, Steps

AUTHORITY = "https://auth.openai.com"
TOKENS = f"{AUTHORITY}/oauth/token"
PAGE = f"{AUTHORITY}/codex/device"
REDIRECT = f"{AUTHORITY}/deviceauth/callback"
LONGEST_WAIT = 900.0  # seconds that a person has

_CODES = f"{AUTHORITY}/api/accounts/deviceauth"
_STILL_WAITING = (403, 404)
_NOT_IN_PLANS = re.compile(r"[^a-z0-9]+")
_HEADERS: HeaderList = (("Content-Type", JSON), ("Accept", JSON), ("Accept-Encoding", "identity"))

_encode = msgspec.json.Encoder().encode


def openai_account(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Return the account that the id token names. Raises LoginError where it names none."""
    yield from ()
    id_token = tokens.id_token.reveal()
    email, own = plain(claims(id_token).get("email")), openai_claims(id_token)
    if not email:
        raise LoginError(
            f"{session.provider}: the vendor did not say whose account it is; log in again with an account that has a"
            " confirmed e-mail address"
        )
    account = text(own.get("chatgpt_account_id"))
    plan = _NOT_IN_PLANS.sub("-", text(own.get("chatgpt_plan_type")).lower()).strip("-")
    digest = hashlib.sha256(account.encode()).hexdigest()[:8] if plan == "team" and account else ""
    return NewAccount(
        name=file_name("codex", digest, email, plan),
        fields={
            "id_token": id_token,
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token.reveal(),
            "account_id": account,
            "last_refresh": written(tokens.at),
            "email": email,
            "type": "codex",
            **({"expired": written(tokens.expires_at)} if tokens.expires_at else {}),
        },
        notes=tokens.notes,
    )


class OpenAIDevice(Struct, frozen=True, kw_only=True):
    """The device flow."""

    provider: str
    client: Client

    @property
    def kind(self) -> LoginKind:
        """A person types a code."""
        return LoginKind.DEVICE

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Ask for a code, and return where it must be typed. Raises LoginError."""
        client = start.client or self.client
        request = _asking("usercode", {"client_id": client.id}, start.proxy)
        response = yield from heard(self.provider, request)
        if response.status == 404:
            raise LoginError(
                f"{self.provider}: the vendor does not offer logins by device code to this client; log in in a browser"
            )
        answer = object_in(response.body) or {}
        device, user_code = token_in(answer, "device_auth_id"), plain(answer.get("user_code") or answer.get("usercode"))
        if response.status >= 300 or not device or not user_code:
            raise refused(response, self.provider, client.secret)
        return LoginSession(
            provider=self.provider,
            kind=self.kind,
            expires_at=(response.at or start.now) + LONGEST_WAIT,
            url=PAGE,
            user_code=user_code,
            start=start,
            client=client,
            device_code=device,
            interval=interval_of(answer.get("interval")),
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """Ask until he is done, exchange the code, and return whose account it is. Raises LoginError."""
        fields = {"device_auth_id": session.device_code.reveal(), "user_code": session.user_code}
        request = _asking("token", fields, session.start.proxy)
        response = yield from polled(session, request, lambda one: self._verdict(one, session), now=now)
        given = object_in(response.body) or {}
        code, verifier = token_in(given, "authorization_code"), token_in(given, "code_verifier")
        if not code or not verifier:
            raise LoginError(f"{self.provider}: the vendor's server answered without a code; log in again")
        exchange = asking(
            TOKENS,
            {
                "grant_type": "authorization_code",
                "code": code.reveal(),
                "redirect_uri": REDIRECT,
                "code_verifier": verifier.reveal(),
            },
            session.client,
            proxy=session.start.proxy.reveal(),
        )
        response = yield from heard(self.provider, exchange)
        secrets = (code, verifier, session.device_code, session.client.secret)
        tokens = granted(response, self.provider, *secrets, now=now)
        return (yield from openai_account(tokens, session))

    def _verdict(self, response: HttpResponse, session: LoginSession) -> Verdict:
        if response.status < 300:
            return Verdict.DONE
        if response.status in _STILL_WAITING or response.status >= 500:
            return Verdict.PENDING
        if response.status == 429:
            return Verdict.TOO_FAST
        raise refused(response, self.provider, session.device_code)


def _asking(path: str, fields: Mapping[str, str], proxy: Secret) -> HttpRequest:
    return HttpRequest("POST", f"{_CODES}/{path}", _HEADERS, _encode(fields), proxy.reveal())
