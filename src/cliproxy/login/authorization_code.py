"""
The authorization code grant: a person consents in a browser, which brings a code back, and the code buys tokens.

In goes what a login starts with, out comes the address of the vendor's page; in goes what the browser brought back, out
comes the account. Vendors differ in names, in form or JSON, in what they want beside the code, and in what must be
asked with the new token before it is known whose it is.

Source: RFC 6749 section 4.1, RFC 7636; `reference` sheets `providers/*`, section a, and `cli`, section 7 (read
2026-11-21).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from msgspec import Struct, structs

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import Callback, Client, LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.login.pkce import challenge, state_of, verifier_of
from cliproxy.login.token_server import Granted, asking, basic_login, granted, plain, text, unreachable
from cliproxy.wire.http import HttpRequest, Steps, fetched

LONGEST_CONSENT = 300.0  # seconds that a person has
DENIED = frozenset(("access_denied", "user_denied", "consent_required"))

AccountOf = Callable[[Granted, LoginSession], Steps[NewAccount]]
"""What follows on the tokens: requests that say whose they are, and the file to be written. May raise LoginError."""


class AuthorizationCode(Struct, frozen=True, kw_only=True):
    """The grant, as one vendor wants it."""

    provider: str  # as configuration names it, for an error that leads there
    authorize_url: str
    token_url: str
    client: Client  # its secret may be the operator's to give
    callback: Callback
    account: AccountOf
    scopes: tuple[str, ...] = ()
    query: Mapping[str, str] = {}  # of the vendor's page, beside what the grant has; "" takes out what it has
    uses_pkce: bool = True
    needs_secret: bool = False
    as_json: bool = False  # else the exchange is a form
    basic: bool = False  # the client also in an `Authorization` header
    sends_state: bool = False  # with the exchange too
    redirect_name: str = "redirect_uri"  # in the query of the vendor's page; in the exchange it is always this

    @property
    def kind(self) -> LoginKind:
        """A person consents in a browser."""
        return LoginKind.BROWSER

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Return the address of the vendor's page. Raises LoginError where a secret is missing."""
        yield from ()
        client = start.client or self.client
        if self.needs_secret and not client.secret:
            raise LoginError(
                f"{self.provider}: oauth-clients.{self.provider}.client-secret is not set, and without it this vendor"
                " gives no token; set it, then log in again"
            )
        callback = self.callback
        if start.port and not callback.is_fixed:
            callback = structs.replace(callback, port=start.port)
        verifier = verifier_of(start.entropy) if self.uses_pkce else Secret("")
        state = state_of(start.entropy)
        return LoginSession(
            provider=self.provider,
            kind=self.kind,
            expires_at=start.now + LONGEST_CONSENT,
            url=self._page(client, callback, verifier, state),
            state=state,
            callback=callback,
            start=start,
            client=client,
            verifier=verifier,
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """Exchange the code that came back, and return whose account it is. Raises LoginError."""
        code = self._code(session, answer, now)
        try:
            response = yield from fetched(self._exchange(session, code))
            shown = (code, session.verifier, session.client.secret, basic_login(session.client))
            tokens = granted(response, self.provider, *shown, now=now)
            return (yield from self.account(tokens, session))
        except ConnectionError as error:
            raise unreachable(self.provider, error) from None

    def _page(self, client: Client, callback: Callback, verifier: Secret, state: str) -> str:
        """Return the address at which the person consents."""
        query = {
            "client_id": client.id,
            "response_type": "code",
            self.redirect_name: _redirect(callback),
            "scope": " ".join(self.scopes),
            **challenge(verifier),
            "state": state,
            **self.query,
        }
        return f"{self.authorize_url}?{urlencode({name: value for name, value in query.items() if value})}"

    def _code(self, session: LoginSession, answer: Mapping[str, str], now: float) -> Secret:
        """Return the code of an answer that belongs to this login."""
        if now > session.expires_at:
            raise LoginError(f"{self.provider}: the answer came too late; log in again, and consent within 5 minutes")
        code, _, told = text(answer.get("code")).partition("#")
        state = told or answer.get("state")
        if state is not None and not hmac.compare_digest(state.encode(errors="replace"), session.state.encode()):
            raise LoginError(f"{self.provider}: the answer belongs to another login; log in again")
        if error := plain(answer.get("error")):
            raise self._not_allowed(error, plain(answer.get("error_description")))
        if state is None and not session.verifier:  # without PKCE nothing else tells whose code it is
            raise LoginError(f"{self.provider}: the answer has no state; paste the whole address the browser ended on")
        if not code:
            raise LoginError(f"{self.provider}: the answer has no code; log in again, or paste the whole address")
        return Secret(code)

    def _not_allowed(self, error: str, description: str) -> LoginError:
        if error in DENIED:
            return LoginError(f"{self.provider}: the login was not allowed in the browser; log in again and allow it")
        reason = f"{error}: {description}" if description else error
        return LoginError(f"{self.provider}: the vendor's page ended with an error ({reason}); log in again")

    def _exchange(self, session: LoginSession, code: Secret) -> HttpRequest:
        assert session.callback is not None
        fields = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": _redirect(session.callback),
            "code_verifier": session.verifier.reveal(),
            "state": session.state if self.sends_state else "",
        }
        return asking(
            self.token_url,
            {name: value for name, value in fields.items() if value},
            session.client,
            as_json=self.as_json,
            basic=self.basic,
            proxy=session.start.proxy.reveal(),
        )


def _redirect(callback: Callback) -> str:
    return f"http://localhost:{callback.port}{callback.path}"
