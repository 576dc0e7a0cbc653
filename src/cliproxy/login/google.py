"""
What Google's interfaces say of an account that has just consented: a request with its token, and the answer in words.

Source: `reference` sheets `providers/gemini-cli`, `providers/antigravity`, section a (read 2026-11-21).
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.token_server import JSON, Answer, Granted, object_in, plain, words
from cliproxy.wire.http import HttpRequest, HttpResponse, Steps, fetched

USER_INFO = "https://www.googleapis.com/oauth2/v1/userinfo?alt=json"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)
AUTH = "https://www.googleapis.com/auth/"
CLOUD, EMAIL, PROFILE = f"{AUTH}cloud-platform", f"{AUTH}userinfo.email", f"{AUTH}userinfo.profile"

_encode = msgspec.json.Encoder().encode


class Google(Struct, frozen=True):
    """Google, asked in the name of one account."""

    provider: str  # for whom, in messages
    token: Secret
    proxy: Secret = Secret("")

    def get(self, url: str) -> Steps[HttpResponse]:
        """Ask for something."""
        return (yield from fetched(HttpRequest("GET", url, self._headers(), b"", self.proxy.reveal())))

    def post(self, url: str, body: object) -> Steps[HttpResponse]:
        """Have something done."""
        headers = (*self._headers(), ("Content-Type", JSON))
        return (yield from fetched(HttpRequest("POST", url, headers, _encode(body), self.proxy.reveal())))

    def answered(self, response: HttpResponse, asked: str, remedy: str) -> Answer:
        """Return what was answered. Raises LoginError where that is a refusal of what was `asked`."""
        answer = object_in(response.body)
        if answer is not None and response.status < 300:
            return answer
        raise LoginError(f"{self.provider}: {asked} failed with {self.told(response)}; {remedy}")

    def told(self, response: HttpResponse) -> str:
        """Return a refusal in one line."""
        codes, said = words(object_in(response.body) or {}, self.token)
        reason = said or next(iter(codes), "")
        return f"{response.status} ({reason})" if reason else f"{response.status}"

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Authorization", f"Bearer {self.token.reveal()}"),
            ("Accept", JSON),
            ("Accept-Encoding", "identity"),
        )


def check_grant(tokens: Granted, provider: str) -> None:
    """Raise LoginError where a person has left out what nothing works without: the page lets him choose."""
    granted = tokens.answer.get("scope")
    if isinstance(granted, str) and granted and CLOUD not in granted.split():
        raise LoginError(f"{provider}: Google Cloud was not allowed on the page; log in again and tick every box")
    if not tokens.refresh_token:
        raise LoginError(f"{provider}: Google gave a token for an hour only, and no refresh token; log in again")


def email_of(google: Google) -> Steps[str]:
    """Return the e-mail address of the account. Raises LoginError."""
    response = yield from google.get(USER_INFO)
    answer = google.answered(response, "asking Google whose account it is", "log in again")
    email = plain(answer.get("email"))
    if not email:
        raise LoginError(f"{google.provider}: Google did not say whose account it is; log in again")
    return email
