"""aiohttp's connections, as we want them: none waits for a request head for ever, and what is no HTTP is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

NAME = "cli-proxy-api"  # in the header `Server`


class Server(web.Server):
    """aiohttp's server, with connections that do not wait for a request head for ever."""

    def __init__(self, handler: Callable[..., object], *, header_timeout: float, **settings: object) -> None:
        super().__init__(handler, **settings)  # type: ignore[arg-type]
        self._header_timeout = header_timeout
        self._settings = {name: value for name, value in settings.items() if name != "handler_cancellation"}

    def __call__(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        return Connection(self, loop=loop, header_timeout=self._header_timeout, **self._settings)


class Connection(RequestHandler):
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
        response = web.Response(status=status, body=body, content_type="application/json", headers={"Server": NAME})
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
