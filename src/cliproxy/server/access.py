"""Who is asking: the chain of checks, applied to an inbound request."""

from __future__ import annotations

from collections.abc import Iterable

from cliproxy.access.principal import AccessProvider, AccessRequest, Principal
from cliproxy.errors import AccessDenied
from cliproxy.wire.http import Inbound


async def principal_of(inbound: Inbound, chain: Iterable[AccessProvider]) -> Principal:
    """
    Return who asks, as the first check knows that can judge.

    Raises:
        AccessDenied: A check refused, or none could judge: nobody is let in by default.
    """
    request = AccessRequest(inbound.path, inbound.headers, inbound.query, inbound.peer)
    for provider in chain:
        principal = await provider.authenticate(request)
        if principal is not None:
            return principal
    raise AccessDenied("nobody here knows you")
