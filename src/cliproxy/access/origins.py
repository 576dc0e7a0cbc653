"""
From which web pages a connection is taken.

A browser lets every page open a websocket to every host, and says in `Origin` which page it was. What is no browser
sends none. A page of this machine is let in, and one of the gateway's own address; a host name is none that can be
relied on, for whoever made the page may have pointed his own name here. All others are those that the operator lists.

Source: RFC 6455 section 10.2 (read 2026-11-21).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from fnmatch import fnmatchcase

from cliproxy.access.locality import host_of, is_loopback_host


def may_connect(origin: str | None, host: str, allowed: Iterable[str]) -> bool:
    """
    Tell whether a page may connect.

    Args:
        origin: Where it comes from, such as `https://aistudio.google.com`; None: it is none.
        host: What the request calls the gateway, with its port.
        allowed: Patterns of other origins.
    """
    if origin is None:
        return True
    given = origin.strip().lower()
    if any(fnmatchcase(given, pattern.strip().lower().rstrip("/")) for pattern in allowed):
        return True
    page = host_of(given.partition("://")[2])
    if is_loopback_host(page):
        return True
    return given.partition("://")[2] == host.strip().lower() and _is_address(page)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
