"""
A login by the cookie of a browser that is logged in: a person copies it, and it buys what requests are sent with.

In goes what he pasted, out comes the account. Of all the cookies of the page, only the one that counts is kept.

Source: `reference` sheet `providers/iflow`, section a ("Cookie"; read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from cliproxy.credentials.credential import Secret
from cliproxy.errors import LoginError
from cliproxy.login.flow import LoginKind, LoginSession, LoginStart, NewAccount
from cliproxy.login.token_server import unreachable
from cliproxy.wire.http import Steps

LONGEST = 16 * 1024  # characters; browsers keep less for one site
LONGEST_ANSWER = 600.0  # seconds that a person has

_LABEL = re.compile(r"^cookie\s*:\s*", re.IGNORECASE)  # as it is copied from a browser's tools
_HEADER = re.compile(r"[ -~]+")

AccountOf = Callable[[Secret, Secret, LoginSession, float], Steps[NewAccount]]
"""What a cookie buys, as it was pasted and as it is kept, at that time: requests, and the file to be written."""


class Cookie(Struct, frozen=True, kw_only=True):
    """The login, as one vendor has it."""

    provider: str
    page: str  # where the person is logged in
    wanted: str  # name of the cookie that counts
    account: AccountOf

    @property
    def kind(self) -> LoginKind:
        """A person brings a cookie."""
        return LoginKind.COOKIE

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Return what he is asked."""
        yield from ()
        return LoginSession(
            provider=self.provider,
            kind=self.kind,
            expires_at=start.now + LONGEST_ANSWER,
            question=f"Cookie of {self.page}, which holds {self.wanted}",
            is_secret=True,
            start=start,
        )

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """Take the cookie, and return the account it belongs to. Raises LoginError."""
        if now > session.expires_at:
            raise LoginError(f"{self.provider}: the cookie came too late; log in again, and paste it within 10 minutes")
        whole, kept = self._read(answer.get("answer", ""))
        try:
            return (yield from self.account(whole, kept, session, now))
        except ConnectionError as error:
            raise unreachable(self.provider, error) from None

    def _read(self, pasted: str) -> tuple[Secret, Secret]:
        """Return a cookie header whole, and only what counts of it."""
        if len(pasted) > LONGEST:
            raise LoginError(
                f"{self.provider}: what was pasted is too long for a cookie; copy the `Cookie` header only"
            )
        whole = _LABEL.sub("", " ".join(pasted.split())).rstrip("; ")
        cookies = dict(one.strip().partition("=")[::2] for one in reversed(whole.split(";")))
        value = cookies.get(self.wanted, "").strip()
        if not value or not _HEADER.fullmatch(whole):
            raise LoginError(
                f"{self.provider}: there is no {self.wanted}=… in what was pasted; log in at {self.page} in a browser,"
                " and copy the `Cookie` header of one of its requests"
            )
        return Secret(f"{whole};"), Secret(f"{self.wanted}={value};")
