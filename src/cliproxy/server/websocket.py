"""
The Responses API over a websocket: each frame from the client is a request, each event of its reply a frame.

Requests run one after the other. A reader task per socket takes frames in meanwhile, so that a close is seen during a
turn: it cancels the turn, and with it the call upstream. What cannot be served is told in a frame; the socket is only
closed on somebody who breaks its rules, after long silence, and at the end of the gateway.

Source: `reference` sheets `real-clients` trap 10 and Codex, `http-api` section 7.7 (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import WSCloseCode, WSMsgType, web

from cliproxy.dialects.base import Operation
from cliproxy.dispatch.exchange import Exchange, NobodyToWarm
from cliproxy.errors import NoCredentialReady, RequestError, UpstreamError
from cliproxy.server.access import principal_of
from cliproxy.server.front import MEGABYTE, Front, answering, exchange_of
from cliproxy.server.socket_client import SocketClient
from cliproxy.server.turns import Turns
from cliproxy.wire.http import Headers, Inbound

DIALECT = "openai_responses"
IDLE_SOCKET = 15 * 60.0  # seconds a socket may wait for its next request
MOST_WAITING = 16  # frames behind the one that is being answered

_HEARTBEAT = 30.0  # seconds of silence before a ping; half of that later, a client that did not answer is gone
_CLOSING_TIME = 2.0  # seconds for the client's half of a close
_ROUTING = "x-codex-turn-state"  # comes back as it was sent
_SOCKET_VERSION = "responses_websockets="


class _Waiting(NamedTuple):
    """A frame that has its turn to come."""

    data: bytes
    is_text: bool


def wants_socket(request: web.BaseRequest) -> bool:
    """Tell whether a request asks for an upgrade."""
    return request.method == "GET" and request.headers.get("upgrade", "").strip().lower() == "websocket"


class Socket:
    """One websocket, from its upgrade to its end."""

    def __init__(
        self, front: Front, request: web.BaseRequest, inbound: Inbound, *, idle_timeout: float = IDLE_SOCKET
    ) -> None:
        """
        Make ready for an upgrade.

        Args:
            front: What serves its requests.
            request: Which asks for the upgrade; the client was let in.
            inbound: The same, as other rooms see it.
            idle_timeout: Seconds the socket may wait for its next request.

        Raises:
            RequestError: This is no upgrade.
        """
        self._longest = front.snapshot().config.limits.max_body_mb * MEGABYTE
        self._socket: web.WebSocketResponse[bool] = web.WebSocketResponse(
            max_msg_size=self._longest,
            heartbeat=_HEARTBEAT,
            timeout=_CLOSING_TIME,
            compress=False,  # for every token anew, it costs more than it saves
            decode_text=False,
        )
        if "sec-websocket-protocol" in request.headers:  # aiohttp logs those, and some hold a key
            raise RequestError("no websocket subprotocol is spoken here")
        if not self._socket.can_prepare(request):
            raise RequestError("this is no websocket handshake")
        self._front = front
        self._request = request
        self._inbound = inbound
        self._idle_timeout = idle_timeout
        self._headers = _of_each_turn(request)
        self._turns = Turns()
        self._channel = secrets.token_hex(8)
        self._waiting: asyncio.Queue[_Waiting | None] = asyncio.Queue()  # None: look whether it is time to go
        self._waiting_bytes = 0
        self._is_draining = False

    def drain(self) -> None:
        """Let the turn under way finish, begin no other, then close."""
        self._is_draining = True
        if self._waiting.empty():
            self._waiting.put_nowait(None)

    async def serve(self, headers: Mapping[str, str]) -> web.StreamResponse:
        """Upgrade, answer until there is no more to answer, and close."""
        self._socket.headers.update(headers)
        if routing := self._request.headers.get(_ROUTING):
            self._socket.headers[_ROUTING] = routing
        await self._socket.prepare(self._request)
        handler = asyncio.current_task()
        assert handler is not None
        reader = asyncio.create_task(self._read(handler))
        try:
            code, reason = await self._answer()
        finally:
            reader.cancel()
            self._front.left(self._channel)
            await asyncio.wait((reader,))  # it may be in the middle of `receive`, and `close` wants to receive too
        await self._socket.close(code=code, message=reason)
        return self._socket

    async def _read(self, handler: asyncio.Task[object]) -> None:
        """Take frames in; at the end of the socket, end the turn."""
        while True:
            message = await self._socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            data: bytes = message.data
            is_full = self._waiting.qsize() >= MOST_WAITING or self._waiting_bytes + len(data) > self._longest
            if is_full and not self._waiting.empty():
                await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many requests are waiting")
                break
            self._waiting_bytes += len(data)
            self._waiting.put_nowait(_Waiting(data, message.type is WSMsgType.TEXT))
        handler.cancel()

    async def _answer(self) -> tuple[WSCloseCode, bytes]:
        """Answer one frame after the other; return why there is an end to it."""
        while not self._is_draining:
            try:
                async with asyncio.timeout(self._idle_timeout):
                    frame = await self._waiting.get()
            except TimeoutError:
                return WSCloseCode.OK, b"no request for a long time"
            if frame is not None:
                self._waiting_bytes -= len(frame.data)
                await self._turn(frame)
        return WSCloseCode.GOING_AWAY, b"the gateway stops"

    async def _turn(self, frame: _Waiting) -> None:
        snapshot = self._front.snapshot()
        dialect = snapshot.dialects[DIALECT]
        exchange_id = secrets.token_hex(8)
        client = SocketClient(self._socket, dialect, silence=snapshot.config.streaming.keepalive_seconds or None)
        async with answering(client, exchange_id, self._request.path):
            if not frame.is_text:
                raise RequestError("a request is a text frame of JSON, not a binary one")
            turn = self._turns.read(frame.data)
            client.stream_id = turn.stream_id
            principal = await principal_of(self._inbound, snapshot.access)  # again: its key may be gone by now
            exchange = exchange_of(
                turn.body,
                {},
                snapshot=snapshot,
                dialect=dialect,
                operation=Operation.GENERATE,
                exchange_id=exchange_id,
                headers=self._headers,
                principal=principal,
                servable=self._front.servable,
            )
            exchange.remembers = True  # whatever it says of storing: a socket's turns go on from each other
            exchange.channel = self._channel
            exchange.is_warm_up = turn.is_warm_up
            if not turn.is_warm_up:
                await self._front.run(exchange, client, self._request.path)
            elif not await self._is_warmed(exchange, client):
                await client.say(self._turns.warm_up(turn, reply_id=f"resp_{exchange_id}", now=self._front.clock()))

    async def _is_warmed(self, exchange: Exchange, client: SocketClient) -> bool:
        """Have an upstream answer a warm-up; tell whether one did. A failure can wait for the request it is for."""
        try:
            async with client.kept_alive():
                await self._front.dispatcher().run(exchange, client)
        except (NobodyToWarm, UpstreamError, NoCredentialReady):
            return False
        return True


def _of_each_turn(upgrade: web.BaseRequest) -> Headers:
    """Return the headers of the upgrade as those of a request: without the version of the talk over the socket."""
    kept = upgrade.headers.copy()
    told = [beta.strip() for value in kept.popall("openai-beta", ()) for beta in value.split(",")]
    betas = [beta for beta in told if beta and not beta.startswith(_SOCKET_VERSION)]
    if betas:
        kept["OpenAI-Beta"] = ", ".join(betas)
    return kept
