"""
What an authorization server keeps: who allowed what to whom, and every code and token that came of it.

A login is a family of tokens: the first pair, and those that refreshes gave since. An authorization code is good for
one use, within minutes, by the client, to the address and with the verifier it was asked for; its second use ends the
family. So does the second use of a refresh token, where they rotate. Time comes from the clock only; tokens are made
from serial numbers, so that a test that runs twice sees the same.

Source: RFC 6749, RFC 7636 (S256), RFC 8628 (device codes), RFC 9700 §4.14 (reuse of refresh tokens).
"""

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from enum import Enum
from hashlib import sha256

import msgspec

CODE_LIFETIME = 600.0  # seconds
DEVICE_LIFETIME = 900.0  # seconds
SLOWER = 5.0  # seconds that each `slow_down` adds to the interval


class OAuthError(Exception):
    """A refusal in the words of OAuth; `because` tells apart what `code` does not."""

    def __init__(self, code: str, description: str = "", *, status: int = 400, because: str = "") -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.status = status
        self.because = because


class Issued(msgspec.Struct, frozen=True):
    """What a login, or a refresh, leads to."""

    email: str
    client_id: str
    scope: str
    access_token: str
    refresh_token: str
    expires_at: float  # unix time
    family: int


class Allowed(msgspec.Struct, frozen=True):
    """What an authorization code stands for."""

    email: str
    client_id: str
    redirect_uri: str
    scope: str = ""
    challenge: str = ""  # S256; "": the client gave none
    state: str = ""


class Verdict(Enum):
    """What became of a device code."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class Device(msgspec.Struct):
    """A device that waits for somebody to allow it."""

    device_code: str
    user_code: str
    client_id: str
    scope: str
    challenge: str  # "": the client gave none
    ends_at: float  # unix time
    interval: float  # seconds
    verdict: Verdict = Verdict.PENDING
    email: str = ""  # whose account, once it is approved
    polls: int = 0
    polled_at: float | None = None  # unix time


class Grants:
    """
    The books of one vendor.

    Args:
        clock: Gives the unix time.
        lifetime: Seconds that an access token lasts.
        rotates: Whether a refresh gives a new refresh token and spends the old one.
        access, refresh: How tokens of either kind begin.
        interval: Seconds between two polls of a device.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        lifetime: float = 3600.0,
        rotates: bool = True,
        access: str = "",
        refresh: str = "",
        interval: float = 5.0,
    ) -> None:
        self.lifetime = lifetime
        self.interval = interval
        self.presented: Counter[str] = Counter()  # refresh tokens, good or not
        self.exchanged: Counter[str] = Counter()  # refresh tokens that new tokens were given for
        self._clock = clock
        self._rotates = rotates
        self._prefixes = {"access": access, "refresh": refresh}
        self._serial = 0
        self._codes: dict[str, tuple[Allowed, float]] = {}
        self._used_codes: dict[str, int] = {}  # and the family that came of each
        self._devices: dict[str, Device] = {}
        self._access: dict[str, Issued] = {}
        self._refresh: dict[str, Issued] = {}
        self._spent: set[str] = set()
        self._revoked: set[int] = set()

    def code_for(self, allowed: Allowed) -> str:
        """Return a code for what somebody allowed."""
        code = self._new("code")
        self._codes[code] = (allowed, self._clock() + CODE_LIFETIME)
        return code

    def redeem(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str = "", state: str | None = None
    ) -> Issued:
        """Give the first tokens for a code. A state of None was not asked for."""
        if code in self._used_codes:
            self._revoked.add(self._used_codes[code])
            raise OAuthError("invalid_grant", "The authorization code was used already", because="used")
        if code not in self._codes:
            raise OAuthError("invalid_grant", "The authorization code is unknown", because="unknown")
        allowed, ends_at = self._codes[code]
        if self._clock() >= ends_at:
            raise OAuthError("invalid_grant", "The authorization code has expired", because="expired")
        if client_id != allowed.client_id:
            raise OAuthError("invalid_grant", "The authorization code was given to another client")
        if redirect_uri != allowed.redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri is not the one the code was asked for with")
        if state is not None and state != allowed.state:
            raise OAuthError("invalid_grant", "state is not the one the code was asked for with")
        _check_verifier(verifier, allowed.challenge)
        del self._codes[code]
        issued = self.log_in(allowed.email, client_id=client_id, scope=allowed.scope)
        self._used_codes[code] = issued.family
        return issued

    def device_for(self, client_id: str, scope: str = "", challenge: str = "") -> Device:
        """Return the codes for a device that wants to be allowed."""
        letters = sha256(str(self._serial).encode()).hexdigest().upper()
        device = Device(
            device_code=self._new("device"),
            user_code=f"{letters[:4]}-{letters[4:8]}",
            client_id=client_id,
            scope=scope,
            challenge=challenge,
            ends_at=self._clock() + DEVICE_LIFETIME,
            interval=self.interval,
        )
        self._devices[device.device_code] = device
        return device

    def device_known_as(self, code: str) -> Device | None:
        """Return the device with this device code or, however it was typed, user code."""
        typed = code.strip().upper()
        return self._devices.get(code) or next((one for one in self._devices.values() if one.user_code == typed), None)

    def decide(self, user_code: str, email: str, *, allow: bool = True) -> bool:
        """Say for somebody that a device is his, or is not; tell whether there is one that waits for it."""
        device = self.device_known_as(user_code)
        if device is None or device.verdict is not Verdict.PENDING or self._clock() >= device.ends_at:
            return False
        device.verdict = Verdict.APPROVED if allow else Verdict.DENIED
        device.email = email
        return True

    def poll(self, device_code: str, *, client_id: str, verifier: str = "") -> Device:
        """Return the device once somebody allowed it, and forget it; until then say how it stands."""
        device = self._devices.get(device_code)
        if device is None or device.client_id != client_id:
            raise OAuthError("invalid_grant", "The device code is unknown", because="unknown")
        now, last = self._clock(), device.polled_at
        device.polls, device.polled_at = device.polls + 1, now
        if now >= device.ends_at:
            raise OAuthError("expired_token", "The device code has expired")
        if device.verdict is Verdict.DENIED:
            raise OAuthError("access_denied", "The user refused")
        if last is not None and now < last + device.interval:
            device.interval += SLOWER
            raise OAuthError("slow_down", "The device polls too often")
        if device.verdict is Verdict.PENDING:
            raise OAuthError("authorization_pending", "The user has not decided yet")
        _check_verifier(verifier, device.challenge)
        del self._devices[device_code]
        return device

    def log_in(self, email: str, *, client_id: str, scope: str = "", refreshable: bool = True) -> Issued:
        """Begin a family: the first tokens of a login."""
        self._serial += 1
        return self._issue(email, client_id, scope, self._serial, self._new("refresh") if refreshable else "")

    def refresh(self, token: str, *, client_id: str) -> Issued:
        """Give new tokens for a refresh token."""
        self.presented[token] += 1
        known = self._refresh.get(token)
        if known is None or known.client_id != client_id:
            raise OAuthError("invalid_grant", "Refresh token not found or invalid", because="unknown")
        if token in self._spent:
            self._revoked.add(known.family)
            raise OAuthError("invalid_grant", "Refresh token was used already", because="used")
        if known.family in self._revoked:
            raise OAuthError("invalid_grant", "Refresh token was revoked", because="revoked")
        self.exchanged[token] += 1
        if self._rotates:
            self._spent.add(token)
            token = self._new("refresh")
        return self._issue(known.email, known.client_id, known.scope, known.family, token)

    def find(self, access_token: str) -> Issued | None:
        """Return what an access token stands for; None when it has ended or was never given out."""
        issued = self._access.get(access_token)
        if issued is None or issued.family in self._revoked or self._clock() >= issued.expires_at:
            return None
        return issued

    def owner_of(self, access_token: str) -> str:
        """Return whose access token this is; "" for nobody's."""
        issued = self.find(access_token)
        return "" if issued is None else issued.email

    def holder_of(self, code_or_token: str) -> str:
        """Return whose code or refresh token this is or was; "" for nobody's."""
        if code_or_token in self._codes:
            return self._codes[code_or_token][0].email
        if code_or_token in self._refresh:
            return self._refresh[code_or_token].email
        device = self.device_known_as(code_or_token)
        return "" if device is None else device.email

    def family_of(self, refresh_token: str) -> int:
        """Return which login a refresh token is or was of; 0 for none."""
        return self._refresh[refresh_token].family if refresh_token in self._refresh else 0

    def expire(self, email: str) -> None:
        """End all access tokens of an account now; its refresh tokens stay good."""
        self._access = {token: issued for token, issued in self._access.items() if issued.email != email}

    def revoke(self, email: str) -> None:
        """Take back every token of an account."""
        self._revoked |= {issued.family for issued in self._refresh.values() if issued.email == email}
        self.expire(email)

    def _issue(self, email: str, client_id: str, scope: str, family: int, refresh_token: str) -> Issued:
        ends_at = self._clock() + self.lifetime
        issued = Issued(email, client_id, scope, self._new("access"), refresh_token, ends_at, family)
        self._access[issued.access_token] = issued
        if refresh_token:
            self._refresh[refresh_token] = issued
        return issued

    def _new(self, kind: str) -> str:
        self._serial += 1
        digest = sha256(f"{kind} {self._serial} {self._prefixes}".encode()).hexdigest()
        return self._prefixes.get(kind, "") + digest[:43]


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _check_verifier(verifier: str, challenge: str) -> None:
    if challenge and (not 43 <= len(verifier) <= 128 or challenge_of(verifier) != challenge):
        raise OAuthError("invalid_grant", "code_verifier does not match the challenge", because="verifier")
