"""
iFlow's accounts: a login's token, or the cookie of a browser, buys the key that requests are sent with.

A token buys it from the account service, a cookie from the platform's own page. The key has an end; what bought it buys
the next one.

Source: `reference` sheet `providers/iflow`, sections a and b (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from msgspec import Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import Tokens
from cliproxy.credentials.files.fields import CHINA, moment, written
from cliproxy.errors import Failure, FailureKind, LoginError
from cliproxy.login.file_name import file_name
from cliproxy.login.flow import Client, LoginSession, NewAccount, RefreshFailed, Revoked
from cliproxy.login.refresh_token import RefreshToken, failed
from cliproxy.login.token_server import Granted, object_in, plain, text, token_in, words
from cliproxy.wire.http import HeaderList, HttpRequest, HttpResponse, Steps, fetched

SITE, PLATFORM = "https://iflow.cn", "https://platform.iflow.cn"
ACCOUNT = f"{SITE}/api/oauth/getUserInfo"
KEYS = f"{PLATFORM}/api/openapi/apikey"
SHORTEST_SECRET = 8  # characters

_NOT_LOGGED_IN = (301, 302, 303, 307, 401, 403)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_@.-]")  # the Go program's rule for accounts by cookie
_HEADERS: HeaderList = (("Accept", "application/json"), ("Accept-Encoding", "identity"))

_encode = msgspec.json.Encoder().encode


def key_of_account(credential: Credential, access_token: str) -> Steps[Mapping[str, object]]:
    """Fetch the key. Without an answer the one there is stays: the token that was just paid for must not be lost."""
    try:
        response = yield from fetched(_whose(access_token, credential.proxy))
    except ConnectionError:
        return {}
    key = token_in(_data(response), "apiKey")
    return {"api_key": key.reveal()} if key else {}


def account_of_token(tokens: Granted, session: LoginSession) -> Steps[NewAccount]:
    """Fetch the key and the name of the account. Raises LoginError where either is missing."""
    response = yield from fetched(_whose(tokens.access_token.reveal(), session.start.proxy))
    told = _data(response)
    key, name = token_in(told, "apiKey"), plain(told.get("email")) or plain(told.get("phone"))
    if not key or not name:
        missing = "key" if not key else "e-mail address or phone number"
        raise LoginError(f"iflow: the vendor gave no {missing} with this account; look at it on {SITE}, log in again")
    return NewAccount(
        name=file_name("iflow", name, str(int(tokens.at))),
        fields={
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token.reveal(),
            "last_refresh": written(tokens.at),
            **({"expired": written(tokens.expires_at)} if tokens.expires_at else {}),
            "api_key": key.reveal(),
            "email": name,
            "token_type": text(tokens.answer.get("token_type")),
            "scope": text(tokens.answer.get("scope")),
            "cookie": "",
            "type": "iflow",
        },
        notes=tokens.notes,
    )


def account_of_cookie(whole: Secret, kept: Secret, session: LoginSession, now: float) -> Steps[NewAccount]:
    """Fetch the key that a cookie is good for, and its name. Raises LoginError where there is none."""
    name, response = yield from _bought(whole, session.start.proxy)
    told, at = _data(response), response.at or now
    key, ends = token_in(told, "apiKey"), text(told.get("expireTime"))
    if not key or not name:
        reason = words(object_in(response.body) or {}, *_secrets(whole))[1] or f"status {response.status}"
        raise LoginError(
            f"iflow: the cookie gave no key ({reason}); log in at {PLATFORM} in a browser, and copy the cookie anew"
        )
    return NewAccount(
        name=file_name("iflow", _NOT_IN_NAMES.sub("", name.replace("*", "x")), str(int(at))),
        fields={
            "access_token": "",
            "refresh_token": "",
            "last_refresh": written(at),
            **({"expired": ends} if ends else {}),
            "api_key": key.reveal(),
            "email": name,
            "token_type": "",
            "scope": "",
            "cookie": kept.reveal(),
            "type": "iflow",
        },
    )


class Renewal(Struct, frozen=True):
    """How an account stays one: with a refresh token, or with the cookie of a browser."""

    token: RefreshToken
    lead: float = 86400.0  # seconds; the platform gives a new key for a cookie in the last 48 hours of the old one
    rotates: bool = True
    is_stored: bool = True
    yields_key: bool = True

    def renews(self, credential: Credential) -> bool:
        """Tell whether an account has either of them."""
        return self.token.renews(credential) or bool(_cookie(credential))

    def steps(self, credential: Credential, *, now: float, client: Client | None = None) -> Steps[Tokens]:
        """Exchange the refresh token, else renew the key by the cookie. Raises RefreshFailed, Revoked."""
        if self.token.renews(credential):
            return (yield from self.token.steps(credential, now=now, client=client))
        cookie = _cookie(credential)
        _, response = yield from _bought(cookie, credential.proxy, text(credential.details.get("email")))
        told = _data(response)
        key = token_in(told, "apiKey")
        if not key:
            raise self._refused(response, cookie)
        ends = moment(told.get("expireTime"), ahead=CHINA)
        return Tokens(
            access_token=Secret(""), expires_at=ends, refreshed_at=response.at or now, more={"api_key": key.reveal()}
        )

    def _refused(self, response: HttpResponse, cookie: Secret) -> RefreshFailed:
        status, answer = response.status, object_in(response.body)
        told = words(answer or {}, *_secrets(cookie))[1] or f"status {status}"
        if status in _NOT_LOGGED_IN:
            message = f"log in again: the cookie gives no key any more ({told})"
            return Revoked(Failure(FailureKind.UNAUTHORIZED, status, message, scope="account"))
        kind = FailureKind.SERVER_ERROR if status >= 500 else FailureKind.WRONG_ANSWER
        return failed(kind, status, f"the cookie gave no key ({told})", sure=status < 500 and answer is not None)


def _whose(access_token: str, proxy: Secret) -> HttpRequest:
    """Return the question whose a token is; this vendor wants it in the address."""
    return HttpRequest("GET", f"{ACCOUNT}?accessToken={quote(access_token, safe='')}", _HEADERS, b"", proxy.reveal())


def _bought(cookie: Secret, proxy: Secret, name: str = "") -> Steps[tuple[str, HttpResponse]]:
    """Ask for the key that a cookie is good for, by its name; first for that, where it is not known."""
    headers: HeaderList = (*_HEADERS, ("Cookie", cookie.reveal()))
    if not name:
        response = yield from fetched(HttpRequest("GET", KEYS, headers, b"", proxy.reveal()))
        name = text(_data(response).get("name"))
        if not name:
            return "", response
    body = _encode({"name": name})
    headers = (*headers, ("Content-Type", "application/json"))
    return name, (yield from fetched(HttpRequest("POST", KEYS, headers, body, proxy.reveal())))


def _data(response: HttpResponse) -> Mapping[str, object]:
    """Return what an answer of the account service holds; nothing where it refuses."""
    answer = object_in(response.body) if response.status == 200 else None
    data = answer.get("data") if answer is not None and answer.get("success") is not False else None
    return data if isinstance(data, dict) else {}


def _cookie(credential: Credential) -> Secret:
    found = text(credential.details.get("cookie"))
    return Secret(found if found.isascii() and found.isprintable() else "")


def _secrets(cookie: Secret) -> list[Secret]:
    """Return a cookie header, and each value in it that is long enough to be a secret."""
    values = (one.partition("=")[2].strip() for one in cookie.reveal().split(";"))
    return [cookie, *(Secret(value) for value in values if len(value) >= SHORTEST_SECRET)]
