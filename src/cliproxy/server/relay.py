"""
`/v1/ws`: a web page dials in, and makes calls for the gateway as long as it is connected.

A page may name the channel that it wants to have, `?channel=aistudio-<16 letters and digits>`, best one that nobody
guesses. It has its own again when it comes back, also from a socket that is still believed to be alive; who comes with
another client key does not get it. The answer to the upgrade says which it is.

What a page says that cannot be read is passed over. A page that says nothing at all, not even that it lives, is gone.

Source: `reference` sheets `providers/aistudio` sections a and c, `http-api` section 7.10 (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import re
import secrets
import string
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from cliproxy.access.origins import may_connect
from cliproxy.errors import AccessDenied, GatewayError, RequestError
from cliproxy.runtime.guests import Guests
from cliproxy.runtime.snapshot import Snapshot
from cliproxy.server.access import principal_of
from cliproxy.transport.relay import Page, RelayTransport
from cliproxy.wire.http import Inbound

CHANNEL_HEADER = "X-Cliproxy-Channel"
LONGEST_FRAME = 64 * 1024 * 1024  # bytes of a frame from a page
MOST_PAGES = 256
PING_EVERY = 30.0  # seconds
SILENCE = 60.0  # seconds without a byte after which a page is gone
WRITE_TIME = 10.0  # seconds for a frame to go out

_ANYONE = ""  # who brings a page where nobody is asked for a key
_CLOSING_TIME = 2.0  # seconds for the page's half of a close
_CHANNEL = re.compile(r"aistudio-[a-z0-9]{16}")
_SIGNS = string.ascii_lowercase + string.digits

IsWelcome = Callable[[], Awaitable[bool]]


def new_channel() -> str:
    """Return a channel for a page that named none."""
    return "aistudio-" + "".join(secrets.choice(_SIGNS) for _ in range(16))


class Pages:
    """The pages that are connected."""

    def __init__(
        self,
        relay: RelayTransport,
        guests: Guests,
        snapshot: Callable[[], Snapshot],
        *,
        most: int = MOST_PAGES,
        silence: float = SILENCE,
        ping_every: float = PING_EVERY,
        new_channel: Callable[[], str] = new_channel,
    ) -> None:
        """
        Begin without any.

        Args:
            relay: What has them make calls.
            guests: Their credentials.
            snapshot: Says what is configured now.
            most: How many may be connected.
            silence: Seconds without a byte after which a page is gone.
            ping_every: Seconds.
            new_channel: Makes up a channel, at random.
        """
        self._relay = relay
        self._guests = guests
        self._snapshot = snapshot
        self._most = most
        self._silence = silence
        self._ping_every = ping_every
        self._new_channel = new_channel
        self._sockets: dict[str, PageSocket] = {}  # by channel
        self._is_draining = False
        self._log = structlog.get_logger()

    def __len__(self) -> int:
        return len(self._sockets)

    async def serve(self, request: web.BaseRequest, inbound: Inbound, headers: Mapping[str, str]) -> web.StreamResponse:
        """
        Let a page in, and stay with it until it leaves.

        Raises:
            AccessDenied: It comes from elsewhere, or without a key.
            RequestError: This is no upgrade, or its channel is somebody else's.
            GatewayError: There are too many, or the gateway stops.
        """
        owner = await self._owner(inbound)
        socket = PageSocket(request, owner, silence=self._silence, ping_every=self._ping_every)
        channel = self._channel(inbound, owner)
        before = self._sockets.get(channel)
        if self._is_draining or (before is None and len(self._sockets) >= self._most):
            raise GatewayError("no more pages can dial in now", status=503, code="too_many_pages")
        if before is not None:
            before.end(WSCloseCode.GOING_AWAY, b"the page dialled in again")
        self._sockets[channel] = socket
        page: Page | None = None
        try:
            await socket.open({**headers, CHANNEL_HEADER: channel})
            if self._sockets.get(channel) is not socket:  # it dialled in again meanwhile
                return await socket.close()
            page = self._relay.join(channel, socket.say)
            self._guests.came(channel, owner)
            self._log.info("page connected", channel=channel, pages=len(self._sockets))
            return await socket.serve(page, lambda: self._is_welcome(inbound))
        finally:
            socket.gone.set_result(None)
            if page is not None:
                self._relay.part(channel, page)
            if self._sockets.get(channel) is socket:
                del self._sockets[channel]
                self._guests.left(channel)
                self._log.info("page left", channel=channel, pages=len(self._sockets))

    def reconsider(self) -> None:
        """Another configuration is in force: have those leave that would not be let in any more."""
        for socket in self._sockets.values():
            socket.reconsider()

    async def drain(self, patience: float) -> None:
        """Let no more in, have each leave when its calls are done, and wait for that, up to so many seconds."""
        self._is_draining = True
        for socket in self._sockets.values():
            socket.drain()
        if self._sockets:
            await asyncio.wait([socket.gone for socket in self._sockets.values()], timeout=patience)

    async def _owner(self, inbound: Inbound) -> str:
        """Return who brings a page. Raises AccessDenied."""
        snapshot = self._snapshot()
        origin = inbound.headers.get("origin")
        if not may_connect(origin, inbound.headers.get("host", ""), snapshot.config.ws_origins):
            raise AccessDenied(
                f"pages from {origin[:200] if origin else origin!r} may not dial in here; see the setting `ws-origins`",
                status=403,
                code="not_local",
            )
        if not snapshot.config.ws_auth:
            return _ANYONE
        return (await principal_of(inbound, snapshot.access)).name

    async def _is_welcome(self, inbound: Inbound) -> bool:
        try:
            await self._owner(inbound)
        except AccessDenied:
            return False
        return True

    def _channel(self, inbound: Inbound, owner: str) -> str:
        """Return the channel of a page. Raises RequestError where it may not have the one that it names."""
        named = inbound.query.get("channel", "")
        if not named:
            return self._new_channel()
        if _CHANNEL.fullmatch(named) is None:
            raise RequestError("`channel` is none: send `aistudio-` and 16 letters (a-z) or digits, or nothing")
        holder = self._sockets.get(named)
        is_taken = holder is not None and (holder.owner != owner or owner == _ANYONE)
        if is_taken or not self._guests.may_come(named, owner):
            raise RequestError("this channel is somebody else's", status=409)
        return named


class PageSocket:
    """One page's websocket, from its upgrade to its end."""

    def __init__(self, request: web.BaseRequest, owner: str, *, silence: float, ping_every: float) -> None:
        """
        Make ready for an upgrade.

        Raises:
            RequestError: This is no upgrade.
        """
        self._socket: web.WebSocketResponse[bool] = web.WebSocketResponse(
            max_msg_size=LONGEST_FRAME,
            heartbeat=silence * 2 / 3,  # so that a ping goes out; half of that later, aiohttp takes it for gone
            timeout=_CLOSING_TIME,
            compress=False,
            decode_text=False,
        )
        if "sec-websocket-protocol" in request.headers:  # aiohttp logs those, and some hold a key
            raise RequestError("no websocket subprotocol is spoken here")
        if not self._socket.can_prepare(request):
            raise RequestError("this is no websocket handshake")
        self.owner = owner
        self._request = request
        self._ping_every = ping_every
        self._wake = asyncio.Event()
        self._is_draining = False
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[tuple[WSCloseCode, bytes]] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()

    async def open(self, headers: Mapping[str, str]) -> None:
        """Upgrade."""
        self._socket.headers.update(headers)
        await self._socket.prepare(self._request)

    async def say(self, data: bytes) -> None:
        """Send a text frame. Raises ConnectionError."""
        await self._in_time(self._socket.send_frame(data, WSMsgType.TEXT))

    async def serve(self, page: Page, is_welcome: IsWelcome) -> web.StreamResponse:
        """Hand the page what it says, until there is an end to it; then close."""
        tasks = (asyncio.create_task(self._read(page)), asyncio.create_task(self._keep(page, is_welcome)))
        for task in tasks:
            task.add_done_callback(lambda _: self.end(WSCloseCode.OK, b""))
        try:
            await asyncio.wait([self._ended])
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError):
                    structlog.get_logger().error("a page's socket failed", why=type(outcome).__name__)
        return await self.close()

    async def close(self) -> web.StreamResponse:
        """Say why there is an end to it, and close."""
        code, reason = await self._ended
        await self._socket.close(code=code, message=reason)
        return self._socket

    def end(self, code: WSCloseCode, reason: bytes) -> None:
        """Have it closed."""
        if not self._ended.done():
            self._ended.set_result((code, reason))

    def reconsider(self) -> None:
        """Find out whether it is still welcome."""
        self._wake.set()

    def drain(self) -> None:
        """Close when its calls are done."""
        self._is_draining = True
        self._wake.set()

    async def _read(self, page: Page) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                await page.heard(message.data)
            elif message.type is not WSMsgType.BINARY:
                return

    async def _keep(self, page: Page, is_welcome: IsWelcome) -> None:
        """Ping the page every so often, and look after it when something has changed."""
        while True:
            try:
                async with asyncio.timeout(self._ping_every):
                    await self._wake.wait()
            except TimeoutError:
                await self._in_time(self._socket.ping())
                continue
            self._wake.clear()
            if self._is_draining:
                await page.quiet()
                self.end(WSCloseCode.GOING_AWAY, b"the gateway stops")
            elif not await is_welcome():
                self.end(WSCloseCode.POLICY_VIOLATION, b"a client key is asked for")

    async def _in_time(self, sent: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(WRITE_TIME):
                await sent
        except TimeoutError:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ConnectionResetError("the page takes nothing in") from None
