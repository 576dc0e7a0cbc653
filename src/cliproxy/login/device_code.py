"""
The device grant: a person types a code on a page, on whatever machine, and the vendor is asked until he has.

In goes what a login starts with, out comes the page and the code; then out comes a question every few seconds, until
the answer is an account, or the vendor or the clock ends it. Time is what answers are stamped with, else the pauses.

Source: RFC 8628 sections 3.1 to 3.5; `reference` sheets `providers/qwen` and `providers/kimi`, section a (read
2026-11-21). On `slow_down` the RFC is followed, not the Go program.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.authorization_code import AccountOf
from cliproxy.login.flow import Client, LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.login.pkce import SHORT, challenge, verifier_of
from cliproxy.login.token_server import (
    asking,
    expiry,
    granted,
    heard,
    object_in,
    plain,
    refused,
    text,
    token_in,
    unreachable,
    words,
)
from cliproxy.wire.http import HeaderList, HttpRequest, HttpResponse, Steps, Wait, fetched

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
USUAL_INTERVAL, LONGEST_INTERVAL = 5.0, 60.0  # seconds between two questions
SLOWER = 5.0  # seconds more after each `slow_down`
USUAL_LIFE, LONGEST_LIFE = 900.0, 1800.0  # seconds that a person has

_ADDRESS = re.compile(r"https?://[!-~]{3,2000}")


class Verdict(enum.Enum):
    """What an answer to the question whether he is done means."""

    DONE = "done"
    PENDING = "pending"
    TOO_FAST = "too fast"


def no_headers(start: LoginStart) -> HeaderList:
    """Add nothing."""
    return ()


class DeviceCode(Struct, frozen=True, kw_only=True):
    """The grant, as one vendor wants it."""

    provider: str
    device_url: str
    token_url: str
    client: Client
    account: AccountOf
    scopes: tuple[str, ...] = ()
    uses_pkce: bool = False
    headers: Callable[[LoginStart], HeaderList] = no_headers  # of every request of one login

    @property
    def kind(self) -> LoginKind:
        """A person types a code."""
        return LoginKind.DEVICE

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Ask for a code, and return where it must be typed. Raises LoginError."""
        client = start.client or self.client
        verifier = verifier_of(start.entropy, SHORT) if self.uses_pkce else Secret("")
        fields = {"scope": " ".join(self.scopes)} if self.scopes else {}
        response = yield from heard(
            self.provider, self._asking(self.device_url, {**fields, **challenge(verifier)}, client, start)
        )
        answer = object_in(response.body) or {}
        device_code = token_in(answer, "device_code")
        whole, url = text(answer.get("verification_uri_complete")), text(answer.get("verification_uri"))
        page = whole if _ADDRESS.fullmatch(whole) else url
        if response.status >= 300 or not device_code or not _ADDRESS.fullmatch(page):
            raise refused(response, self.provider, client.secret)
        at = response.at or start.now
        return LoginSession(
            provider=self.provider,
            kind=self.kind,
            expires_at=min(expiry(answer.get("expires_in"), at) or at + USUAL_LIFE, at + LONGEST_LIFE),
            url=page,
            user_code=plain(answer.get("user_code")),
            start=start,
            client=client,
            verifier=verifier,
            device_code=device_code,
            interval=interval_of(answer.get("interval")),
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """Ask until he is done, and return whose account it is. Raises LoginError."""
        fields = {"grant_type": GRANT, "device_code": session.device_code.reveal()}
        if session.verifier:
            fields["code_verifier"] = session.verifier.reveal()
        secrets = (session.device_code, session.verifier, session.client.secret)
        request = self._asking(self.token_url, fields, session.client, session.start)
        response = yield from polled(session, request, lambda one: self._verdict(one, secrets), now=now)
        tokens = granted(response, self.provider, *secrets, now=now)
        try:
            return (yield from self.account(tokens, session))
        except ConnectionError as error:
            raise unreachable(self.provider, error) from None

    def _asking(self, url: str, fields: Mapping[str, str], client: Client, start: LoginStart) -> HttpRequest:
        return asking(url, fields, client, headers=self.headers(start), proxy=start.proxy.reveal())

    def _verdict(self, response: HttpResponse, secrets: tuple[Secret, ...]) -> Verdict:
        """Say what an answer means; its words count, whatever its status. Raises LoginError."""
        answer = object_in(response.body)
        codes, _ = words(answer or {})
        if "authorization_pending" in codes:
            return Verdict.PENDING
        if "slow_down" in codes or response.status == 429:
            return Verdict.TOO_FAST
        if "access_denied" in codes:
            raise LoginError(f"{self.provider}: the login was not allowed on the vendor's page; log in again, allow it")
        if "expired_token" in codes:
            raise too_late(self.provider)
        if response.status >= 500:
            return Verdict.PENDING
        if answer is not None and token_in(answer, "access_token"):
            return Verdict.DONE
        raise refused(response, self.provider, *secrets)


def polled(
    session: LoginSession, request: HttpRequest, judge: Callable[[HttpResponse], Verdict], *, now: float
) -> Steps[HttpResponse]:
    """
    Ask every few seconds, and return the answer that is judged done.

    Without an answer it is asked on, until the session's end. Whoever drives these steps must give their requests
    together as long as the session lasts.

    Raises:
        LoginError: The time is over; or what `judge` raises.
    """
    interval, at = session.interval, now
    while at < session.expires_at:
        yield Wait(interval)
        at += interval
        try:
            response = yield from fetched(request)
        except ConnectionError:
            continue
        at = max(at, response.at)
        verdict = judge(response)
        if verdict is Verdict.DONE:
            return response
        if verdict is Verdict.TOO_FAST:
            interval = min(interval + SLOWER, LONGEST_INTERVAL)
    raise too_late(session.provider)


def too_late(provider: str) -> LoginError:
    """Return why a login came to nothing whose time is over."""
    return LoginError(f"{provider}: the code was not used in time; log in again")


def interval_of(said: object) -> float:
    """Return how many seconds to wait between two questions, as a vendor said, in bounds."""
    seconds = expiry(said, 0.0) or USUAL_INTERVAL
    return min(max(seconds, 1.0), LONGEST_INTERVAL)
