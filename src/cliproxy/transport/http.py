"""Pooled upstream connections over HTTP/1.1, direct or through a proxy."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Self
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the second
    getproxies_environment,
    proxy_bypass_environment,
)

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from cliproxy.transport.base import BrokenOff, TooLong, Unreachable
from cliproxy.wire.http import Headers, HttpRequest

MOST_PROXIES = 1000  # pools kept; more proxies than that are refused
LONGEST_HEADER = 256 * 1024  # bytes of an upstream's answer
LARGE_BODY = 1024 * 1024  # bytes; from here on a body goes out piece by piece, so that others get their turn
_NOT_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # we send what the request holds, no more
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_FAILED = (aiohttp.ClientError, OSError, ProxyConnectionError, ProxyError, ValueError)


class HttpTransport:
    """Calls upstreams through one pool of connections for each proxy."""

    def __init__(self, *, connect_timeout: float, idle_timeout: float, proxy: str = "") -> None:
        """
        Make a transport.

        Args:
            connect_timeout: Seconds until a connection must stand.
            idle_timeout: Seconds of silence after which an answer counts as broken off; before its head, as none.
            proxy: URL for requests that name none; "direct": none; "": the environment's.
        """
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=None, sock_connect=connect_timeout, sock_read=idle_timeout
        )
        self._proxy = proxy
        self._environment = getproxies_environment()
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer once its head is there. Raises Unreachable."""
        try:
            url = URL(request.url, encoded=True)
            if url.port == 0:  # yarl looks at the port only when asked
                raise Unreachable("an upstream's address cannot be used: port 0")
        except ValueError as error:
            raise Unreachable(f"an upstream's address cannot be used: {error}") from None
        proxy = self._proxy_for(request.proxy, url)
        try:
            session = self._session(proxy)
            response = await session.request(
                request.method,
                url,
                headers=request.headers,
                data=request.body if len(request.body) < LARGE_BODY else io.BytesIO(request.body),
                proxy=proxy if proxy.startswith("http") else None,
                allow_redirects=False,
            )
        except (TimeoutError, ProxyTimeoutError):
            raise Unreachable(f"{url.host} did not answer in time", timed_out=True) from None
        except _FAILED as error:
            raise Unreachable(f"{url.host} could not be reached: {_said(error)}") from None
        return HttpResponse(response)

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _proxy_for(self, wanted: str, url: URL) -> str:
        chosen = wanted or self._proxy
        if chosen.lower() in ("direct", "none"):
            return ""
        if chosen:
            return chosen
        host = url.host or ""
        if host in _LOOPBACK or not self._environment or proxy_bypass_environment(host, self._environment):
            return ""
        return self._environment.get(url.scheme) or self._environment.get("all", "")

    def _session(self, proxy: str) -> aiohttp.ClientSession:
        key = proxy if proxy.startswith("socks") else ""  # an HTTP proxy is named request by request
        session = self._sessions.get(key)
        if session is None:
            if len(self._sessions) >= MOST_PROXIES:
                raise ValueError(f"more than {MOST_PROXIES} proxies are in use")
            connector = _socks(key) if key else aiohttp.TCPConnector(limit=0)
            session = self._sessions[key] = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
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


def _said(error: BaseException) -> str:
    """Return what went wrong, without addresses that may hold a password."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or type(error.os_error).__name__
    return type(error).__name__


class HttpResponse:
    """An answer on a pooled connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Headers = response.headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()

    async def read(self, longest: int) -> bytes:
        """Return the whole body. Raises BrokenOff, TooLong."""
        chunks: list[bytes] = []
        size = 0
        while chunk := await self._next():
            size += len(chunk)
            if size > longest:
                raise TooLong(f"the answer is longer than {longest} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    async def pump(self, into: Callable[[bytes], None], flush: Callable[[], Awaitable[None]]) -> None:
        """Hand every chunk to `into` as it arrives, then wait for `flush`. Raises BrokenOff."""
        while chunk := await self._next():
            into(chunk)
            await flush()

    async def _next(self) -> bytes:
        try:
            return await self._response.content.readany()
        except TimeoutError:
            raise BrokenOff("the upstream fell silent") from None
        except _FAILED as error:
            raise BrokenOff("the upstream broke off in the middle of its answer") from error
