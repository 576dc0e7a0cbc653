"""Pooled upstream connections over HTTP/1.1, direct or through a proxy."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Self, Unpack

import aiohttp
from aiohttp_socks import ProxyConnector
from yarl import URL

from cliproxy.transport.base import BrokenOff, Calling, Unreachable, answer_timeout
from cliproxy.transport.proxy import Proxies
from cliproxy.transport.refusals import FAILED, WANTS_LOGIN, unreachable, wants_login
from cliproxy.transport.whole import gathered
from cliproxy.wire.http import HeaderList, Headers, HttpRequest

MOST_PROXIES = 1000  # pools kept; more proxies than that are refused
LONGEST_HEADER = 256 * 1024  # bytes of an upstream's answer
LARGE_BODY = 1024 * 1024  # bytes; from here on a body goes out piece by piece, so that others get their turn
_NOT_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # we send what the request holds, no more


class HttpTransport:
    """Calls upstreams through one pool of connections for each proxy."""

    def __init__(self, **calling: Unpack[Calling]) -> None:
        """Make a transport that calls upstreams so."""
        self._proxies = Proxies()
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self.configure(**calling)

    def configure(self, **calling: Unpack[Calling]) -> None:
        """
        Call upstreams so from now on; requests in flight are not concerned.

        A connection made with another TLS than this is not used again.
        """
        connect_timeout, self._idle_timeout = calling["connect_timeout"], calling["idle_timeout"]
        self._timeout = aiohttp.ClientTimeout(
            total=None,
            connect=connect_timeout,
            sock_connect=connect_timeout,
            sock_read=answer_timeout(calling),
        )
        self._proxies.for_all = calling.get("proxy", "")
        self._tls: ssl.SSLContext | bool = calling.get("tls") or True

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        try:
            url = URL(request.url, encoded=True)
            if url.port == 0:  # yarl looks at the port only when asked
                raise Unreachable("an upstream's address cannot be used: port 0")
        except ValueError as error:
            raise Unreachable(f"an upstream's address cannot be used: {error}") from None
        host = url.host or ""
        proxy = self._proxies.chosen(request.proxy, url.scheme, host)
        try:
            session = self._session(proxy)
            address, login = _http_proxy(proxy) if proxy.startswith("http") else (None, ())
            is_plain = address is not None and url.scheme == "http"  # so that the proxy reads the request, and answers
            response = await session.request(
                request.method,
                url,
                headers=(*request.headers, *login) if is_plain else request.headers,
                data=request.body if len(request.body) < LARGE_BODY else io.BytesIO(request.body),
                proxy=address,
                proxy_headers=login or None,
                ssl=self._tls,
                allow_redirects=False,
                timeout=self._timeout,
            )
        except FAILED as error:
            raise unreachable(error, host, proxy) from None
        if response.status == WANTS_LOGIN and is_plain:
            response.close()
            raise wants_login(proxy)
        return HttpResponse(response, self._idle_timeout)

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, proxy: str) -> aiohttp.ClientSession:
        key = proxy if proxy.startswith("socks") else ""  # an HTTP proxy is named request by request
        session = self._sessions.get(key)
        if session is None:
            if len(self._sessions) >= MOST_PROXIES:
                raise Unreachable(f"more than {MOST_PROXIES} proxies are in use")
            connector = _socks(key) if key else aiohttp.TCPConnector(limit=0)
            session = self._sessions[key] = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                skip_auto_headers=_NOT_ADDED,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                max_field_size=LONGEST_HEADER,
                max_line_size=LONGEST_HEADER,
            )
        return session


def _socks(url: str) -> ProxyConnector:
    """Names are resolved at the proxy, as `socks5h` says and `socks5` is meant by those who write it here."""
    return ProxyConnector.from_url(url.replace("socks5h://", "socks5://"), limit=0, rdns=True)


@lru_cache(MOST_PROXIES)
def _http_proxy(url: str) -> tuple[URL, HeaderList]:
    """Return an HTTP proxy's address, and the header with its login, where it has one."""
    address = URL(url)
    if address.user is None:
        return address, ()
    login = aiohttp.encode_basic_auth(address.user, address.password or "")
    return address.with_user(None), (("Proxy-Authorization", login),)


class HttpResponse:
    """An answer on a pooled connection."""

    def __init__(self, response: aiohttp.ClientResponse, idle_timeout: float) -> None:
        self._response = response
        self._watch = _IdleWatch(response, idle_timeout)
        self.status = response.status
        self.headers: Headers = response.headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watch.stop()
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        return await gathered(self.pump, longest)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every chunk to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        read, watch = self._response.content.readany, self._watch
        while True:
            watch.waits()
            try:
                chunk = await read()
            except TimeoutError:
                raise BrokenOff("the upstream fell silent") from None
            except FAILED as error:
                raise BrokenOff("the upstream broke off in the middle of its answer") from error
            watch.waits_no_more()
            if not chunk:
                return
            into(chunk)
            await flush()


class _IdleWatch:
    """
    Ends a wait for bytes that takes too long.

    One timer for a whole answer, set anew only when it goes off: aiohttp sets its own anew for every chunk, which costs
    more than relaying one. Time in which nobody waits, because the client lags, does not count.
    """

    def __init__(self, response: aiohttp.ClientResponse, idle_timeout: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = response.content
        self._idle_timeout = idle_timeout
        self._since: float | None = None  # on the loop's clock; None: nobody waits
        self._timer: asyncio.TimerHandle | None = None
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = None

    def waits(self) -> None:
        """Somebody waits from now on."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._idle_timeout, self._look)

    def waits_no_more(self) -> None:
        """Bytes came, or the end."""
        self._since = None

    def stop(self) -> None:
        """The answer is done with."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        waited = 0.0 if self._since is None else self._loop.time() - self._since
        if waited >= self._idle_timeout:
            self._content.set_exception(TimeoutError())
        else:
            self._timer = self._loop.call_later(self._idle_timeout - waited, self._look)
