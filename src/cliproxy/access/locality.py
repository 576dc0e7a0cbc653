"""Whose address counts. Without client keys the gateway serves loopback only."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.errors import AccessDenied

_USUAL = ("127.0.0.1", "::1")


class LoopbackOnly:
    """Lets clients of the same machine in, and nobody else: no web page either that is open in a browser there."""

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        """Return the local principal. Raises AccessDenied for any other address."""
        if is_loopback(request.peer):
            origin = request.headers.get("origin")
            if origin is None or is_loopback_host(urlsplit(origin).hostname or ""):
                return Principal("local")
            raise AccessDenied(
                "no client keys are configured, so web pages are not served; set `api-keys`",
                status=403,
                code="not_local",
            )
        raise AccessDenied(
            "no client keys are configured, so only clients of the same machine are served; set `api-keys`",
            status=403,
            code="not_local",
        )


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own, in either version of IP."""
    if address in _USUAL:
        return True
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name is this machine's own."""
    return host == "localhost" or is_loopback(host)
