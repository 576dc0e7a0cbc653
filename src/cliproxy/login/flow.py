"""
How an account's token becomes a new one: requests as steps, without I/O.

In goes a credential with its refresh token, out come `Tokens`; in between are the requests that the vendor wants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from cliproxy.credentials.credential import Credential, Secret
from cliproxy.credentials.files.document import Tokens
from cliproxy.errors import Failure
from cliproxy.wire.http import Steps


class Client(Struct, frozen=True):
    """A program as a vendor's token server knows it."""

    id: str
    secret: Secret = Secret("")  # "": it has none


class RefreshFailed(Exception):  # noqa: N818 (what happened to the token)
    """
    No new token came. `failure` says why, and holds no secret.

    `is_certain`: the vendor said no, so the refresh token is unspent. Else its answer may have been lost, and the
    token with it.
    """

    def __init__(self, failure: Failure, *, is_certain: bool = False) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.is_certain = is_certain


class Revoked(RefreshFailed):
    """The vendor takes this refresh token no more: somebody must log in again."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure, is_certain=True)


class Refresh(Protocol):
    """How a provider's tokens are exchanged."""

    @property
    def lead(self) -> float:
        """Seconds before a token runs out, from which it is exchanged ahead."""
        ...

    @property
    def rotates(self) -> bool:
        """Whether a refresh token is good for one use only."""
        ...

    @property
    def yields_key(self) -> bool:
        """Whether a token only fetches the key that requests are sent with, and which outlasts it."""
        ...

    def steps(self, credential: Credential, *, now: float, client: Client | None = None) -> Steps[Tokens]:
        """
        Exchange the refresh token of a credential.

        Args:
            credential: Whose.
            now: Unix time at the start; what the vendor says will last is reckoned from here.
            client: The operator's own client, instead of the provider's.

        Raises:
            RefreshFailed: No new token came.
            Revoked: None will come again.
        """
        ...


ClientOf = Callable[[Credential], Client | None]
"""Which client an account was logged in by, where its file says so."""
