"""Credentials, failures and pools for the tests of this folder."""

from __future__ import annotations

from cliproxy.credentials.credential import Candidate, Credential, Secret
from cliproxy.credentials.pool import CredentialPool, Policy
from cliproxy.errors import Failure, FailureKind

NOW = 1_000_000.0


def credential(name: str, secret: str = "s", **changes: object) -> Credential:
    """Return a credential of provider `p`, and of an account of its own."""
    fields: dict[str, object] = {"provider": "p", "account": f"account of {name}", **changes}
    return Credential(id=name, secret=Secret(secret), **fields)  # type: ignore[arg-type]


def pool_of(*names: str, **policy: object) -> tuple[CredentialPool, tuple[Candidate, ...]]:
    """Return a pool of these, and what they are asked for."""
    pool = CredentialPool([credential(name) for name in names], Policy(**policy))  # type: ignore[arg-type]
    return pool, tuple(Candidate(name, "m") for name in names)


def limited(retry_after: float | None = None) -> Failure:
    """Return a rate limit of one model."""
    return Failure(FailureKind.RATE_LIMITED, 429, "slow down", retry_after=retry_after)


def spent(rests_until: float | None = None, scope: str = "account") -> Failure:
    """Return a spent quota."""
    return Failure(FailureKind.QUOTA_SPENT, 429, "spent", rests_until=rests_until, scope=scope)


def unauthorized() -> Failure:
    """Return a refused token."""
    return Failure(FailureKind.UNAUTHORIZED, 401, "who?", scope="account")
