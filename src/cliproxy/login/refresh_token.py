"""
The refresh token grant: one request, and an answer that holds a new access token and often a new refresh token.

Vendors differ in address, in form or JSON, in what they want beside the token, and in how they say that it is none.

Source: RFC 6749 sections 5.2 and 6; `reference` sheets `providers/*`, section a (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import Tokens
from cliproxy.errors import Failure, FailureKind
from cliproxy.login.flow import Client, ClientOf, RefreshFailed, Revoked
from cliproxy.login.token_server import Answer, asking, basic_login, expiry, object_in, token_in, words
from cliproxy.wire.http import HeaderList, HttpRequest, HttpResponse, Steps, fetched

REVOKED = frozenset(
    (
        "invalid_grant",
        "refresh_token_reused",
        "refresh_token_expired",
        "refresh_token_invalidated",
        "refresh_token_revoked",
        "token_revoked",
        "token_expired",
    )
)

Learned = Mapping[str, object]
After = Callable[[Credential, str], Steps[Learned]]
"""What follows on a new access token: more requests, which lead to more fields of the account's file."""


def no_client(credential: Credential) -> Client | None:
    """Say nothing: the file names no client."""
    return None


def no_headers(credential: Credential) -> HeaderList:
    """Add nothing."""
    return ()


def nothing_more(credential: Credential, access_token: str) -> Steps[Learned]:
    """Ask nothing more."""
    yield from ()
    return {}


class RefreshToken(Struct, frozen=True, kw_only=True):
    """The grant, as one vendor wants it."""

    lead: float  # seconds before a token runs out
    url: str
    provider: str  # as configuration names it, for an error that leads there
    client: Client  # its secret may be the operator's to give
    needs_secret: bool = False
    client_of: ClientOf = no_client
    as_json: bool = False  # else as a form
    basic: bool = False  # the client also in an `Authorization` header
    fields: Mapping[str, str] = {}  # beside the grant
    headers: Callable[[Credential], HeaderList] = no_headers
    kept: tuple[str, ...] = ()  # fields of the answer that go into the account's file
    rotates: bool = True  # a refresh token is good for one use; also where it is only so at times
    yields_key: bool = False  # by what comes `after`; it outlasts the token
    refuses_by: tuple[int, ...] = ()  # statuses that mean revoked, whatever code the JSON has that comes with them
    after: After = nothing_more
    is_stored: bool = True

    def renews(self, credential: Credential) -> bool:
        """Tell whether an account has a refresh token."""
        return bool(credential.refresh_token)

    def steps(self, credential: Credential, *, now: float, client: Client | None = None) -> Steps[Tokens]:
        """Exchange the refresh token of a credential. Raises RefreshFailed, Revoked."""
        client = self.client_of(credential) or client or self.client
        if self.needs_secret and not client.secret:
            setting = f"oauth-clients.{self.provider}.client-secret"
            raise failed(FailureKind.UNAUTHORIZED, 0, f"{setting} is not set, so no token can be refreshed", sure=True)
        response = yield from fetched(self._request(credential, client))
        answer = self._answered(response, credential.refresh_token, client.secret, basic_login(client))
        access_token = token_in(answer, "access_token")
        if not access_token:
            raise failed(FailureKind.WRONG_ANSWER, 200, "the token server answered without a token")
        more = {name: answer[name] for name in self.kept if answer.get(name)}
        learned = yield from self.after(credential, access_token.reveal())
        return Tokens(
            access_token=access_token,
            refresh_token=token_in(answer, "refresh_token"),
            expires_at=expiry(answer.get("expires_in"), now),
            refreshed_at=now,
            more={**more, **learned},
        )

    def _request(self, credential: Credential, client: Client) -> HttpRequest:
        return asking(
            self.url,
            {"grant_type": "refresh_token", "refresh_token": credential.refresh_token.reveal()},
            client,
            self.fields,
            as_json=self.as_json,
            basic=self.basic,
            headers=self.headers(credential),
            proxy=credential.proxy.reveal(),
        )

    def _answered(self, response: HttpResponse, *secrets: Secret) -> Answer:
        """Return what a token server granted. Raises RefreshFailed, Revoked."""
        answer = object_in(response.body)
        if response.status == 200 and answer is not None:
            return answer
        codes, message = words(answer or {}, *secrets)
        code, status = next(iter(codes), ""), response.status
        if not REVOKED.isdisjoint(codes) or (answer is not None and status in self.refuses_by):
            told = f"log in again: {message or code or f'status {status}'}"
            raise Revoked(Failure(FailureKind.UNAUTHORIZED, status, told, code, scope="account"))
        told = message or f"the token server answered {status} without a reason"
        raise failed(kind_of(status), status, told, sure=400 <= status < 500)


def failed(kind: FailureKind, status: int, message: str, *, sure: bool = False) -> RefreshFailed:
    """Return why no new token came; `sure`: the vendor said so, and the old one is unspent."""
    return RefreshFailed(Failure(kind, status, message, scope="account"), is_certain=sure)


def kind_of(status: int) -> FailureKind:
    """Return what the status of an answer without a token means."""
    if status == 429:
        return FailureKind.RATE_LIMITED
    if status >= 500:
        return FailureKind.SERVER_ERROR
    return FailureKind.UNAUTHORIZED if status >= 400 else FailureKind.WRONG_ANSWER
