"""The endpoints on aiohttp: one handler, its limits, its drain; a client that leaves cancels it."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

import msgspec
from aiohttp import web

from cliproxy.dialects.base import Dialect
from cliproxy.errors import RequestError, SetupError
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.server.access import principal_of
from cliproxy.server.client import BODY_IDLE_TIMEOUT, HttpClient, inbound_of
from cliproxy.server.connection import NAME, Connection, Server
from cliproxy.server.endpoints import Page, Route, is_shut_to_pages, presumed_dialect, route_of
from cliproxy.server.front import MEGABYTE, Front, answering, exchange_of, silence_of
from cliproxy.server.internal import NativeRoute
from cliproxy.server.relay import Pages
from cliproxy.server.websocket import IDLE_SOCKET, Socket, wants_socket
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Inbound

__all__ = ["Front", "Handler", "Listener"]

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

IDLE_CONNECTION = 75.0  # seconds a connection may wait for its next request
MOST_HEADERS = 128
AT_ONCE = 0.05  # seconds; aiohttp takes 0 for "wait for ever"
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
            "GET /v1/ws (websocket)",
        ],
    }
)
_HEALTHY = b'{"status":"ok"}'


class Listener:
    """Listens on one address and answers."""

    def __init__(
        self,
        front: Front,
        *,
        pages: Pages | None = None,
        native: NativeRoute | None = None,
        extra: Mapping[str, Handler] | None = None,
        body_idle_timeout: float = BODY_IDLE_TIMEOUT,
        idle_socket: float = IDLE_SOCKET,
    ) -> None:
        """
        Make ready to listen.

        Args:
            front: What serves requests.
            pages: Where pages dial in; None: nowhere.
            native: What answers Cloud Code's own methods; None: nothing.
            extra: More of what is answered, by path, such as pages to log in; it sees to who may.
            body_idle_timeout: Seconds of silence in the middle of a body.
            idle_socket: Seconds a websocket may wait for its next request.
        """
        self._front = front
        self._pages = pages
        self._native = native
        self._extra = extra or {}
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
        runner = web.ServerRunner(server, shutdown_timeout=config.shutdown_seconds or AT_ONCE)
        await runner.setup()
        self._runner = runner
        context = _tls_context(config.tls.cert, config.tls.key) if config.tls.enable else None
        await web.TCPSite(runner, host or None, port, ssl_context=context, backlog=1024).start()
        return cast("int", runner.addresses[0][1])

    def reconsider(self) -> None:
        """Another configuration is in force: have pages leave that would not be let in any more."""
        if self._pages is not None:
            self._pages.reconsider()

    async def stop(self) -> None:
        """Take no more requests, let those in flight finish for the configured time, then hang up."""
        self._is_stopping = True
        for socket in self._sockets:
            socket.drain()
        runner, self._runner = self._runner, None
        if runner is not None:
            if self._pages is not None and len(self._pages):
                await self._drain_pages(self._pages, runner)
            await runner.cleanup()

    async def _drain_pages(self, pages: Pages, runner: web.ServerRunner) -> None:
        """Let pages make their calls to the end, which aiohttp would not: once it shuts down, it reads no more."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + (self._front.snapshot().config.shutdown_seconds or AT_ONCE)
        for site in tuple(runner.sites):
            await site.stop()
        await pages.drain(ends_at - loop.time())
        if runner.server is not None:
            runner.server.pre_shutdown()
            await runner.server.shutdown(max(ends_at - loop.time(), AT_ONCE))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.head_is_here()
        exchange_id = secrets.token_hex(8)
        snapshot = self._front.snapshot()
        headers = {"Server": NAME, "X-Request-Id": exchange_id}
        if snapshot.config.api_keys and not is_shut_to_pages(request.path):
            headers |= _ALLOWED
        try:
            if (extra := self._extra.get(request.path)) is not None:
                return await extra(request)
            return await self._answer(request, snapshot, exchange_id, headers)
        finally:
            connection.waits_for_head()

    async def _answer(
        self, request: web.BaseRequest, snapshot: Snapshot, exchange_id: str, headers: dict[str, str]
    ) -> web.StreamResponse:
        if request.method == "OPTIONS" and "Access-Control-Allow-Origin" in headers:
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
            if route.page is Page.RELAY and self._pages is not None and wants_socket(request):
                return await self._pages.serve(request, inbound, headers)
            if route.page is Page.INTERNAL and self._native is not None:
                return await self._native.answer(request, route, inbound, snapshot, exchange_id, headers)
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
            case Page.RELAY:
                raise RequestError("pages dial in here, by a websocket", status=426, code="upgrade_required")
            case Page.INTERNAL:
                raise RequestError("Cloud Code's methods are not served here", status=404, code="not_found")
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
        silence = silence_of(snapshot.config, exchange.head)
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


def _tls_context(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # ssl.SSLError is one
        raise SetupError(f"tls.cert {cert!r} and tls.key {key!r} cannot be used: {error.strerror or error}") from None
    return context
