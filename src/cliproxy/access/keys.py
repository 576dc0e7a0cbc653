"""
Client keys, looked up by digest.

A key is compared by its SHA-256, so that neither its length nor its first characters show in the time it takes.
Places a key may stand in: `reference` sheet `http-api` section 3; any right one is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.errors import AccessDenied

_HEADERS = ("x-goog-api-key", "x-api-key")
_QUERY = ("key", "auth_token")
_HANDLE_LENGTH = 12


class ClientKeys:
    """The keys of the configuration."""

    def __init__(self, keys: Iterable[str], models: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """
        Take the keys.

        Args:
            keys: All of them.
            models: Of some keys, patterns of the models that they are good for.
        """
        limits = models or {}
        self._by_digest = {_digest(key): _principal(key, limits.get(key)) for key in keys}

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        """Return whose key the request carries. Raises AccessDenied where it carries none, or only wrong ones."""
        if not self._by_digest:
            return None
        supplied = False
        for key in supplied_keys(request):
            supplied = True
            principal = self._by_digest.get(_digest(key))
            if principal is not None:
                return principal
        if supplied:
            raise AccessDenied("Invalid API key: it is none of the gateway's client keys (setting `api-keys`)")
        raise AccessDenied(
            "Missing API key: send one of the gateway's client keys as `Authorization: Bearer`, `x-api-key` or"
            " `x-goog-api-key`"
        )


def supplied_keys(request: AccessRequest) -> Iterator[str]:
    """Yield all keys a request carries."""
    authorization = request.headers.get("authorization")
    if authorization:
        scheme, _, token = authorization.strip().partition(" ")
        yield token.strip() if scheme.lower() == "bearer" and token else authorization.strip()
    for name in _HEADERS:
        if request.headers.get(name):
            yield request.headers[name].strip()
    for name in _QUERY:
        if request.query.get(name):
            yield request.query[name]


def _principal(key: str, models: tuple[str, ...] | None) -> Principal:
    return Principal(f"key-{_digest(key).hex()[:_HANDLE_LENGTH]}", models)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
