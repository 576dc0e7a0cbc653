"""
Tokens of a Google service account: a statement signed with its key, in exchange for a token that lasts an hour.

    {"type": "service_account", "project_id", "private_key_id", "private_key", "client_email", "token_uri"}

The key stands in the account's file, so a token can be made at any time. It is kept in memory while it lasts, and never
written.

Source: RFC 7523 section 2.1; https://developers.google.com/identity/protocols/oauth2/service-account (claims, error
codes); `reference` sheet `providers/vertex`, sections a and c (read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import Tokens
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import Client, RefreshFailed, Revoked
from cliproxy.login.google import TOKEN_URL
from cliproxy.login.private_key import WrongKey
from cliproxy.login.refresh_token import failed, kind_of
from cliproxy.login.token_server import FORM, JSON, expiry, object_in, plain, text, token_in, words
from cliproxy.wire.http import HttpRequest, HttpResponse, Steps, fetched

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 3600  # seconds; Google takes no statement that lasts longer
LARGEST_SKEW = 60.0  # seconds between two clocks that are worth no words

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_TIME = re.compile(r"\b(?:iat|exp|nbf|clock|timeframe|short-lived|in the future|not yet valid)\b", re.IGNORECASE)


class ServiceAccount(Struct, frozen=True, kw_only=True):
    """The grant."""

    scope: str
    lead: float = 300.0  # seconds before a token runs out
    rotates: bool = False
    is_stored: bool = False
    yields_key: bool = False

    def renews(self, credential: Credential) -> bool:
        """Tell whether an account has a key. Whether it is a good one turns out when it signs."""
        account = key_file_of(credential)
        return bool(account.get("private_key") and account.get("client_email"))

    def steps(self, credential: Credential, *, now: float, client: Client | None = None) -> Steps[Tokens]:
        """Exchange a signed statement for a token. Raises RefreshFailed, Revoked."""
        account = key_file_of(credential)
        try:
            url = token_url(account)
            statement = self._signed(account, url, now)
        except WrongKey as wrong:
            raise _unusable(credential, f"its private key {wrong}") from None
        except WrongAddress as wrong:
            raise _unusable(credential, str(wrong)) from None
        form = urlencode({"grant_type": GRANT, "assertion": statement}).encode()
        headers = (("Content-Type", FORM), ("Accept", JSON), ("Accept-Encoding", "identity"))
        response = yield from fetched(HttpRequest("POST", url, headers, form, credential.proxy.reveal()))
        answer = object_in(response.body) or {}
        token = token_in(answer, "access_token")
        if response.status != 200 or not token:
            raise _refusal(response, credential, Secret(statement), now=response.at or now)
        expires_at = expiry(answer.get("expires_in"), now)
        return Tokens(access_token=token, expires_at=expires_at, refreshed_at=now)

    def _signed(self, account: Mapping[str, object], url: str, now: float) -> str:
        from cliproxy.login import signing  # noqa: PLC0415 (slow to import, and few need it)

        claims = {
            "iss": text(account.get("client_email")),
            "scope": self.scope,
            "aud": url,
            "iat": int(now),
            "exp": int(now) + LIFETIME,
        }
        key = signing.private_key(text(account.get("private_key")))
        return signing.signed(claims, key, key_id=text(account.get("private_key_id")))


class WrongAddress(Exception):  # noqa: N818 (what is wrong)
    """A token server that a signed statement must not be sent to. The message says which, and what to do."""


def key_file_of(credential: Credential) -> Mapping[str, object]:
    """Return the key file that an account's file holds, or nothing."""
    held = credential.details.get("service_account")
    return held if isinstance(held, dict) else {}


def token_url(account: Mapping[str, object]) -> str:
    """Return where a key file says that tokens come from. Raises WrongAddress where others could read along."""
    url = text(account.get("token_uri")) or TOKEN_URL
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return url
    raise WrongAddress(f"its token_uri is no https:// address; Google's is {TOKEN_URL}")


def _refusal(response: HttpResponse, credential: Credential, statement: Secret, *, now: float) -> RefreshFailed:
    """Return what it means that no token came."""
    codes, said = words(object_in(response.body) or {}, statement)
    status, told = response.status, said or next(iter(codes), "") or f"status {response.status}"
    if "invalid_grant" in codes and _OF_TIME.search(said):
        return failed(
            FailureKind.UNAUTHORIZED, status, f"{_whose(credential)}: {_clock_told(response, now)}", sure=True
        )
    if "invalid_grant" in codes or "invalid_client" in codes:
        return Revoked(_failure(credential, status, f"Google takes its key no more ({told})"))
    if status == 200:
        return failed(FailureKind.WRONG_ANSWER, 200, f"{_whose(credential)}: Google answered without a token")
    return failed(kind_of(status), status, f"{_whose(credential)}: Google gave no token ({told})", sure=True)


def _clock_told(response: HttpResponse, now: float) -> str:
    """Say that a clock is wrong, and by how much where the answer tells the time."""
    try:
        skew = now - parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):  # no date, or one with numbers out of all bounds
        skew = 0.0
    remedy = "Google takes no token request whose time is wrong; set the clock"
    if abs(skew) < LARGEST_SKEW:
        return f"this machine's clock seems to be wrong: {remedy}"
    return f"this machine's clock is wrong by {_length(abs(skew))} ({'ahead' if skew > 0 else 'behind'}): {remedy}"


def _length(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds)} seconds"


def _unusable(credential: Credential, why: str) -> Revoked:
    return Revoked(_failure(credential, 0, why))


def _failure(credential: Credential, status: int, why: str) -> Failure:
    remedy = "download a new key file in the Google Cloud console and import it"
    return Failure(FailureKind.UNAUTHORIZED, status, f"{_whose(credential)}: {why}; {remedy}", scope="account")


def _whose(credential: Credential) -> str:
    """Name an account and its file."""
    email = plain(key_file_of(credential).get("client_email")) or credential.label
    return f"service account {email} ({credential.document or credential.id})"
