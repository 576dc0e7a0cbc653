"""
Calls over websockets: one socket for each client's own connection, kept from turn to turn.

An upstream remembers on a socket what was said there, so that a turn needs to say only what is new. `channel` names
the client's connection; its socket serves again while address, headers and proxy stay the same, and is closed when the
client leaves, when it idles for long, and when a turn on it did not come to its end.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, Unpack
from urllib.parse import urlsplit

from aiohttp_socks import ProxyError as SocksError
from multidict import CIMultiDict
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidProxyStatus, InvalidStatus, ProxyError, WebSocketException
from websockets.http11 import Response
from websockets.protocol import State

from cliproxy.transport.base import Calling, Unreachable, UpstreamResponse, answer_timeout
from cliproxy.transport.carriers import NotUpgraded
from cliproxy.transport.proxy import Proxies, place
from cliproxy.transport.refusals import WANTS_LOGIN, unreachable, wants_login
from cliproxy.transport.socket_turn import Gone, Turn
from cliproxy.transport.whole import WholeResponse
from cliproxy.wire.http import HeaderList, HttpRequest

IDLE_SOCKET = 5 * 60.0  # seconds a socket is kept without a turn
MOST_SOCKETS = 2_000  # kept between turns; the longest idle goes first
LONGEST_FRAME = 64 * 1024 * 1024  # bytes
PLAIN_TIME = 10 * 60.0  # seconds for which an address that upgrades nobody is not asked to again
MOST_PLAIN = 1_000  # such addresses

_UPGRADE_REFUSED = 426
_PING_INTERVAL = 30.0  # seconds; keeps what lies between from forgetting the connection
_UNCERTAIN = 45.0  # seconds without a turn, after which a socket must answer a ping before it gets one
_PONG_TIME = 5.0  # seconds for that
_CLOSING_TIME = 2.0  # seconds for the upstream's half of a close
_OF_A_BODY = ("accept", "accept-encoding", "content-encoding", "content-length", "content-type", "host")
_OF_AN_UPGRADE = ("connection", "upgrade", "sec-websocket-", "content-", "transfer-encoding")

_log = logging.getLogger(__name__)
_log.setLevel(logging.WARNING)  # the library shows headers below that, and they hold keys


class _Way(NamedTuple):
    """Where a socket leads, and as whom."""

    address: str
    headers: HeaderList
    proxy: str
    tls: ssl.SSLContext | None

    def __repr__(self) -> str:
        """Headers and proxy hold secrets."""
        return f"_Way({self.address.partition('?')[0]})"


class _Kept(NamedTuple):
    """A socket between two turns."""

    way: _Way
    connection: ClientConnection
    since: float  # on the loop's clock
    timer: asyncio.TimerHandle


class _Connect(connect):
    """Follows no redirects: what is sent is for the address that it was prepared for."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class SocketTransport:
    """Calls upstreams over websockets."""

    def __init__(self, **calling: Unpack[Calling]) -> None:
        """Make a transport that calls upstreams so."""
        self._proxies = Proxies()
        self._kept: dict[str, _Kept] = {}  # by channel, the longest idle first
        self._plain: dict[str, float] = {}  # addresses that upgrade nobody, until when on the loop's clock
        self._closing: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None
        self.configure(**calling)

    def configure(self, **calling: Unpack[Calling]) -> None:
        """Call upstreams so from now on; turns under way are not concerned."""
        proxy, tls = calling.get("proxy", ""), calling.get("tls")
        if (proxy, tls) != (self._proxies.for_all, self._tls):
            for channel in tuple(self._kept):
                self.release(channel)
        self._timeouts = calling["connect_timeout"], answer_timeout(calling), calling["idle_timeout"]
        self._proxies.for_all = proxy
        self._tls = tls

    def holds(self, request: HttpRequest) -> bool:
        """Tell whether the socket of the turn before is there for this one, and with it what was said."""
        kept = self._kept.get(request.channel)
        if kept is None or kept.connection.state is not State.OPEN:
            return False
        try:
            return kept.way == self._way(request)
        except Unreachable:  # over an address or a proxy of no known kind, as `send` will tell
            return False

    async def send(self, request: HttpRequest) -> UpstreamResponse:
        """
        Return the answer once something is said of it.

        Raises:
            NotUpgraded: The upstream wants the call over HTTP.
            Unreachable: No answer came.
        """
        way = self._way(request)
        kept = self._taken(request.channel, way)
        if kept is not None and await self._is_alive(kept):
            try:
                return await self._turn(kept.connection, way, request, {})
            except Gone:
                pass  # between the turns: nothing was said of this one, so it can be sent again
        if self._plain.get(way.address, 0.0) > asyncio.get_running_loop().time():
            raise NotUpgraded("the upstream speaks no websocket")
        opened = await self._opened(way)
        if isinstance(opened, WholeResponse):
            return opened
        try:
            return await self._turn(opened, way, request, _told(opened.response))
        except Gone as error:
            raise Unreachable(f"{urlsplit(way.address).hostname} did not answer: {error}") from None

    def release(self, channel: str) -> None:
        """A client left: its socket serves nobody else."""
        kept = self._kept.pop(channel, None)
        if kept is not None:
            self._let_go(kept)

    async def close(self) -> None:
        """Close all sockets that are kept."""
        for channel in tuple(self._kept):
            self.release(channel)
        await asyncio.gather(*self._closing)

    def _way(self, request: HttpRequest) -> _Way:
        try:
            parts = urlsplit(request.url)
        except ValueError as error:
            raise Unreachable(f"an upstream's address cannot be used: {error}") from None
        headers = tuple((name, value) for name, value in request.headers if name.lower() not in _OF_A_BODY)
        proxy = self._proxies.chosen(request.proxy, parts.scheme, parts.hostname or "")
        return _Way("ws" + request.url.removeprefix("http"), headers, proxy, self._tls)

    def _taken(self, channel: str, way: _Way) -> _Kept | None:
        """Return the channel's socket for a turn, if it leads there."""
        kept = self._kept.pop(channel, None)
        if kept is None:
            return None
        if kept.way != way:
            self._let_go(kept)
            return None
        kept.timer.cancel()
        return kept

    async def _is_alive(self, kept: _Kept) -> bool:
        """Tell whether a socket can be written to; one that is gone without a word is found out by a ping."""
        connection = kept.connection
        if connection.state is State.OPEN and asyncio.get_running_loop().time() - kept.since < _UNCERTAIN:
            return True
        try:
            async with asyncio.timeout(_PONG_TIME):
                await (await connection.ping())
        except (ConnectionClosed, TimeoutError):
            connection.transport.abort()
            return False
        except BaseException:
            connection.transport.abort()
            raise
        return True

    async def _turn(
        self, connection: ClientConnection, way: _Way, request: HttpRequest, headers: Mapping[str, str]
    ) -> UpstreamResponse:
        _, answer_within, idle_timeout = self._timeouts
        turn = Turn(connection, idle_timeout, headers, partial(self._left, request.channel, way, connection))
        try:
            return await turn.ask(request.body, answer_within)
        except BaseException:
            connection.transport.abort()
            raise

    def _left(self, channel: str, way: _Way, connection: ClientConnection, is_clean: bool) -> None:
        """A turn is over: keep its socket for the next, or hang up, so that the upstream stops."""
        if not (is_clean and channel and connection.state is State.OPEN):
            connection.transport.abort()
            return
        self.release(channel)
        if len(self._kept) >= MOST_SOCKETS:
            self.release(next(iter(self._kept)))
        loop = asyncio.get_running_loop()
        timer = loop.call_later(IDLE_SOCKET, self.release, channel)
        self._kept[channel] = _Kept(way, connection, loop.time(), timer)

    def _let_go(self, kept: _Kept) -> None:
        kept.timer.cancel()
        task = asyncio.get_running_loop().create_task(kept.connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _opened(self, way: _Way) -> ClientConnection | WholeResponse:
        """Return a new socket, or the refusal of one. Raises NotUpgraded, Unreachable."""
        host = urlsplit(way.address).hostname or ""
        if any("\r" in value or "\n" in value for _, value in way.headers):
            raise Unreachable(f"{host} could not be called: a header has a line break in it")
        options: dict[str, Any] = {"ssl": way.tls or True} if way.address.startswith("wss:") else {}
        if way.proxy.startswith("https:"):
            options["proxy_ssl"] = way.tls or True
        try:
            return await _Connect(
                way.address,
                additional_headers=way.headers,
                user_agent_header=None,
                proxy=way.proxy.replace("socks5://", "socks5h://", 1) or None,  # names are resolved at the proxy
                compression=None,  # for every token anew, it costs more than it saves
                open_timeout=self._timeouts[0],
                ping_interval=_PING_INTERVAL,
                ping_timeout=None,  # a client that lags keeps pongs unread
                close_timeout=_CLOSING_TIME,
                max_size=LONGEST_FRAME,
                logger=_log,
                **options,
            )
        except InvalidStatus as refusal:
            return self._refused(way, refusal.response)
        except (WebSocketException, OSError, EOFError, ValueError) as error:
            raise _unreachable(error, host, way.proxy) from None

    def _refused(self, way: _Way, response: Response) -> WholeResponse:
        if response.status_code == _UPGRADE_REFUSED:
            if len(self._plain) >= MOST_PLAIN:
                self._plain.clear()
            self._plain[way.address] = asyncio.get_running_loop().time() + PLAIN_TIME
            raise NotUpgraded("the upstream speaks no websocket")
        return WholeResponse(
            response.status_code, CIMultiDict(response.headers.raw_items()), bytes(response.body or b"")
        )


def _told(upgrade: Response | None) -> CIMultiDict[str]:
    """Return what an upstream told with its upgrade, without what the upgrade itself needs."""
    told: CIMultiDict[str] = CIMultiDict(upgrade.headers.raw_items() if upgrade is not None else ())
    for name in tuple(told):
        if name.lower().startswith(_OF_AN_UPGRADE):
            told.popall(name, None)
    return told


def _unreachable(error: Exception, host: str, proxy: str) -> Unreachable:
    """Return why there is no socket, and whose fault that is."""
    match error:
        case InvalidProxyStatus() if error.response.status_code == WANTS_LOGIN:
            return wants_login(proxy)
        case InvalidProxyStatus():
            return Unreachable(
                f"the proxy {place(proxy)} did not connect to {host}: it answered {error.response.status_code}"
            )
        case ProxyError():
            return unreachable(SocksError(str(error.__cause__)), host, proxy)
        case OSError() if proxy and not isinstance(error, TimeoutError | ssl.SSLError):
            return Unreachable(f"the proxy {place(proxy)} on the way to {host} could not be reached")
        case _:
            return unreachable(error, host, proxy)
