"""The endpoints on aiohttp: one handler, its limits, its drain; a client that leaves cancels it."""

from __future__ import annotations

import secrets
import ssl
from typing import cast

import msgspec
from aiohttp import web

from cliproxy.dialects.base import Dialect, RequestHead
from cliproxy.errors import RequestError, SetupError
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.server.access import principal_of
from cliproxy.server.client import BODY_IDLE_TIMEOUT, HttpClient, inbound_of
from cliproxy.server.connection import NAME, Connection, Server
from cliproxy.server.endpoints import Page, Route, presumed_dialect, route_of
from cliproxy.server.front import MEGABYTE, Front, answering, exchange_of
from cliproxy.server.websocket import IDLE_SOCKET, Socket, wants_socket
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Inbound

__all__ = ["Front", "Listener"]

IDLE_CONNECTION = 75.0  # seconds a connection may wait for its next request
MOST_HEADERS = 128
_ALLOWED = {  # to web pages, where client keys are asked for
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*",
}
_ROOT = msgspec.json.encode(
    {
        "message": "CLI Proxy API Server",
        "endpoints": [
            "POST /v1/chat/completions",
            "POST /v1/completions",
            "POST /v1/responses",
            "GET /v1/responses (websocket)",
            "POST /v1/responses/compact",
            "POST /v1/responses/input_tokens",
            "POST /v1/messages",
            "POST /v1/messages/count_tokens",
            "POST /v1beta/models/{model}:generateContent",
            "GET /v1/models",
        ],
    }
)
_HEALTHY = b'{"status":"ok"}'


class Listener:
    """Listens on one address and answers."""

    def __init__(
        self, front: Front, *, body_idle_timeout: float = BODY_IDLE_TIMEOUT, idle_socket: float = IDLE_SOCKET
    ) -> None:
        """
        Make ready to listen.

        Args:
            front: What serves requests.
            body_idle_timeout: Seconds of silence in the middle of a body.
            idle_socket: Seconds a websocket may wait for its next request.
        """
        self._front = front
        self._body_idle_timeout = body_idle_timeout
        self._idle_socket = idle_socket
        self._runner: web.ServerRunner | None = None
        self._sockets: set[Socket] = set()
        self._is_stopping = False

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port. Raises OSError where the address cannot be had, SetupError where TLS cannot."""
        config = self._front.snapshot().config
        server = Server(
            self._handle,
            header_timeout=config.limits.header_timeout_seconds,
            handler_cancellation=True,
            access_log=None,
            max_field_size=config.limits.max_header_kb * 1024,
            max_line_size=config.limits.max_header_kb * 1024,
            max_headers=MOST_HEADERS,
            keepalive_timeout=IDLE_CONNECTION,
        )
        # aiohttp takes 0 for "wait for ever"
        runner = web.ServerRunner(server, shutdown_timeout=config.shutdown_seconds or 0.05)
        await runner.setup()
        self._runner = runner
        context = _tls_context(config.tls.cert, config.tls.key) if config.tls.enable else None
        await web.TCPSite(runner, host or None, port, ssl_context=context, backlog=1024).start()
        return cast("int", runner.addresses[0][1])

    async def stop(self) -> None:
        """Take no more requests, let those in flight finish for the configured time, then hang up."""
        self._is_stopping = True
        for socket in self._sockets:
            socket.drain()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.head_is_here()
        exchange_id = secrets.token_hex(8)
        snapshot = self._front.snapshot()
        headers = {"Server": NAME, "X-Request-Id": exchange_id}
        if snapshot.config.api_keys:
            headers |= _ALLOWED
        try:
            return await self._answer(request, snapshot, exchange_id, headers)
        finally:
            connection.waits_for_head()

    async def _answer(
        self, request: web.BaseRequest, snapshot: Snapshot, exchange_id: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        if request.method == "OPTIONS" and snapshot.config.api_keys:
            return web.Response(status=204, headers=headers)
        route = route_of(request.method, request.path, request.headers)
        spoken = route.dialect if route else presumed_dialect(request.path, request.headers)
        dialect = snapshot.dialects[spoken]
        client = HttpClient(request, dialect, Framing.WHOLE, headers)
        async with answering(client, exchange_id, request.path):
            if route is None:
                message = f"{request.method} {request.path} is not served here"
                raise RequestError(message, status=404, code="not_found")
            longest = snapshot.config.limits.max_body_mb * MEGABYTE
            inbound = inbound_of(request, longest, idle_timeout=self._body_idle_timeout)
            if route.page is Page.SOCKET and wants_socket(request):
                return await self._serve_socket(request, inbound, snapshot, headers)
            if route.page is not None:
                body = await self._page(route, inbound, snapshot, dialect)
                return web.Response(body=body, content_type="application/json", headers=headers)
            client = await self._exchange(request, route, inbound, snapshot, dialect, exchange_id, headers)
        assert client.response is not None
        return client.response

    async def _page(self, route: Route, inbound: Inbound, snapshot: Snapshot, dialect: Dialect) -> bytes:
        match route.page:
            case Page.ROOT:
                return _ROOT
            case Page.HEALTH:
                return _HEALTHY
            case Page.SOCKET:
                message = "replies are read over a websocket here: send `Upgrade`, or POST to the same path"
                raise RequestError(message, status=426, code="upgrade_required")
            case Page.KEPT_REPLY:
                await principal_of(inbound, snapshot.access)
                message = f"Response with id {route.path['id']!r} not found: the gateway keeps no replies to be fetched"
                raise RequestError(message, status=404, code="not_found")
            case Page.MODELS:
                principal = await principal_of(inbound, snapshot.access)
                return dialect.list_models(snapshot.catalog.listing(principal.models, self._front.servable))
            case _:
                principal = await principal_of(inbound, snapshot.access)
                return dialect.show_model(snapshot.catalog.model(route.path["model"], principal.models))

    async def _exchange(
        self,
        request: web.BaseRequest,
        route: Route,
        inbound: Inbound,
        snapshot: Snapshot,
        dialect: Dialect,
        exchange_id: str,
        headers: dict[str, str],
    ) -> HttpClient:
        principal = await principal_of(inbound, snapshot.access)
        body = await inbound.read()
        path = {**route.path, "alt": inbound.query.get("alt") or inbound.query.get("$alt") or ""}
        assert route.operation is not None
        exchange = exchange_of(
            body,
            path,
            snapshot=snapshot,
            dialect=dialect,
            operation=route.operation,
            exchange_id=exchange_id,
            headers=inbound.headers,
            principal=principal,
            servable=self._front.servable,
        )
        silence = _silence(snapshot, exchange.head)
        client = HttpClient(request, dialect, exchange.head.framing, headers, silence=silence)
        await self._front.run(exchange, client, request.path)
        return client

    async def _serve_socket(
        self, request: web.BaseRequest, inbound: Inbound, snapshot: Snapshot, headers: dict[str, str]
    ) -> web.StreamResponse:
        await principal_of(inbound, snapshot.access)
        socket = Socket(self._front, request, inbound, idle_timeout=self._idle_socket)
        self._sockets.add(socket)
        if self._is_stopping:
            socket.drain()
        try:
            return await socket.serve(headers)
        finally:
            self._sockets.discard(socket)


def _silence(snapshot: Snapshot, head: RequestHead) -> float | None:
    config = snapshot.config
    return (config.streaming.keepalive_seconds if head.stream else config.nonstream_keepalive_interval) or None


def _tls_context(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # ssl.SSLError is one
        raise SetupError(f"tls.cert {cert!r} and tls.key {key!r} cannot be used: {error.strerror or error}") from None
    return context
