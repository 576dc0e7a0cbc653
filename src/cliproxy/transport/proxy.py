"""Which proxy a call goes through: the call's own, the one for all, or the environment's."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the second
    getproxies_environment,
    proxy_bypass_environment,
)

from cliproxy.transport.base import Unreachable

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4", "socks4a")


class Proxies:
    """Chooses; what the environment says is read once."""

    def __init__(self, for_all: str = "") -> None:
        """`for_all`: URL for calls that name none; "direct": none; "": the environment's."""
        self.for_all = for_all
        self._environment = getproxies_environment()

    def chosen(self, wanted: str, scheme: str, host: str) -> str:
        """
        Return the URL of the proxy to a host, or "" for none. Raises Unreachable where it is of an unknown kind.

        Args:
            wanted: The call's own, as `for_all`.
            scheme: Of the upstream, `https` for one.
            host: Of the upstream. The environment's proxies are not for this machine's own addresses.
        """
        chosen = wanted or self.for_all or self._of_environment(scheme, host)
        if not chosen or chosen.lower() in ("direct", "none"):
            return ""
        if "://" not in chosen:  # as environments often have it
            chosen = f"http://{chosen}"
        kind, _, rest = chosen.partition("://")
        if kind.lower() not in _SCHEMES:
            known = ", ".join(_SCHEMES)
            raise Unreachable(
                f"the proxy {place(chosen)} is of no kind that is known here; its URL begins with {known}"
            )
        return f"{kind.lower()}://{rest}"

    def _of_environment(self, scheme: str, host: str) -> str:
        proxies = self._environment
        if not proxies or host in _LOOPBACK or proxy_bypass_environment(host, proxies):
            return ""
        return proxies.get(scheme) or proxies.get("all", "")


def place(proxy: str) -> str:
    """Return a proxy's host and port, for messages: its URL may hold a password."""
    try:
        url = urlsplit(proxy)
        host, port = url.hostname or "", url.port
    except ValueError:
        return "an address that cannot be read"
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown
