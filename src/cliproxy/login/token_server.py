"""
What every talk with a token server has in common: how a grant is asked for, and what its answers say.

In go the fields of a grant, out comes a request; in goes an answer, out comes what was granted, or why nothing was, in
words without secrets. Vendors write refusals as `{error, error_description}`, or as an `error` that holds more.

Source: RFC 6749 sections 4.1.3, 5.1 and 5.2; `reference` sheets `providers/*`, section a (read 2026-11-21).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import Client
from cliproxy.wire.http import HeaderList, HttpRequest, HttpResponse, Steps, fetched

LONGEST_MESSAGE = 300  # characters of a vendor's words
LONGEST_LIFE = 400 * 86400.0  # seconds; a token that is said to live longer says nothing
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

Answer = Mapping[str, Any]

_TOKEN = re.compile(r"[!-~]+")

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Granted(Struct, frozen=True, kw_only=True):
    """What a token server granted."""

    access_token: Secret
    refresh_token: Secret = Secret("")
    id_token: Secret = Secret("")
    expires_at: float | None = None  # unix time; None: it did not say
    at: float  # unix time at which it was granted
    answer: Answer  # whole, as it came

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know."""
        if self.refresh_token:
            return ()
        return ("the vendor gave no refresh token, so log in again when this one has run out",)

    def __repr__(self) -> str:
        """The answer holds the tokens too."""
        return f"Granted(expires_at={self.expires_at}, {sorted(self.answer)})"


def asking(
    url: str,
    grant: Mapping[str, str],
    client: Client,
    more: Mapping[str, str] = {},
    *,
    as_json: bool = False,
    basic: bool = False,
    headers: HeaderList = (),
    proxy: str = "",
) -> HttpRequest:
    """Return the request for a grant; `basic`: the client is also named in an `Authorization` header."""
    secret = client.secret.reveal()
    fields = {**grant, "client_id": client.id, **({"client_secret": secret} if secret else {}), **more}
    sent: HeaderList = (
        ("Content-Type", JSON if as_json else FORM),
        ("Accept", JSON),
        ("Accept-Encoding", "identity"),
    )
    if basic:
        sent = (*sent, ("Authorization", f"Basic {basic_login(client).reveal()}"))
    body = _encode(fields) if as_json else urlencode(fields).encode()
    return HttpRequest("POST", url, (*sent, *headers), body, proxy)


def basic_login(client: Client) -> Secret:
    """Return how an `Authorization` header names a client."""
    return Secret(base64.b64encode(f"{client.id}:{client.secret.reveal()}".encode()).decode())


def heard(provider: str, request: HttpRequest) -> Steps[HttpResponse]:
    """Send a request of a login, and return its answer. Raises LoginError where none comes."""
    try:
        return (yield from fetched(request))
    except ConnectionError as error:
        raise unreachable(provider, error) from None


def unreachable(provider: str, error: ConnectionError) -> LoginError:
    """Return why a login came to nothing that got no answer."""
    return LoginError(f"{provider}: {plain(str(error))}; check the network and proxy-url, then log in again")


def granted(response: HttpResponse, provider: str, *secrets: Secret, now: float) -> Granted:
    """
    Return what a token server granted to a login.

    Args:
        response: Its answer.
        provider: For whom.
        secrets: What the request held, which its words must not repeat.
        now: Unix time, where the answer was not stamped with it.

    Raises:
        LoginError: It granted nothing.
    """
    answer = object_in(response.body)
    token = token_in(answer, "access_token") if answer is not None and response.status < 300 else Secret("")
    if not token or answer is None:
        raise refused(response, provider, *secrets)
    at = response.at or now
    return Granted(
        access_token=token,
        refresh_token=token_in(answer, "refresh_token"),
        id_token=token_in(answer, "id_token"),
        expires_at=expiry(answer.get("expires_in"), at),
        at=at,
        answer=answer,
    )


def refused(response: HttpResponse, provider: str, *secrets: Secret) -> LoginError:
    """Return why a login came to nothing: what the vendor's server answered, and what can be done."""
    answer, status = object_in(response.body), response.status
    codes, said = words(answer or {}, *secrets)
    told = said or next(iter(codes), "")
    reason = f" ({told})" if told else ""
    if "invalid_grant" in codes:
        return LoginError(f"{provider}: the code was used before or is too old{reason}; log in again")
    if "invalid_client" in codes:
        return LoginError(
            f"{provider}: the vendor does not know this client{reason}; check oauth-clients.{provider} in the settings"
        )
    if status == 429:
        return LoginError(f"{provider}: too many logins at once{reason}; wait a few minutes, then log in again")
    if status >= 500:
        return LoginError(
            f"{provider}: the vendor's server failed with {status}{reason}; log in again in a few minutes"
        )
    if answer is None:
        return LoginError(
            f"{provider}: the answer was {status} and no JSON but perhaps the page of a firewall or a"
            " proxy; check proxy-url and the network, then log in again"
        )
    if status >= 300 or told:
        return LoginError(f"{provider}: the vendor refused the login with {status}{reason}; log in again")
    return LoginError(f"{provider}: the vendor's server answered without a token or a code; log in again")


def object_in(body: bytes) -> Answer | None:
    """Return the JSON object that a body is, or None."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def words(answer: Answer, *secrets: Secret) -> tuple[tuple[str, ...], str]:
    """Return the codes and the words of a refusal, without the secrets that the request held."""
    error = answer.get("error")
    inner: Answer = error if isinstance(error, dict) else {}
    codes = (error, answer.get("code"), inner.get("code"), inner.get("type"), inner.get("error"))
    said = (answer.get("error_description"), inner.get("message"), answer.get("message"), answer.get("detail"), error)
    return (
        tuple(filter(None, (plain(code, *secrets) for code in codes))),
        next(filter(None, (plain(one, *secrets) for one in said)), ""),
    )


def plain(said: object, *secrets: Secret) -> str:
    """Return somebody else's words in one short line, without secrets and without what could move a cursor."""
    line = text(said)
    for secret in secrets:
        if value := secret.reveal():
            line = line.replace(value, "***").replace(quote(value, safe=""), "***")
    return " ".join("".join(one if one.isprintable() else " " for one in line).split())[:LONGEST_MESSAGE]


def text(value: object) -> str:
    """Return a text without the spaces around it; of anything else nothing."""
    return value.strip() if isinstance(value, str) else ""


def token_in(answer: Answer, name: str) -> Secret:
    """Return a token, or an empty one where there is something that no header could carry."""
    found = text(answer.get(name))
    return Secret(found if _TOKEN.fullmatch(found) else "")


def expiry(lasts: object, now: float) -> float | None:
    """Return when a token runs out that lasts so many seconds; None: nobody said."""
    try:
        seconds = float(lasts) if isinstance(lasts, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return now + seconds if 0 < seconds < LONGEST_LIFE else None
