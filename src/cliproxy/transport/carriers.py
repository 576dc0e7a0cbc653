"""What carries a call: HTTP, a websocket, or a page that dialled in. One transport in front of all."""

from __future__ import annotations

from collections.abc import Mapping

from cliproxy.transport.base import Transport, Unreachable, UpstreamResponse
from cliproxy.wire.http import Carrier, HttpRequest


class NotUpgraded(Unreachable):
    """The upstream speaks no websocket. It was told nothing yet: the same can be asked over HTTP."""


class Carriers:
    """Sends each call over what it asks for."""

    def __init__(self, transports: Mapping[Carrier, Transport]) -> None:
        self._transports = dict(transports)

    async def send(self, request: HttpRequest) -> UpstreamResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        transport = self._transports.get(request.carrier)
        if transport is None:
            raise Unreachable(f"nothing here carries calls over {request.carrier.value}")
        return await transport.send(request)

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            await transport.close()
