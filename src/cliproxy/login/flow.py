"""
How somebody's account becomes a credential file, and how its token becomes a new one: as steps, without I/O.

A login begins: out comes a `LoginSession`, which says what a person must do. He does it, and what he brings back, if
anything, ends the login: out comes a `NewAccount`, a file to be written. For a refresh in goes a credential with its
refresh token, out come `Tokens`. In between are the requests that the vendor wants.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
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


class LoginKind(enum.Enum):
    """What a person does to log in; also how a login is named where a provider has several."""

    BROWSER = "browser"  # he consents in a browser, which is then sent to a callback of ours
    DEVICE = "device"  # he types a code on a page, wherever he likes
    COOKIE = "cookie"  # he brings the cookie of a browser that is logged in
    KEY_FILE = "file"  # he brings a file that the vendor gave him


class Callback(Struct, frozen=True):
    """Where a browser is sent when a person has consented, on this machine."""

    port: int  # that the vendor sends it to; who listens elsewhere needs a tunnel from here
    path: str
    is_fixed: bool = False  # the vendor takes no other port, so only the listener can be moved


class LoginStart(Struct, frozen=True, kw_only=True):
    """What a login begins with."""

    now: float  # unix time
    entropy: bytes  # 128 bytes by chance, of which state and verifier are made; never used twice
    client: Client | None = None  # the operator's own, instead of the provider's
    port: int = 0  # for the callback; 0: the provider's
    proxy: Secret = Secret("")  # as for a credential
    options: Mapping[str, str] = {}  # `project`, `location`, `prefix`, `alias`: what somebody said when he started it

    def __repr__(self) -> str:
        """State and verifier are made of the entropy."""
        return f"LoginStart(now={self.now}, port={self.port}, options={dict(self.options)})"


class LoginSession(Struct, frozen=True, kw_only=True):
    """A login under way: what a person must do, and what is needed to end it."""

    provider: str
    kind: LoginKind
    expires_at: float  # unix time; whatever comes later is refused
    url: str = ""  # where the person goes on; "": nowhere
    user_code: str = ""  # what he types there, or compares with what he finds there; "": nothing
    question: str = ""  # what he is asked instead of going somewhere; his answer comes back as `answer`
    is_secret: bool = False  # whether that answer must not be shown
    state: str = ""  # what a callback must bring back; "": none is awaited
    callback: Callback | None = None
    start: LoginStart  # what it began with
    client: Client = Client("")  # that it is done by
    verifier: Secret = Secret("")  # of PKCE
    device_code: Secret = Secret("")
    interval: float = 5.0  # seconds between two questions whether he is done

    def __repr__(self) -> str:
        """Address and code are good for a login by whoever sees them first."""
        return f"LoginSession({self.provider}, {self.kind.value}, expires_at={self.expires_at})"


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account that somebody logged in to: a credential file to be written."""

    name: str  # of the file, in the Go program's way: `claude-ann@example.com.json`; it is safe as a file's name
    fields: Mapping[str, object]  # of the file, in order, JSON values
    assumed: frozenset[str] = frozenset()  # fields that nobody said: they count only where a file says nothing itself
    notes: tuple[str, ...] = ()  # what the person should know: a project that was chosen for him, for one

    def __repr__(self) -> str:
        """Most fields are secret."""
        return f"NewAccount({self.name}, fields={list(self.fields)})"


class LoginFlow(Protocol):
    """One way to log in at one provider."""

    @property
    def kind(self) -> LoginKind:
        """What the person does."""
        ...

    def begin(self, start: LoginStart) -> Steps[LoginSession]:
        """Begin, and return what the person must do. Raises LoginError."""
        ...

    def finish(self, session: LoginSession, answer: Mapping[str, str], *, now: float) -> Steps[NewAccount]:
        """
        End a login.

        Args:
            session: As it began.
            answer: What came back: `code`, `state`, `error`, `error_description` of a callback or of what was pasted;
                `answer` to the session's question; nothing for a device code, whose vendor is asked until it is done.
            now: Unix time at which that came.

        Raises:
            LoginError: It came to nothing. It names the provider, says what happened and what to do.
        """
        ...


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
    def is_stored(self) -> bool:
        """Whether new tokens go into the account's file; else they are made from what stands there, and kept by us."""
        ...

    @property
    def yields_key(self) -> bool:
        """Whether a token only fetches the key that requests are sent with, and which outlasts it."""
        ...

    def renews(self, credential: Credential) -> bool:
        """Tell whether an account has what a new token is got with."""
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
