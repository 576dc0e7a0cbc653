"""
`/v1internal:*`, as Gemini CLI asks Cloud Code: for programs of this machine, without a key.

What is asked of a model is answered like any other request, by whoever can serve it. All else is about the account
that the program itself has logged in with, so it goes on to Google, as it came, with its answer on the way back.

Source: `reference` sheets `http-api` section 7.9, `dialects/gemini-cli` (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from msgspec import Struct

from cliproxy.access.locality import host_of, is_from_here, is_loopback_host
from cliproxy.access.principal import Principal
from cliproxy.dialects.base import Operation
from cliproxy.errors import AccessDenied, GatewayError
from cliproxy.providers.gemini_cli import opened
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.server.client import HttpClient
from cliproxy.server.enclosing import KEEP_ALIVE, Enclosing
from cliproxy.server.endpoints import Route
from cliproxy.server.front import Client, Front, exchange_of, silence_of
from cliproxy.transport.base import Transport, TransportError, Unreachable
from cliproxy.wire.body import read_leniently
from cliproxy.wire.headers import can_go_on
from cliproxy.wire.http import HttpRequest, Inbound

DIALECT = "gemini"
UPSTREAM = "https://cloudcode-pa.googleapis.com"
LONGEST_ANSWER = 16 * 1024 * 1024  # bytes of what Google says of an account

_FROM_A_BROWSER = ("origin", "sec-fetch-site")
_NOT_PASSED = {  # about this hop
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_BROUGHT_BACK = ("Content-Type", "Content-Encoding", "Retry-After")


class _Counted(Struct):
    model: str = ""


class _Count(Struct):
    request: _Counted = msgspec.field(default_factory=_Counted)


_decode_count = msgspec.json.Decoder(_Count).decode


class NativeRoute:
    """Answers what Gemini CLI asks."""

    def __init__(self, front: Front, transport: Transport) -> None:
        """
        Make ready.

        Args:
            front: What serves requests.
            transport: What goes on to Google goes over it.
        """
        self._front = front
        self._transport = transport

    async def answer(
        self,
        request: web.BaseRequest,
        route: Route,
        inbound: Inbound,
        snapshot: Snapshot,
        exchange_id: str,
        headers: Mapping[str, str],
    ) -> web.StreamResponse:
        """Answer a request. Raises GatewayError."""
        check_local(inbound)
        if route.operation is None:
            return await self._forwarded(inbound, snapshot, headers)
        return await self._asked(request, route, inbound, snapshot, exchange_id, headers)

    async def _asked(
        self,
        request: web.BaseRequest,
        route: Route,
        inbound: Inbound,
        snapshot: Snapshot,
        exchange_id: str,
        headers: Mapping[str, str],
    ) -> web.StreamResponse:
        body = await inbound.read()
        model, asked = opened(body)
        dialect = snapshot.dialects[DIALECT]
        assert route.operation is not None
        exchange = exchange_of(
            asked,
            {"model": model or _counted_model(body), "method": route.path["method"], "alt": "sse"},
            snapshot=snapshot,
            dialect=dialect,
            operation=route.operation,
            exchange_id=exchange_id,
            headers=inbound.headers,
            principal=Principal("local"),
            servable=self._front.servable,
        )
        spoken = replace(dialect, keep_alive=KEEP_ALIVE)
        silence = silence_of(snapshot.config, exchange.head)
        client = HttpClient(request, spoken, exchange.head.framing, headers, silence=silence)
        # A count has no envelope, neither there nor here.
        way: Client = client if route.operation is Operation.COUNT_TOKENS else Enclosing(client)
        await self._front.run(exchange, way, request.path)
        assert client.response is not None
        return client.response

    async def _forwarded(self, inbound: Inbound, snapshot: Snapshot, headers: Mapping[str, str]) -> web.Response:
        keys = snapshot.config.api_keys
        query = urlencode([(name, value) for name, value in inbound.query.items() if value not in keys])
        url = UPSTREAM + inbound.path + (f"?{query}" if query else "")
        call = HttpRequest(inbound.method, url, tuple(_passed(inbound, keys)), await inbound.read())
        try:
            async with await self._transport.send(call) as response:
                body = await response.read(LONGEST_ANSWER)
                told = {name: response.headers[name] for name in _BROUGHT_BACK if name in response.headers}
        except TransportError as error:
            status = 504 if isinstance(error, Unreachable) and error.timed_out else 502
            raise GatewayError(str(error), status=status, code="upstream_error") from None
        kept = {name: value for name, value in told.items() if can_go_on(name, value)}
        return web.Response(status=response.status, body=body, headers={**kept, **headers})


def check_local(inbound: Inbound) -> None:
    """Let in programs of this machine only: no other machine, and no web page. Raises AccessDenied."""
    headers = inbound.headers
    is_local = (
        is_from_here(inbound.peer, headers)
        and is_loopback_host(host_of(headers.get("host", "")))
        and not any(name in headers for name in _FROM_A_BROWSER)
    )
    if not is_local:
        message = "this path is for programs of the same machine; others have `/v1beta/models`, with a client key"
        raise AccessDenied(message, status=403, code="not_local")


def _counted_model(body: bytes) -> str:
    """Return the model of a request to count, which stands within it."""
    told = read_leniently(_decode_count, body)
    return told.request.model.removeprefix("models/") if told is not None else ""


def _passed(inbound: Inbound, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the headers that go on: all that are for the other end, but for our own clients' keys."""
    named = {name.strip().lower() for name in inbound.headers.get("connection", "").split(",")}
    for name, value in inbound.headers.items():
        if name.lower() not in _NOT_PASSED | named and not any(key in value for key in keys):
            yield name, value
