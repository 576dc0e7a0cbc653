"""How upstreams are reached: through which proxy, with which headers, and what of theirs comes back."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec import structs

from cliproxy.config.schema import CompatibleKey, Config, UpstreamTls
from cliproxy.errors import SetupError
from cliproxy.gateway import Gateway
from cliproxy.simulator import Refuse
from tests.gateway.asking import (
    CHAT,
    DIALECTS,
    FIRST,
    GEMINI,
    MESSAGES,
    RESPONSES,
    SAID,
    SECOND,
    STREAMS,
    Scene,
    Way,
    upstream_and_gateway,
)
from tests.gateway.authority import Authority, tls_before
from tests.gateway.proxies import Proxy, http_proxy, socks_proxy
from tests.gateway.reading import error_of, no_secret_in, text_of

LOGIN = "user:pass-word"
every_stream = pytest.mark.parametrize("way", STREAMS, ids=str)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


@pytest.fixture(params=["http", "http with login", "socks5", "socks5 with login"])
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[Proxy]:
    kind, _, login = request.param.partition(" ")
    make = http_proxy if kind == "http" else socks_proxy
    async with make(LOGIN if login else "") as running:
        yield running


async def test_a_proxy_for_all(proxy: Proxy) -> None:
    async with upstream_and_gateway({"proxy_url": proxy.url}) as scene:
        for way in STREAMS:
            assert text_of(way, await scene.ask(way)) == SAID

        assert proxy.destinations
        assert scene.upstream.calls
        assert not [name for name in scene.upstream.calls[0].headers if name.startswith("proxy")]


async def test_a_proxy_for_one_key(proxy: Proxy) -> None:
    """It replaces the one for all, which would lead nowhere."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        config = with_key_proxy(structs.replace(scene.config, proxy_url="http://127.0.0.1:1"), proxy.url)
        async with scene.beside(config) as beside:
            for dialect in DIALECTS:
                assert text_of(Way(dialect), await beside.ask(Way(dialect))) == SAID

        assert proxy.destinations


async def test_direct_asks_no_proxy() -> None:
    async with upstream_and_gateway({"proxy_url": "http://127.0.0.1:1"}, keys=(FIRST,)) as scene:
        assert (await scene.ask(Way(CHAT))).status == 502
        async with scene.beside(with_key_proxy(scene.config, "direct")) as beside:
            for dialect in DIALECTS:
                assert text_of(Way(dialect), await beside.ask(Way(dialect))) == SAID


def with_key_proxy(config: Config, url: str) -> Config:
    (upstream,) = config.openai_compatibility
    entries = tuple(structs.replace(key, proxy_url=url) for key in upstream.api_key_entries)
    return structs.replace(
        config,
        openai_compatibility=(structs.replace(upstream, api_key_entries=entries),),
        codex_api_key=tuple(structs.replace(key, proxy_url=url) for key in config.codex_api_key),
        claude_api_key=tuple(structs.replace(key, proxy_url=url) for key in config.claude_api_key),
        gemini_api_key=tuple(structs.replace(key, proxy_url=url) for key in config.gemini_api_key),
    )


@pytest.mark.parametrize("make", [http_proxy, socks_proxy])
async def test_a_proxy_that_refuses_the_login(make: Callable[[str], AbstractAsyncContextManager[Proxy]]) -> None:
    """It is as if the upstream could not be reached; the password is told to nobody."""
    async with make(LOGIN) as proxy:
        for login in ("user:wrong-word", ""):
            settings = {"proxy_url": proxy.with_login(login)}
            async with upstream_and_gateway(settings, keys=(FIRST,)) as scene:
                reply = await scene.ask(Way(CHAT))

                assert reply.status == 502
                assert error_of(Way(CHAT), reply)
                assert b"wrong-word" not in reply.body
                record = scene.gateway.records[0]
                assert record.failure == "unreachable"
                assert "proxy" in record.reason
                assert "wrong-word" not in record.reason
                assert scene.asked == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_proxies_of_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are for the world outside; what runs on this machine is asked directly."""
    if variable == "HTTP_PROXY":
        monkeypatch.delenv("http_proxy", raising=False)
    async with http_proxy(LOGIN) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        async with upstream_and_gateway(keys=(FIRST,)) as scene:
            assert text_of(Way(CHAT), await scene.ask(Way(CHAT))) == SAID
            assert proxy.destinations == []

            async with scene.beside(at_a_name(scene)) as beside:
                assert text_of(Way(CHAT), await beside.ask(Way(CHAT))) == SAID
                assert [destination.split(":")[0] for destination in proxy.destinations] == ["POST upstream.example"]

            monkeypatch.setenv("NO_PROXY", "upstream.example")
            async with scene.beside(at_a_name(scene)) as beside:
                assert (await beside.ask(Way(CHAT))).status == 502
                assert len(proxy.destinations) == 1


def at_a_name(scene: Scene) -> Config:
    """Return the configuration with the chat upstream at a name that only proxies know."""
    (upstream,) = scene.config.openai_compatibility
    named = structs.replace(upstream, base_url=upstream.base_url.replace("127.0.0.1", "upstream.example"))
    return structs.replace(scene.config, openai_compatibility=(named,))


async def test_socks_proxies_resolve_names() -> None:
    async with socks_proxy() as proxy, upstream_and_gateway(keys=(FIRST,)) as scene:
        for scheme in ("socks5://", "socks5h://"):
            config = structs.replace(at_a_name(scene), proxy_url=proxy.url.replace("socks5://", scheme))
            async with scene.beside(config) as beside:
                assert text_of(Way(CHAT), await beside.ask(Way(CHAT))) == SAID

        assert all(destination.startswith("upstream.example:") for destination in proxy.destinations)


@every_stream
async def test_upstream_headers_are_passed_on_where_that_is_wished(way: Way) -> None:
    async with upstream_and_gateway({"passthrough_headers": True}) as scene:
        reply = await scene.ask(way)
        seen = {name.lower() for name in reply.headers}

        expected = {CHAT: "openai-version", RESPONSES: "openai-version", MESSAGES: "request-id"}.get(way.model)
        assert expected is None or expected in seen
        assert len(reply.headers.getall("x-request-id")) == 1  # type: ignore[attr-defined]  # a multidict
        assert reply.headers["x-request-id"] == scene.gateway.records[0].exchange_id
        assert text_of(way, reply) == SAID


async def test_headers_about_the_hop_stay_behind() -> None:
    """And so do cookies, and what an upstream says of a body that it did not send to this client."""
    headers = {
        "x-kept": "1",
        "set-cookie": "a=b",
        "keep-alive": "timeout=5",
        "connection": "x-named",
        "x-named": "1",
        "server": "upstream",
        "content-language": "en",
    }
    body = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
    async with upstream_and_gateway({"passthrough_headers": True}) as scene:
        scene.fails(Refuse(200, body, headers), key=None)
        reply = await scene.ask(Way(CHAT))

        assert reply.body == body
        assert reply.headers["x-kept"] == "1"
        assert reply.headers["content-language"] == "en"
        assert reply.headers["server"] == "cli-proxy-api"
        assert not {"set-cookie", "x-named", "keep-alive"} & {name.lower() for name in reply.headers}


@every_dialect
async def test_upstream_headers_stay_behind_otherwise(dialect: str) -> None:
    async with upstream_and_gateway() as scene:
        reply = await scene.ask(Way(dialect))

        assert not {"openai-version", "openai-processing-ms", "request-id"} & {name.lower() for name in reply.headers}


@every_dialect
async def test_headers_of_a_key_are_sent(dialect: str) -> None:
    """They replace what would stand there, the key's own header too."""
    more = {"X-Team": "blue", "USER-AGENT": "agent/1", "anthropic-version": "2099-01-01"}
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        (upstream,) = scene.config.openai_compatibility
        config = structs.replace(
            scene.config,
            openai_compatibility=(structs.replace(upstream, headers=more),),
            codex_api_key=tuple(structs.replace(key, headers=more) for key in scene.config.codex_api_key),
            claude_api_key=tuple(structs.replace(key, headers=more) for key in scene.config.claude_api_key),
            gemini_api_key=tuple(structs.replace(key, headers=more) for key in scene.config.gemini_api_key),
        )
        async with scene.beside(config) as beside:
            reply = await beside.ask(Way(dialect), headers={"User-Agent": "client/1"})
            assert text_of(Way(dialect), reply) == SAID

        headers = scene.upstream.calls[0].headers
        assert headers["x-team"] == "blue"
        assert headers["user-agent"] == "agent/1"
        assert headers["anthropic-version"] == "2099-01-01"
        assert scene.asked == [FIRST]


async def test_an_upstream_without_a_key_is_sent_none() -> None:
    body = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        scene.fails(Refuse(200, body), key=None)
        (upstream,) = scene.config.openai_compatibility
        for entries in ((), (CompatibleKey(proxy_url="direct"),)):
            keyless = structs.replace(upstream, api_key_entries=entries)
            async with scene.beside(structs.replace(scene.config, openai_compatibility=(keyless,))) as beside:
                assert (await beside.ask(Way(CHAT))).body == body

        for call in scene.upstream.calls:
            assert not {"authorization", "x-api-key", "x-goog-api-key"} & set(call.headers)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def secure_scene(authority: Authority) -> AsyncIterator[tuple[Scene, Config]]:
    """A scene, and its configuration with the chat upstream behind TLS, by a certificate of that authority."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        (upstream,) = scene.config.openai_compatibility
        plain = urlsplit(upstream.base_url)
        async with tls_before(plain.port or 0, authority.server("upstream.example")) as port:
            secure = structs.replace(upstream, base_url=f"https://upstream.example:{port}/v1")
            yield scene, structs.replace(scene.config, openai_compatibility=(secure,))


@asynccontextmanager
async def a_way(kind: str, authority: Authority) -> AsyncIterator[Proxy]:
    if kind == "socks5":
        async with socks_proxy(LOGIN) as proxy:
            yield proxy
    else:
        async with http_proxy(LOGIN, authority.server() if kind == "https" else None) as proxy:
            yield proxy


@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
async def test_an_authority_of_one_s_own_is_trusted_by_every_way(kind: str, authority: Authority) -> None:
    """Of the upstream, and of a proxy that speaks TLS itself. Connections are kept."""
    async with secure_scene(authority) as (scene, config), a_way(kind, authority) as proxy:
        trusting = structs.replace(config, proxy_url=proxy.url, upstream_tls=UpstreamTls(ca_file=str(authority.file)))
        async with scene.beside(trusting) as beside:
            for way in (Way(CHAT), Way(CHAT, "stream"), Way(MESSAGES, "stream", CHAT)):
                assert text_of(way, await beside.ask(way)) == SAID

        assert len(proxy.destinations) == 1
        assert not [name for name in scene.upstream.calls[0].headers if name.startswith("proxy")]


@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
async def test_a_certificate_that_is_refused_is_told_with_its_host_and_the_remedy(
    kind: str, authority: Authority
) -> None:
    """Nothing is sent to whoever showed it. A proxy's own is told as the proxy's."""
    shown_by = "127.0.0.1" if kind == "https" else "upstream.example"
    async with secure_scene(authority) as (scene, config), a_way(kind, authority) as proxy:
        async with scene.beside(structs.replace(config, proxy_url=proxy.url)) as beside:
            reply = await beside.ask(Way(CHAT))

        assert reply.status == 502
        told = error_of(Way(CHAT), reply)
        assert f"the certificate of {shown_by} is not trusted: " in told
        assert "upstream-tls.ca-file" in told
        assert no_secret_in(reply)
        assert scene.asked == []


async def test_who_is_trusted_may_change_while_it_runs(authority: Authority, tmp_path: Path) -> None:
    """Connections that were made before are not used again; a file that cannot be used changes nothing."""
    async with secure_scene(authority) as (scene, config), socks_proxy() as proxy:
        usual = structs.replace(config, proxy_url=proxy.url, disable_cooling=True)
        trusting = structs.replace(usual, upstream_tls=UpstreamTls(ca_file=str(authority.file)))
        broken = structs.replace(usual, upstream_tls=UpstreamTls(ca_file=str(tmp_path / "none.pem")))
        async with scene.beside(usual) as beside:
            statuses = []
            for one in (usual, trusting, broken, usual):
                beside.gateway.gateway.configured(structs.replace(one, host="127.0.0.1", port=0))
                statuses.append((await beside.ask(Way(CHAT))).status)

        assert statuses == [502, 200, 200, 502]


async def test_a_gateway_that_cannot_trust_as_told_does_not_start(tmp_path: Path) -> None:
    gateway = Gateway(Config(host="127.0.0.1", port=0, upstream_tls=UpstreamTls(ca_file=str(tmp_path / "none.pem"))))
    with pytest.raises(SetupError, match=r"upstream-tls\.ca-file \(.*none\.pem\) cannot be read: No such file"):
        await gateway.start()
    await gateway.stop()


@pytest.mark.parametrize("make", [http_proxy, socks_proxy])
async def test_a_proxy_of_one_key_harms_no_other(make: Callable[[str], AbstractAsyncContextManager[Proxy]]) -> None:
    """Its account is passed over, and told of by what was in the way."""
    async with make(LOGIN) as proxy, upstream_and_gateway() as scene:
        (upstream,) = scene.config.openai_compatibility
        first, second = upstream.api_key_entries
        entries = (structs.replace(first, proxy_url=proxy.with_login("user:wrong-word")), second)
        ways = structs.replace(upstream, api_key_entries=entries)
        config = structs.replace(scene.config, openai_compatibility=(ways,))
        async with scene.beside(config) as beside:
            for _ in range(2):
                assert text_of(Way(CHAT), await beside.ask(Way(CHAT))) == SAID
            explained = "".join(map(str, beside.gateway.gateway.explanations.latest()))

        assert scene.asked == [SECOND, SECOND]
        assert f"the proxy 127.0.0.1:{proxy.port} wants another login" in explained
        assert "wrong-word" not in explained


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """It is not trusted, whatever the proxy on the way: CONNECT carries TLS, it does not end it."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    async with http_proxy() as proxy, upstream_and_gateway(keys=(FIRST,)) as scene:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        (upstream,) = scene.config.openai_compatibility
        secure = structs.replace(upstream, base_url=f"https://127.0.0.1:{port}/v1")
        config = structs.replace(scene.config, openai_compatibility=(secure,), proxy_url=proxy.url)
        async with scene.beside(config) as beside:
            reply = await beside.ask(Way(CHAT))

            assert reply.status == 502
            assert no_secret_in(reply)
            assert proxy.destinations == [f"CONNECT 127.0.0.1:{port}"]
        server.close()


async def test_gemini_s_key_is_no_part_of_the_address() -> None:
    """Addresses end up in logs."""
    async with upstream_and_gateway(keys=(FIRST,)) as scene:
        await scene.ask(Way(GEMINI, "stream"))

        assert scene.upstream.calls[0].query == {"alt": "sse"}
