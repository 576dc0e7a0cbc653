"""The proxies, asked over plain sockets."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cliproxy.simulator import Upstream, serving
from cliproxy.simulator.proxies import HttpProxy, Proxy, Route, SocksProxy

LOGIN = "ann:p@ss"
WELCOME = f"Proxy-Authorization: Basic {b64encode(LOGIN.encode()).decode()}\r\n"


@asynccontextmanager
async def echo() -> AsyncIterator[Route]:
    """Serve what was sent, in capitals, until it was all; `known.example:7` leads there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk.upper())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield lambda name, asked: ("127.0.0.1", port) if (name, asked) == ("known.example", 7) else None


async def talk(proxy: Proxy, sent: bytes, *, is_all: bool = True) -> bytes:
    """Send bytes, say that they were all, and return what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(sent)
        if is_all:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


def connect(target: str, headers: str = "") -> bytes:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{headers}\r\nhello".encode()


def socks(name: str, port: int = 7, *, login: str = "", command: int = 1) -> bytes:
    user, _, password = login.partition(":")
    signed = bytes((1, len(user))) + user.encode() + bytes((len(password),)) + password.encode() if login else b""
    greeting = b"\x05\x01\x02" if login else b"\x05\x01\x00"
    asked = bytes((5, command, 0, 3, len(name))) + name.encode() + port.to_bytes(2)
    return greeting + signed + asked + b"hello"


async def test_a_tunnel_leads_to_a_known_name() -> None:
    async with echo() as route:
        proxy = HttpProxy(route)
        async with proxy.serving():
            assert (await talk(proxy, connect("known.example:7"))).endswith(b"\r\n\r\nHELLO")
            assert (await talk(proxy, connect("other.example:7"))).startswith(b"HTTP/1.1 403 ")
            assert (await talk(proxy, connect("known.example:8"))).startswith(b"HTTP/1.1 403 ")
            assert (await talk(proxy, connect("known.example"))).startswith(b"HTTP/1.1 403 ")

    assert (proxy.connections, proxy.asked[:2]) == (4, ["known.example:7", "other.example:7"])


@pytest.mark.parametrize(
    ("headers", "status"), [("", 407), (WELCOME.replace("Basic ", "Basic x"), 407), (WELCOME, 200)]
)
async def test_an_http_proxy_asks_for_its_login(headers: str, status: int) -> None:
    async with echo() as route:
        proxy = HttpProxy(route, user="ann", password="p@ss")
        async with proxy.serving():
            answer = await talk(proxy, connect("known.example:7", headers))

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert (b"proxy-authenticate: Basic" in answer) == (status == 407)
    assert bool(proxy.asked) == (status == 200)


async def test_a_request_with_a_whole_address_is_sent_on() -> None:
    """Without what was meant for the proxy."""
    upstream = Upstream()
    async with serving(upstream) as server:
        proxy = HttpProxy(lambda name, _: ("127.0.0.1", server.port) if name == "known.example" else None)
        async with proxy.serving():
            head = "Host: known.example\r\nAuthorization: Bearer k\r\nProxy-Authorization: Basic x\r\n"
            answer = await talk(
                proxy, f"GET http://known.example/v1/models?a=b HTTP/1.1\r\n{head}\r\n".encode(), is_all=False
            )
            other = await talk(proxy, f"GET http://other.example/ HTTP/1.1\r\n{head}\r\n".encode(), is_all=False)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert other.startswith(b"HTTP/1.1 403 ")
    assert (upstream.calls[0].path, upstream.calls[0].query) == ("/v1/models", {"a": "b"})
    assert "proxy-authorization" not in upstream.calls[0].headers
    assert proxy.asked == ["known.example:80", "other.example:80"]


async def test_socks_takes_names() -> None:
    async with echo() as route:
        proxy = SocksProxy(route)
        async with proxy.serving():
            assert await talk(proxy, socks("known.example")) == b"\x05\x00" + bytes((5, 0, 0, 1, *[0] * 6)) + b"HELLO"
            assert (await talk(proxy, socks("other.example")))[3] == 4
            assert (await talk(proxy, socks("known.example", command=2)))[3] == 7

    assert proxy.asked == ["known.example:7", "other.example:7"]


async def test_socks_refuses_an_address() -> None:
    """Whoever sends one looked the name up himself."""
    async with echo() as route:
        proxy = SocksProxy(route)
        async with proxy.serving():
            assert (await talk(proxy, b"\x05\x01\x00" + bytes((5, 1, 0, 1, 127, 0, 0, 1, 0, 7))))[3] == 8

    assert proxy.asked == []


@pytest.mark.parametrize(("login", "expected"), [("", b"\x05\xff"), ("ann:x", b"\x05\x02\x01\x01"), (LOGIN, None)])
async def test_socks_asks_for_its_login(login: str, expected: bytes | None) -> None:
    async with echo() as route:
        proxy = SocksProxy(route, user="ann", password="p@ss")
        async with proxy.serving():
            answer = await talk(proxy, socks("known.example", login=login))

    assert answer == expected or (expected is None and answer.endswith(b"HELLO"))


async def test_proxies_can_be_told_to_refuse() -> None:
    async with echo() as route:
        http, socks_proxy = HttpProxy(route), SocksProxy(route)
        http.refuses = socks_proxy.refuses = True
        async with http.serving(), socks_proxy.serving():
            assert (await talk(http, connect("known.example:7"))).startswith(b"HTTP/1.1 403 ")
            assert (await talk(socks_proxy, socks("known.example")))[3] == 2

    assert http.asked == socks_proxy.asked == ["known.example:7"]


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n\r\n", b"CONNECT\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\n\r\n", b"\xff" * 9, b"x" * 200_000]
)
async def test_nonsense_ends_the_connection(sent: bytes) -> None:
    async with echo() as route:
        http, socks_proxy = HttpProxy(route), SocksProxy(route)
        async with http.serving(), socks_proxy.serving():
            for proxy in (http, socks_proxy):
                try:
                    assert b"200" not in await talk(proxy, sent)
                except ConnectionError:
                    continue


async def test_a_connection_that_breaks_breaks_on_the_other_side() -> None:
    """Or nobody would see that a stream was cut."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        proxy = SocksProxy(lambda name, asked: ("127.0.0.1", port))
        async with proxy.serving():
            assert (await talk(proxy, socks("known.example")))[3] == 0


def test_a_login_is_quoted_in_the_address() -> None:
    proxy = HttpProxy(lambda name, port: None, user="ann", password="p@ss:/")

    assert proxy.url == "http://ann:p%40ss%3A%2F@127.0.0.1:0"
    assert proxy.url_with("") == "http://127.0.0.1:0"
