"""
Google's service accounts: their key files, and the assertions that are worth a token.

An assertion is checked as Google does: the account it names exists and signed it, it is meant for the token endpoint,
it says what for, and it is of this hour.

Source: the provider sheet `vertex`, section c; RFC 7523;
https://developers.google.com/identity/protocols/oauth2/service-account (claims, errors).
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cliproxy.simulator.grants import OAuthError
from cliproxy.simulator.people import Person

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
LONGEST = 3600  # seconds an assertion may last
SKEW = 300  # seconds by which clocks may differ


class Asserted(msgspec.Struct, frozen=True):
    """What an assertion asks for."""

    email: str
    scope: str


class _Account(msgspec.Struct, frozen=True):
    project: str
    key_id: str
    key: rsa.RSAPrivateKey


class ServiceAccounts:
    """All service accounts there are."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._accounts: dict[str, _Account] = {}  # by e-mail

    def create(self, name: str) -> dict[str, str]:
        """Return the key file of a service account. `name`: its e-mail, or the project it is made for."""
        project = name.partition("@")[2].partition(".")[0] if "@" in name else name
        email = name if "@" in name else f"gateway@{project}.iam.gserviceaccount.com"
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key_id = sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()[:40]
        self._accounts[email] = _Account(project, key_id, key)
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": key_id,
            "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "client_email": email,
            "client_id": str(int(key_id[:16], 16)),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": TOKEN_URL,
            "universe_domain": "googleapis.com",
        }

    def remove(self, email: str) -> None:
        """Delete a service account; its assertions are worth nothing from then on."""
        self._accounts.pop(email, None)

    def person(self, email: str) -> Person | None:
        """Return a service account as if it were a person with one project; None where there is none."""
        account = self._accounts.get(email)
        return None if account is None else Person(email, projects=(account.project,), is_onboarded=True)

    def checked(self, assertion: str) -> Asserted:
        """Return what an assertion asks for; raises OAuthError where it is worth nothing."""
        email = _issuer_of(assertion)
        account = self._accounts.get(email)
        if account is None:
            raise OAuthError("invalid_grant", "Invalid grant: account not found")
        claims = _claims_of(assertion, account)
        self._check_time(claims)
        scope = claims.get("scope")
        if not isinstance(scope, str) or not scope:
            raise OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return Asserted(email, scope)

    def _check_time(self, claims: dict[str, Any]) -> None:
        begins, ends, now = claims.get("iat"), claims.get("exp"), self._clock()
        is_fine = (
            isinstance(begins, int | float)
            and isinstance(ends, int | float)
            and begins <= now + SKEW
            and now - SKEW < ends <= begins + LONGEST
        )
        if not is_fine:
            raise OAuthError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your"
                " iat and exp values in the JWT claim.",
            )


def _issuer_of(assertion: str) -> str:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "Invalid JWT: it cannot be read.") from error
    return str(claims.get("iss", ""))


def _claims_of(assertion: str, account: _Account) -> dict[str, Any]:
    try:
        key_id = jwt.get_unverified_header(assertion).get("kid", account.key_id)
        if key_id != account.key_id:
            raise OAuthError("invalid_grant", "Invalid JWT Signature.")
        return jwt.decode(
            assertion,
            account.key.public_key(),
            algorithms=["RS256"],
            audience=TOKEN_URL,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidAudienceError as error:
        raise OAuthError("invalid_grant", "Invalid JWT: Failed audience check.") from error
    except jwt.InvalidTokenError as error:
        raise OAuthError("invalid_grant", "Invalid JWT Signature.") from error
