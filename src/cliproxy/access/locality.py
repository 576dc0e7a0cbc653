"""Whose address counts. Without client keys the gateway serves loopback only."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from cliproxy.access.principal import AccessRequest, Principal
from cliproxy.errors import AccessDenied
from cliproxy.wire.http import Headers

_USUAL = ("127.0.0.1", "::1")
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip")  # headers, by which a proxy says for whom
_LOCAL_ENDINGS = ("localhost", "internal", "local", "home", "lan")  # of names that no registry gives out


class LoopbackOnly:
    """Lets clients of the same machine in, and nobody else: no web page either that is open in a browser there."""

    async def authenticate(self, request: AccessRequest) -> Principal | None:
        """Return the local principal. Raises AccessDenied for any other address."""
        if is_loopback(request.peer):
            origin = request.headers.get("origin")
            is_ours = not _is_led_here(host_of(request.headers.get("host", "")))
            if is_ours and (origin is None or is_loopback_host(host_of(origin.partition("://")[2]))):
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


def is_from_here(peer: str, headers: Headers) -> bool:
    """Tell whether a request comes from this machine itself; of one that a proxy passed on, the peer tells nothing."""
    return is_loopback(peer) and not any(name in headers for name in _PASSED_ON)


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name is this machine's own."""
    return host == "localhost" or is_loopback(host)


def host_of(address: str) -> str:
    """Return the host in `host:port`, without the brackets of IPv6; "" where it cannot be read."""
    try:
        return urlsplit(f"//{address.strip()}").hostname or ""
    except ValueError:
        return ""


def _is_led_here(host: str) -> bool:
    """Tell whether a name is one that anybody may register, and point at this machine for a page of his."""
    _, dot, ending = host.rstrip(".").rpartition(".")
    return bool(dot) and not ending.isdecimal() and ending not in _LOCAL_ENDINGS
