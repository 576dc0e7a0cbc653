"""The internet behind real sockets, TLS and proxies."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError

from cliproxy.simulator import CutAt, Match
from cliproxy.simulator.internet import Internet
from cliproxy.simulator.online import Online, online
from tests.unit.simulator.authorization.test_claude import ASKED, CLIENT, PAGE, TOKEN

EMAIL = "ann@example.com"
CODEX = "https://chatgpt.com/backend-api/codex/responses"


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Online]:
    async with online(Internet(time.time), tmp_path, user="us er", password="p@ss") as running:
        yield running


def trusting(net: Online) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=net.ca_file)


def through(net: Online, proxy: str = "") -> aiohttp.ClientSession:
    """Return a client that goes through a proxy; by default the HTTP one, with its login."""
    proxy = proxy or net.http_proxy
    if proxy.startswith("socks5:"):
        return aiohttp.ClientSession(connector=ProxyConnector.from_url(proxy, rdns=True, ssl=trusting(net)))
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(net)), proxy=proxy)


def refresh(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": token}


@pytest.mark.parametrize("kind", ["http", "socks"])
async def test_vendors_are_there_under_their_real_addresses(net: Online, kind: str) -> None:
    proxy = net.http_proxy if kind == "http" else net.socks_proxy
    async with through(net, proxy) as client:
        async with client.get(PAGE, params=ASKED, allow_redirects=False) as response:
            assert response.status == 302
        async with client.get("https://us-central1-aiplatform.googleapis.com/v1/x") as response:
            assert response.status in (401, 404)
        async with client.get("https://daily-cloudcode-pa.sandbox.googleapis.com/") as response:
            assert response.status >= 400

    asked = net.http.asked if kind == "http" else net.socks.asked
    assert asked == [
        "claude.ai:443",
        "us-central1-aiplatform.googleapis.com:443",
        "daily-cloudcode-pa.sandbox.googleapis.com:443",
    ]
    assert [call.host for call in net.internet.calls] == [name.removesuffix(":443") for name in asked]


async def test_plain_http_goes_through_too(net: Online) -> None:
    page = PAGE.replace("https:", "http:")
    async with through(net) as client, client.get(page, params=ASKED, allow_redirects=False) as response:
        assert response.status == 302

    assert net.internet.calls[0].host == "claude.ai"


async def test_a_host_that_is_not_there_is_refused(net: Online) -> None:
    async with through(net) as client:
        with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
            await client.get("https://example.com/")
    assert caught.value.status == 403


async def test_a_wrong_login_at_a_proxy_is_refused(net: Online) -> None:
    async with through(net, net.http.url_with("us er", "wrong")) as client:
        with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
            await client.get(PAGE)
    assert caught.value.status == 407
    async with through(net, net.socks.url_with("us er", "wrong")) as client:
        with pytest.raises((ProxyError, ProxyConnectionError)):
            await client.get(PAGE)

    assert not net.internet.calls


async def test_nobody_is_trusted_without_the_authority(net: Online) -> None:
    async with aiohttp.ClientSession(proxy=net.http_proxy) as client:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await client.get(PAGE)


async def test_a_cut_at_a_login_host_is_seen_and_the_token_is_spent(net: Online) -> None:
    books = net.internet.tokens["claude"]
    token = books.log_in(EMAIL, client_id=CLIENT).refresh_token
    net.internet.script.add(CutAt(None), Match(path_contains="/oauth/token"))
    async with through(net) as client:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.post(TOKEN, json=refresh(token))
        async with client.post(TOKEN, json=refresh(token)) as response:
            assert response.status == 400

    assert books.exchanged[token] == 1


async def test_a_stream_comes_through(net: Online) -> None:
    token = net.internet.tokens["claude"].log_in(EMAIL, client_id=CLIENT).access_token
    headers = {
        "authorization": f"Bearer {token}",
        "anthropic-beta": "oauth-2025-04-20",
        "anthropic-version": "2023-06-01",
    }
    body = {"model": "m", "max_tokens": 99, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    url = "https://api.anthropic.com/v1/messages"
    async with through(net) as client, client.post(url, json=body, headers=headers) as response:
        assert response.status == 200
        assert b"event: message_stop" in await response.read()


async def test_a_websocket_comes_through(net: Online) -> None:
    token = net.internet.tokens["openai"].log_in(EMAIL, client_id="c").access_token
    headers = {
        "authorization": f"Bearer {token}",
        "chatgpt-account-id": "acc-1",
        "openai-beta": "responses_websockets=2026-02-06",
    }
    said = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}]
    frame = {
        "type": "response.create",
        "model": "m",
        "instructions": "i",
        "input": said,
        "store": False,
        "stream": True,
    }
    async with through(net) as client:
        async with client.ws_connect(CODEX, headers=headers) as socket:
            await socket.send_json(frame)
            while (event := await socket.receive_json())["type"] != "response.completed":
                assert event["type"] != "error", event
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await client.ws_connect(CODEX, headers={"authorization": "Bearer x"})
    assert caught.value.status == 401
