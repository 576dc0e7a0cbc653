"""The endpoints on aiohttp: one handler, its limits, its drain; a client that leaves cancels it."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec
import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from cliproxy.dialects.base import Dialect, RequestHead
from cliproxy.dispatch.dispatcher import Dispatcher
from cliproxy.dispatch.exchange import Exchange
from cliproxy.errors import GatewayError, RequestError, SetupError
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.server.access import principal_of
from cliproxy.server.client import BODY_IDLE_TIMEOUT, HttpClient, inbound_of
from cliproxy.server.endpoints import FALLBACK_DIALECT, Page, Route, route_of
from cliproxy.wire.body import readable
from cliproxy.wire.frames import Framing
from cliproxy.wire.http import Inbound

MEGABYTE = 1024 * 1024
IDLE_CONNECTION = 75.0  # seconds a connection may wait for its next request
MOST_HEADERS = 128
_SERVER = "cli-proxy-api"
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
            "POST /v1/messages",
            "POST /v1beta/models/{model}:generateContent",
            "GET /v1/models",
        ],
    }
)
_HEALTHY = b'{"status":"ok"}'


@dataclass(frozen=True, slots=True)
class Front:
    """What the handler needs, current at each request."""

    snapshot: Callable[[], Snapshot]
    dispatcher: Callable[[], Dispatcher]


class Listener:
    """Listens on one address and answers."""

    def __init__(self, front: Front, *, body_idle_timeout: float = BODY_IDLE_TIMEOUT) -> None:
        self._front = front
        self._body_idle_timeout = body_idle_timeout  # seconds
        self._log = structlog.get_logger()
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port. Raises OSError where the address cannot be had, SetupError where TLS cannot."""
        config = self._front.snapshot().config
        server = _Server(
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
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, _Connection)
        connection.head_is_here()
        exchange_id = secrets.token_hex(8)
        snapshot = self._front.snapshot()
        headers = {"Server": _SERVER, "X-Request-Id": exchange_id}
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
        dialect = snapshot.dialects[route.dialect if route else FALLBACK_DIALECT]
        client = HttpClient(request, dialect, Framing.WHOLE, headers)
        try:
            if route is None:
                message = f"{request.method} {request.path} is not served here"
                raise RequestError(message, status=404, code="not_found")  # noqa: TRY301 (one place answers errors)
            longest = snapshot.config.limits.max_body_mb * MEGABYTE
            inbound = inbound_of(request, longest, idle_timeout=self._body_idle_timeout)
            if route.operation is None:
                body = await self._page(route, inbound, snapshot, dialect)
                return web.Response(body=body, content_type="application/json", headers=headers)
            client = await self._exchange(request, route, inbound, snapshot, dialect, exchange_id, headers)
        except GatewayError as error:
            await client.fail(error)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 (a fault of ours costs one request, and is logged)
            await self._failed(client, exchange_id, request.path)
        assert client.response is not None
        return client.response

    async def _page(self, route: Route, inbound: Inbound, snapshot: Snapshot, dialect: Dialect) -> bytes:
        match route.page:
            case Page.ROOT:
                return _ROOT
            case Page.HEALTH:
                return _HEALTHY
            case Page.WEBSOCKET:
                # Codex goes on over HTTP at once when it sees this status; any other costs its retries first.
                # Source: `reference` sheet `real-clients`, trap 10.
                message = "Responses over a websocket are not served by this version; POST to the same path"
                raise RequestError(message, status=426, code="upgrade_required")
            case Page.MODELS:
                await principal_of(inbound, snapshot.access)
                return dialect.list_models(snapshot.catalog.models)
            case _:
                await principal_of(inbound, snapshot.access)
                return dialect.show_model(snapshot.catalog.model(route.path["model"]))

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
        head, body = _head(dialect, body, path)
        assert route.operation is not None
        plan = snapshot.catalog.plan(head.model, dialect, route.operation, stream=head.stream)
        silence = _silence(snapshot, head)
        client = HttpClient(request, dialect, head.framing, headers, silence=silence)
        exchange = Exchange(exchange_id, dialect, route.operation, head, body, inbound.headers, principal, plan)
        try:
            async with client.kept_alive():
                await self._front.dispatcher().run(exchange, client)
        except GatewayError as error:
            await client.fail(error)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 (the same, where a reply may have begun)
            await self._failed(client, exchange_id, request.path)
        return client

    async def _failed(self, client: HttpClient, exchange_id: str, path: str) -> None:
        # A plain trace: a prettier one, which a host may have set up, prints local variables, and those hold secrets.
        self._log.error("exchange failed", exchange=exchange_id, path=path, trace=traceback.format_exc())
        await client.fail(GatewayError("the gateway failed; its log says why"))


def _head(dialect: Dialect, body: bytes, path: dict[str, str]) -> tuple[RequestHead, bytes]:
    """Return a request's head, and its body as every decoder takes it."""
    body = readable(body)
    return dialect.read_head(body, path), body


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


class _Server(web.Server):
    """aiohttp's server, with connections that do not wait for a request head for ever."""

    def __init__(self, handler: Callable[..., object], *, header_timeout: float, **settings: object) -> None:
        super().__init__(handler, **settings)  # type: ignore[arg-type]
        self._header_timeout = header_timeout
        self._settings = {name: value for name, value in settings.items() if name != "handler_cancellation"}

    def __call__(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        return _Connection(self, loop=loop, header_timeout=self._header_timeout, **self._settings)


class _Connection(RequestHandler):
    """Hangs up when a request head is not complete in time."""

    __slots__ = ("_head_timer", "_header_timeout", "_serving")

    def __init__(
        self, server: web.Server, *, loop: asyncio.AbstractEventLoop, header_timeout: float, **settings: object
    ) -> None:
        super().__init__(server, loop=loop, **settings)  # type: ignore[arg-type]
        self._header_timeout = header_timeout
        self._head_timer: asyncio.TimerHandle | None = None
        self._serving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if not self._serving and self._head_timer is None:
            self._expect_head()
        super().data_received(data)

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 (aiohttp's signature)
        """Let the request in flight finish for so many seconds; aiohttp would wait as long again after that."""
        patience = self._loop.call_later(timeout or 0.0, self._give_up)
        try:
            await super().shutdown(timeout)
        finally:
            patience.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def head_is_here(self) -> None:
        """A request has begun."""
        self._serving = True
        self._forget()

    def waits_for_head(self) -> None:
        """It has been answered. From its first byte, the next one has its time."""
        self._serving = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or HTTP beyond the limits, in the words of an API."""
        told = "the request cannot be read as HTTP" if status < 500 else "the gateway failed"
        reason = f": {message.splitlines()[0]}" if message and status < 500 else ""
        body = msgspec.json.encode(
            {"error": {"message": told + reason, "type": "invalid_request_error", "param": None, "code": None}}
        )
        headers = {"Server": _SERVER}
        response = web.Response(status=status, body=body, content_type="application/json", headers=headers)
        response.force_close()
        return response

    def log_exception(self, *args: object, **kw: object) -> None:
        """Log what is a fault; a body that cannot be unpacked is the client's, who was told."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def _expect_head(self) -> None:
        loop = asyncio.get_running_loop()
        self._head_timer = loop.call_later(self._header_timeout, self._hang_up)

    def _hang_up(self) -> None:
        self._head_timer = None
        if not self._serving and self.transport is not None:
            self.transport.close()

    def _give_up(self) -> None:
        if self._task_handler is not None:
            self._task_handler.cancel()

    def _forget(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
