"""
The simulated internet on loopback, for programs that run unchanged with the vendors' real addresses.

    async with online(Internet(time.time), folder) as net:
        ...  # `proxy-url: {net.http_proxy}`, and `SSL_CERT_FILE={net.ca_file}` or its like

Two proxies lead every known host to one listener, whose certificate names them all; its authority's certificate is in
`ca_file`. Port 443 is TLS, port 80 is not; other ports and other hosts are refused.
"""

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from aiohttp import WSMsgType, web

from cliproxy.simulator.certificates import Authority, Identity
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.proxies import HttpProxy, SocksProxy
from cliproxy.simulator.server import listening, play, read

DROPPED = 1006  # the code of a socket that ended without a word: it cannot be sent
NAMES = (  # that the certificate is for; `*.` stands for one label
    "accounts.google.com",
    "api.anthropic.com",
    "api.kimi.com",
    "apis.iflow.cn",
    "auth.kimi.com",
    "auth.openai.com",
    "chat.qwen.ai",
    "chatgpt.com",
    "claude.ai",
    "iflow.cn",
    "platform.iflow.cn",
    "portal.qwen.ai",
    "www.kimi.com",
    "*.googleapis.com",
    "*.sandbox.googleapis.com",
)


class Online(msgspec.Struct, frozen=True):
    """An internet that is listening."""

    internet: Internet
    http: HttpProxy
    socks: SocksProxy
    ca_file: Path

    @property
    def http_proxy(self) -> str:
        """The address of the HTTP proxy, with its login."""
        return self.http.url

    @property
    def socks_proxy(self) -> str:
        """The address of the SOCKS5 proxy, with its login."""
        return self.socks.url


@asynccontextmanager
async def online(internet: Internet, folder: Path, *, user: str = "", password: str = "") -> AsyncIterator[Online]:
    """
    Put an internet on loopback as long as the block lasts.

    Args:
        internet: What answers.
        folder: Where the certificates are written.
        user: Whose login both proxies ask for; "": none.
        password: What goes with it.
    """
    authority = Authority(time.time())
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(authority.pem)
    context = _context(authority.issue(NAMES), folder)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked = await read(request)
        answer = internet.answer(asked)
        if answer.status != 101 or answer.before:
            return await play(answer, request)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await internet.socket(asked, SocketFrames(socket, request))
        await socket.close()
        return socket

    async with listening(handle, context, None) as [tls_port, plain_port]:
        ports = {443: tls_port, 80: plain_port}

        def route(name: str, port: int) -> tuple[str, int] | None:
            return ("127.0.0.1", ports[port]) if port in ports and internet.knows(name) else None

        http = HttpProxy(route, user=user, password=password)
        socks = SocksProxy(route, user=user, password=password)
        async with http.serving(), socks.serving():
            yield Online(internet, http, socks, ca_file)


class SocketFrames:
    """The frames of a WebSocket, as upstream hosts read and write them."""

    def __init__(self, socket: web.WebSocketResponse, request: web.BaseRequest) -> None:
        self._socket = socket
        self._request = request

    async def receive(self) -> str | bytes | None:
        """Return the next message; None once the other side has left."""
        message = await self._socket.receive()
        return message.data if message.type in (WSMsgType.TEXT, WSMsgType.BINARY) else None

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def close(self, code: int) -> None:
        if code != DROPPED:
            await self._socket.close(code=code)
        elif self._request.transport is not None:
            self._request.transport.abort()


def _context(identity: Identity, folder: Path) -> ssl.SSLContext:
    (folder / "host.pem").write_bytes(identity.certificate)
    key_file = folder / "host-key.pem"
    key_file.write_bytes(identity.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "host.pem", key_file)
    return context
