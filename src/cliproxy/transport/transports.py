"""All ways to upstreams that a gateway has, as its configuration wants them."""

from __future__ import annotations

import structlog

from cliproxy.config.schema import Config
from cliproxy.errors import SetupError
from cliproxy.transport import tls
from cliproxy.transport.base import Calling, Transport
from cliproxy.transport.carriers import Carriers
from cliproxy.transport.http import HttpTransport
from cliproxy.transport.relay import RelayTransport
from cliproxy.transport.websocket import SocketTransport
from cliproxy.wire.http import Carrier, HttpRequest


class Transports:
    """
    HTTP, websockets, and pages that dialled in.

    Who brings a transport of his own has no websockets: how they are to be opened is his to know.
    """

    def __init__(self, config: Config, brought: Transport | None = None) -> None:
        """Make them. Raises SetupError where certificates are to be trusted that cannot be read."""
        self._config = config
        self._tls = tls.context(config.upstream_tls.ca_file) if brought is None else None
        self._http = HttpTransport(**self._calling(config)) if brought is None else None
        self._sockets = SocketTransport(**self._calling(config)) if brought is None else None
        self.relay = RelayTransport(idle_timeout=config.upstream_timeouts.idle_seconds)
        ways = {Carrier.HTTP: brought or self._http, Carrier.WEBSOCKET: self._sockets, Carrier.RELAY: self.relay}
        self.all = Carriers({carrier: way for carrier, way in ways.items() if way is not None})

    def configure(self, config: Config) -> None:
        """Call upstreams so from now on; calls in flight are not concerned."""
        self._trust(config)
        if self._http is not None:
            self._http.configure(**self._calling(config))
        if self._sockets is not None:
            self._sockets.configure(**self._calling(config))
        self.relay.configure(idle_timeout=config.upstream_timeouts.idle_seconds)
        self._config = config

    def holds(self, request: HttpRequest) -> bool:
        """Tell whether the socket of the turn before is there for this one, and with it what was said."""
        return self._sockets is not None and self._sockets.holds(request)

    def release(self, channel: str) -> None:
        """Close what was kept open for a client that has left."""
        if self._sockets is not None:
            self._sockets.release(channel)

    async def close(self) -> None:
        """Close all connections."""
        await self.all.close()

    def _trust(self, config: Config) -> None:
        """Take over whose certificates are trusted; a file that cannot be used changes nothing."""
        if self._http is None or config.upstream_tls == self._config.upstream_tls:
            return
        try:
            self._tls = tls.context(config.upstream_tls.ca_file)
        except SetupError as error:
            structlog.get_logger().error(
                "configuration cannot be used", problems=[str(error)], then="who was trusted still is"
            )

    def _calling(self, config: Config) -> Calling:
        return {
            "connect_timeout": config.upstream_timeouts.connect_seconds,
            "answer_timeout": config.upstream_timeouts.for_answer,
            "idle_timeout": config.upstream_timeouts.idle_seconds,
            "proxy": config.proxy_url,
            "tls": self._tls,
        }
